"""CareTeam: the circle of a person (cercle de soins). Its identifier is the person's.

One person has one circle. To add a participant is to invite them: they join, and read, once they
accept; to take one out is to remove them. A relative is a contact of the person (RelatedPerson).
Members whom a sender did not name are added to what is kept, so that a read shows them all; to
leave out one's own structure does not take it out.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from liane.circle.models import Membership
from liane.circle.reach import Reach
from liane.circle.services import invite, remove
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.prepared import prepared
from liane.fhir import building as fhir
from liane.fhir import versions
from liane.fhir.outcomes import from_refusal, problem
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Test, always
from liane.fhir.search.references import Identifier, Reference
from liane.patients.models import Contact, Patient

CDS = "https://interop.esante.gouv.fr/ig/fhir/cds/SearchParameter"
PLACES = {"PractitionerRole": "practice_id", "Organization": "organisation_id"}


def _status(raw: str, modifier: str) -> Test:
    return Test(("active",)) if raw.rsplit("|", 1)[-1] == "active" else Test(NOTHING)


class CareTeamResource(Resource):
    """The circles within reach."""

    type = "CareTeam"
    model = Patient
    area = Area.CIRCLE
    person_path = "pk"
    interactions = READ | {"create", "update", "patch"}
    journal = (
        "person.opened", "circle.invited", "circle.joined", "circle.left", "circle.removed",
        "circle.declined", "circle.refused", "circle.requested",
    )  # fmt: skip
    journal_key = "person_id"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "pk"}, elements=("subject",)),
        Reference("subject", to={"Patient": "pk"}, elements=("subject",)),
        Reference("participant", many=True, elements=("participant.member",), to={
            "PractitionerRole": "memberships__practice_id",
            "Organization": "memberships__organisation_id",
            "RelatedPerson": "contacts__pk"}),
        Custom("status", read=_status, build=lambda key, leafs: always()),
        Indexed("category", path="CareTeam.category"),
        Date("date", column="memberships__starts_at", end="memberships__ends_at", many=True),
        Reference("encounter", to={}, elements=("encounter",)),
        Reference("managingOrganization", many=True, to={
            "Organization": "memberships__organisation_id"},
            elements=("managingOrganization",), url=f"{CDS}/cds-careteam-managing-organization"),
        Indexed("start", of="date", path="CareTeam.period.start",
                url=f"{CDS}/cds-careteam-start"),
        Indexed("end", of="date", path="CareTeam.period.end", url=f"{CDS}/cds-careteam-end"),
        Date("participant-start", column="memberships__starts_at", many=True,
             url=f"{CDS}/cds-careteam-participant-start"),
        Date("participant-end", column="memberships__ends_at", many=True,
             url=f"{CDS}/cds-careteam-participant-end"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Persons whose circle the actor may read."""
        return reach.listing(Area.CIRCLE) if many else reach.patients(Area.CIRCLE)

    def person_of(self, row: Any) -> UUID | None:
        """Whose circle it is."""
        found: UUID = row.pk
        return found

    def beside(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        """Whether each has contacts."""
        kin = Contact.objects.filter(person_id=OuterRef("pk"), ended_at=None)
        found: QuerySet[Any] = rows.annotate(_kin=Exists(kin))
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """Two queries at most: members, contacts."""
        members = _members([row.pk for row in rows])
        relatives = _relatives([row.pk for row in rows if getattr(row, "_kin", True)])
        return [
            fhir.cleaned(_circle(row, members.get(row.pk, []), relatives.get(row.pk, [])))
            for row in rows
        ]

    def create(self, body: Json, refs: Refs) -> Patient:
        """Invite whom the circle names. Raises Problem 409 where it was created already."""
        person_id = refs.required(body.get("subject"), "Patient", "CareTeam.subject")
        if versions.latest("CareTeam", [person_id]):
            raise problem(
                409, f"This person's circle exists: update CareTeam/{person_id}.", code="duplicate",
                where="CareTeam.subject",
            )  # fmt: skip
        return self._named(person_id, body, refs)

    def update(self, row: Any, body: Json, refs: Refs) -> Patient:
        """Invite who is new, remove who is no longer there."""
        person_id = refs.required(body.get("subject"), "Patient", "CareTeam.subject")
        if person_id != row.pk:
            raise problem(422, "A circle keeps its person.", where="CareTeam.subject")
        return self._named(person_id, body, refs, leaving=True)

    def _named(self, person_id: UUID, body: Json, refs: Refs, *, leaving: bool = False) -> Patient:
        wanted = _holders(body, refs)
        living = {
            one.holder_id: one
            for one in Membership.objects.filter(
                person_id=person_id, status__in=["active", "invited", "requested"], contact=None
            )
        }
        for number, holder in wanted.items():
            if holder not in living:
                _invited(person_id, holder, number)
        for holder, one in living.items() if leaving else ():
            if holder not in wanted.values() and holder != refs.organisation_id:
                remove(one.pk, reason="retiré dans le logiciel métier")
        row = Patient.objects.get(pk=person_id)
        (made,) = self.project([row])
        _complete(body, made)
        return row


def _complete(body: Json, made: Json) -> None:
    """Add the participants whom the body does not name."""
    named = {_who(one) for one in fhir.items(body, "participant")}
    missing = [one for one in fhir.items(made, "participant") if _who(one) not in named]
    if missing:
        body["participant"] = [*fhir.items(body, "participant"), *missing]


def _who(participant: Json) -> str:
    """``Type/id`` of a participant, whichever way it is written."""
    text = str((participant.get("member") or {}).get("reference", ""))
    return "/".join(text.split("/")[-2:])


def _invited(person_id: UUID, holder: UUID, number: int) -> None:
    try:
        invite(person_id, holder, ground=Membership.Ground.TEAM, proof="cercle du logiciel métier")
    except Refused as reason:
        if reason.code != "consent-needed":
            raise
        raise from_refusal(reason, f"CareTeam.participant[{number}]") from None


def _holders(body: Json, refs: Refs) -> dict[int, UUID]:
    """The holders that participants name, by their place in the list."""
    found = {}
    for number, one in enumerate(fhir.items(body, "participant")):
        if (one.get("period") or {}).get("end") and _over(one["period"]["end"]):
            continue
        where = f"CareTeam.participant[{number}].member"
        named = refs.one(
            one.get("member"), (*PLACES, "RelatedPerson", "Practitioner", "Patient"), where
        )
        if named is not None and named[0] in PLACES:
            found[number] = named[1]
    return found


def _over(text: Any) -> bool:
    ended = fhir.moment(text, "CareTeam.participant.period.end")
    return ended is not None and ended < dt.datetime.now(dt.UTC)


def _members(keys: list[UUID]) -> Mapping[UUID, list[Membership]]:
    found: dict[UUID, list[Membership]] = {}
    for one in _active(keys):
        found.setdefault(one.person_id, []).append(one)
    return found


@prepared
def _active(keys: list[UUID]) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(person_id__in=keys, status="active", contact=None)
        .select_related("practice__professional", "organisation", "post__organisation")
        .order_by("starts_at", "pk")
    )


