"""The form that completes a version: each value that no source gave, with where it was found."""

from typing import Any

from django import forms

from liane.pathways.protocols import library


class CompleteForm(forms.Form):
    """Values that no source gave, completed one by one, each with the source it comes from."""

    note = forms.CharField(label="Ce qui change dans cette version", max_length=300, required=False)

    def __init__(self, *args: Any, gaps: list[library.Gap], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gaps = gaps
        for number, gap in enumerate(gaps):
            self.fields[f"value-{number}"] = self._field(gap)
            self.fields[f"source-{number}"] = forms.CharField(
                label="Source", max_length=300, required=False
            )

    @staticmethod
    def _field(gap: library.Gap) -> forms.Field:
        said: dict[str, Any] = {"label": gap.what[:1].upper() + gap.what[1:], "required": False}
        if gap.kind == "dropout":
            choices = [("", "À compléter"), *library.DROPOUTS.items()]
            help_text = f"{gap.who}. Des paliers s’écrivent dans le texte (« threshold »)."
            return forms.ChoiceField(choices=choices, help_text=help_text, **said)
        ways = "20 % de chaque séquence, 15,00 (euros par séquence), ou aucune. Par : "
        share = gap.kind == "share"
        return forms.CharField(max_length=60, help_text=(ways if share else "") + gap.who, **said)

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        """Each gap with its two fields."""
        return [
            (gap, self[f"value-{number}"], self[f"source-{number}"])
            for number, gap in enumerate(self.gaps)
        ]
