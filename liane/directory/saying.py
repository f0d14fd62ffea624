"""What is said of organisations by their neighbours: who said it, when, what stood before.

Any professional keeps the directory true, as for telephones. Each change is a row of `Change`;
nothing is removed, what no longer holds is ended with its reason.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.directory import rules
from liane.directory.models import Change, Correspondent, HealthcareService, Organisation


def curates() -> None:
    """Raise NotAllowed for anybody but a professional."""
    rules.require(
        rules.is_professional(acting.current()), "Les professionnels tiennent l’annuaire à jour."
    )


def note(object_id: UUID, what: str, before: object = "", after: object = "") -> None:
    """Keep a change: by whom, when, from what to what."""
    Change.objects.create(
        object_id=object_id, what=what, before=_words(before)[:300], after=_words(after)[:300],
        **author_of(acting.current()),
    )  # fmt: skip


def _words(value: object) -> str:
    return "" if value is None else str(value)


def who() -> str:
    """Who says it, with their house, as it is shown beside what was said."""
    actor = acting.current()
    house = Organisation.objects.filter(pk__in=[actor.organisation_id]).first()
    return f"{actor.label}, {house.name}"[:250] if house is not None else actor.label[:250]


def change(row: Any, values: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    """Set these values, keeping what stood before. Returns the names of those that changed."""
    changed = []
    for name, value in values.items():
        before = getattr(row, name)
        if before != value:
            setattr(row, name, value)
            note(row.pk, labels[name], before, value)
            changed.append(name)
    return changed


def confirm_said(row: HealthcareService | Correspondent) -> None:
    """Said again now, by the actor; the caller saves."""
    row.confirmed_at, row.confirmed_by = timezone.now(), who()


def end_said(row: HealthcareService | Correspondent, why: str) -> None:
    """It no longer holds, and why. Raises Refused without a reason."""
    if not why.strip():
        raise Refused("Dites pourquoi.", field="reason")
    row.ended_at, row.why_ended = timezone.now(), why.strip()[:200]
    row.save(update_fields=["ended_at", "why_ended"])
    note(row.pk, "retiré", row.name, row.why_ended)