def _relatives(keys: list[UUID]) -> Mapping[UUID, list[Contact]]:
    found: dict[UUID, list[Contact]] = {}
    for one in _contacts(keys) if keys else ():
        found.setdefault(one.person_id, []).append(one)
    return found


@prepared
def _contacts(keys: list[UUID]) -> QuerySet[Contact]:
    return Contact.objects.filter(person_id__in=keys, ended_at=None).order_by("pk")


def _circle(row: Patient, members: Sequence[Membership], relatives: Sequence[Contact]) -> Json:
    houses = [one for one in members if one.responsible and one.organisation_id]
    return {
        "status": "active",
        "name": "Cercle de soins",
        "subject": fhir.reference("Patient", row.pk),
        "period": {"start": fhir.at(min((one.starts_at for one in members), default=None))},
        "participant": [*map(_member, members), *map(_relative, relatives)],
        "managingOrganization": [
            fhir.reference("Organization", one.organisation_id) for one in houses
        ],
    }


def _member(one: Membership) -> Json:
    if one.practice is not None:
        person = one.practice.professional.name
        member = fhir.reference("PractitionerRole", one.practice_id, person)
    elif one.organisation is not None:
        member = fhir.reference("Organization", one.organisation_id, one.organisation.name)
    else:
        assert one.post is not None  # noqa: S101
        member = fhir.reference("Organization", one.post.organisation_id, one.post.name)
    return {
        "member": member,
        "period": {"start": fhir.at(one.starts_at), "end": fhir.at(one.ends_at)},
    }


def _relative(one: Contact) -> Json:
    return {
        "role": [{"text": one.relationship}] if one.relationship else None,
        "member": fhir.reference("RelatedPerson", one.pk, one.name),
        "period": {"start": fhir.at(one.created_at)},
    }
