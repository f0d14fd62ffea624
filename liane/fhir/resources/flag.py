"""Flag: a vigilance point, shown at the head of the record while it stands.

To create one is to write a note of vigilance and to pin it: ``code.text`` is what is shown, and the
note says :data:`TEXT`, or the same words. ``inactive``, it is taken off, with a reason
(:data:`REASON`); the note stays.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.audience import TEAM
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Test
from liane.fhir.search.references import Identifier, Reference
from liane.timeline import services
from liane.timeline.models import Note, Pin

TEXT = "https://liane.sante/StructureDefinition/vigilance-text"
REASON = "https://liane.sante/StructureDefinition/vigilance-reason"
LABEL = 60
LEVELS = "https://liane.sante/CodeSystem/vigilance-level"


def _status(raw: str, modifier: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,), (timezone.now(),)) if code in {"active", "inactive"} else Test(NOTHING)


def _standing(key: Any, leafs: Sequence[Any]) -> Q:
    over = Q(ends_at__lte=leafs[0])
    return over if key == ("inactive",) else ~over | Q(ends_at=None)


class FlagResource(Resource):
    """Vigilance points within reach."""

    type = "Flag"
    model = Pin
    area = Area.CLINICAL_NOTE
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    journal = ("vigilance.pinned", "vigilance.ended")
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("author", elements=("author",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id"}),
        Date("date", column="starts_at", end="ends_at", sort="starts_at"),
        Custom("status", read=_status, build=_standing,
               url="https://liane.sante/SearchParameter/flag-status"),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Points that the actor may read."""
        found: QuerySet[Any] = Pin.objects.across(reach) if many else Pin.objects.within(reach)
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who pinned it."""
        known = people.references(row.author_holder_id for row in rows)
        return [fhir.cleaned(_flag(row, people.author(row, known))) for row in rows]

    def create(self, body: Json, refs: Refs) -> Pin:
        """Write a note of vigilance, and show it at the head of the record."""
        if body.get("status") != "active":
            raise unprocessable("A new point is « active ».", "Flag.status")
        person = refs.required(body.get("subject"), "Patient", "Flag.subject")
        label = fhir.words_of(body.get("code")).strip()
        if not 0 < len(label) <= LABEL:
            raise unprocessable(f"A few words to show: {LABEL} characters at most.", "Flag.code")
        note = services.write_note(
            person, kind=Note.Kind.VIGILANCE, to=TEAM,
            text=str(fhir.extension(body, TEXT, "valueString") or label),
            pin=services.PinWish(label, _level(body), _until(body)),
        )  # fmt: skip
        made: Pin = Pin.objects.get(note_id=note.pk)  # pinned just above, by the same actor
        return made

    def update(self, row: Pin, body: Json, refs: Refs) -> Pin:
        """Take it off. What it says does not change."""
        person = refs.required(body.get("subject"), "Patient", "Flag.subject")
        said = (person, fhir.words_of(body.get("code")).strip(), _level(body))
        if said != (row.person_id, row.label, row.level):
            raise unprocessable("What a point says does not change: write another.",
                                "Flag")  # fmt: skip
        over = row.ends_at is not None and row.ends_at <= timezone.now()
        if body.get("status") == "active" and over:
            raise unprocessable("This point was taken off: write another.", "Flag.status")
        if body.get("status") == "active" or over:
            return row
        reason = str(fhir.extension(body, REASON, "valueString") or "retiré par le logiciel")
        services.unpin_vigilance(row.pk, reason=reason)
        found: Pin = Pin.objects.get(pk=row.pk)  # written just above, by the same actor
        return found


def _level(body: Json) -> str:
    code = fhir.code_of(body.get("category"), LEVELS)
    if code and code not in Pin.Level.values:
        raise unprocessable(f"One of {', '.join(Pin.Level.values)}.", "Flag.category")
    return code or str(Pin.Level.LATE)


def _until(body: Json) -> dt.date | None:
    return fhir.day((body.get("period") or {}).get("end"), "Flag.period.end")


def _flag(row: Pin, author: Json | None) -> Json:
    over = row.ends_at is not None and row.ends_at <= timezone.now()
    return {
        "status": "inactive" if over else "active",
        "category": [fhir.concept(LEVELS, row.level, row.get_level_display())],
        "code": {"text": row.label},
        "subject": fhir.reference("Patient", row.person_id),
        "period": {"start": fhir.at(row.starts_at), "end": fhir.at(row.ends_at)},
        "author": author,
    }
