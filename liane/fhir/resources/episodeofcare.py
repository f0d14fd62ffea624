"""EpisodeOfCare: an organisation accompanies a person, or a person follows a pathway.

Accompaniments are of the organisation's own file: its members who read working files find them,
nobody else, and no machine. Enrolments are read by the care team. Both are opened in the pages.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.models import StatusRow
from liane.fhir import building as fhir
from liane.fhir import people, protocols
from liane.fhir.models import Episode
from liane.fhir.resources.base import Json, Resource
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Test, Token
from liane.fhir.search.references import Reference
from liane.followups.models import Accompaniment, AccompanimentStep
from liane.followups.states import Stage
from liane.pathways.models import Enrolment, EnrolmentEvent
from liane.pathways.states import EnrolmentStatus

TYPES = "https://liane.sante/CodeSystem/episode-type"
LEVEL = "https://liane.sante/StructureDefinition/support-level"
INSTANTIATES = "http://hl7.org/fhir/StructureDefinition/workflow-instantiatesCanonical"
STAGE = "https://liane.sante/StructureDefinition/episode-stage"
WORDS = {"accompaniment": "accompagnement", "enrolment": "parcours"}
S, E = Stage, EnrolmentStatus
STATUS: dict[str, str] = {
    S.QUALIFICATION: "planned", S.EVALUATION: "active", S.PLAN: "active", S.FOLLOW_UP: "active",
    S.EXIT: "finished", E.PROPOSED: "planned", E.INCLUDED: "active", E.SUSPENDED: "onhold",
    E.REFUSED: "cancelled", E.ENDED: "finished",
}  # fmt: skip


def _status(raw: str, modifier: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in STATUS.values() else Test(NOTHING)


def _in_state(key: Any, leafs: Sequence[Any]) -> Q:
    return Q(status__in=sorted(str(held) for held, code in STATUS.items() if code == key[0]))


class EpisodeOfCareResource(Resource):
    """Accompaniments and enrolments within reach."""

    type = "EpisodeOfCare"
    model = Episode
    area = Area.INTERVENTION
    person_path = "person_id"
    interactions = frozenset({"read", "search"})
    params: ClassVar[tuple[Param, ...]] = (
        Reference("patient", to={"Patient": "person_id"}, elements=("patient",)),
        Custom("status", read=_status, build=_in_state),
        Token("type", column="kind", system=TYPES),
        Date("date", column="starts_on", end="ends_on", days=True, sort="starts_on"),
        Reference("organization", elements=("managingOrganization",), to={
            "Organization": "organisation_id"}),
        Reference("care-manager", elements=("careManager",), to={
            "PractitionerRole": "manager_id"}),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Each table under its own rule."""
        if reach.everything:
            return Episode.objects.all()
        mine = Accompaniment.objects.within(reach).values("pk")
        pathways = Enrolment.objects.within(reach).values("pk")
        return Episode.objects.filter(
            Q(kind="accompaniment", pk__in=mine) | Q(kind="enrolment", pk__in=pathways)
        )

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most seven queries."""
        keys = [row.pk for row in rows]
        known = people.references(
            key for row in rows for key in (row.organisation_id, row.manager_id)
        )
        found: dict[UUID, Accompaniment | Enrolment] = {
            **Accompaniment.objects.in_bulk(keys), **Enrolment.objects.in_bulk(keys)
        }  # fmt: skip
        history = _history(keys)
        return [
            fhir.cleaned(_episode(row, found[row.pk], known, history.get(row.pk, [])))
            for row in rows
        ]


def _history(keys: Sequence[UUID]) -> Mapping[UUID, list[StatusRow]]:
    found: dict[UUID, list[StatusRow]] = {}
    for one in AccompanimentStep.objects.filter(accompaniment__in=keys).order_by("at", "pk"):
        found.setdefault(one.accompaniment_id, []).append(one)
    for other in EnrolmentEvent.objects.filter(enrolment__in=keys).order_by("at", "pk"):
        found.setdefault(other.enrolment_id, []).append(other)
    return found


def _episode(
    row: Episode, source: Accompaniment | Enrolment, known: Mapping[UUID, Json],
    history: Sequence[StatusRow],
) -> Json:  # fmt: skip
    kinds = [fhir.concept(TYPES, row.kind, WORDS[row.kind])]
    extension = [{"url": STAGE, "valueString": source.get_status_display()}]
    if isinstance(source, Enrolment):
        kinds.append(fhir.concept(protocols.PATHWAYS, source.protocol_key))
        governs = protocols.canonical(source.protocol_key, source.protocol_version)
        extension.append({"url": INSTANTIATES, "valueCanonical": governs})
    else:
        extension.append({"url": LEVEL, "valueString": source.get_level_display()})
    return {
        "extension": extension,
        "status": STATUS[row.status],
        "statusHistory": [
            {
                "status": STATUS[one.after],
                "period": {"start": fhir.at(one.at), "end": fhir.at(after.at if after else None)},
            }
            for one, after in zip(history, [*history[1:], None], strict=False)
        ],
        "type": kinds,
        "patient": fhir.reference("Patient", row.person_id),
        "managingOrganization": known.get(row.organisation_id),
        "period": {"start": fhir.on(row.starts_on), "end": fhir.on(row.ends_on)},
        "careManager": known.get(row.manager_id or UUID(int=0)),
    }
