"""Flag: a vigilance point, shown at the head of the record while it stands."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.params import NOTHING, Custom, Date, Identifier, Param, Reference, Test
from liane.timeline.models import Pin

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
    interactions = READ
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
