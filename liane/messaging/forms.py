"""Forms of conversations."""

from collections.abc import Iterable
from uuid import UUID

from django import forms

from liane.core.ids import parse


class NewThreadForm(forms.Form):
    """The subject of a new conversation; those named come as ``to`` = ``kind:uuid``."""

    subject = forms.CharField(label="Sujet", max_length=150, required=False)

    def holders(self, values: Iterable[str]) -> list[tuple[str, UUID]]:
        """(kind, holder) of each valid choice."""
        found = []
        for value in values:
            kind, _, rest = value.partition(":")
            holder = parse(rest)
            if holder is not None:
                found.append((kind, holder))
        return found
