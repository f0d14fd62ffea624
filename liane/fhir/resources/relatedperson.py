"""RelatedPerson: those of the person's own life (fr-core-related-person).

Saying that somebody is a relative gives them no right to read: rights are given by the person, on
the pages (`patients.services.set_access`).
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle import rules
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Flag, Param, Several, String, Token
from liane.fhir.search.references import Identifier, Reference
from liane.patients.models import Contact
from liane.patients.services import add_contact, end_contact, update_contact

CORE = "https://hl7.fr/ig/fhir/core"
NOS = "https://mos.esante.gouv.fr/NOS"
ROLES = f"{NOS}/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"
LINKS = f"{NOS}/TRE_R216-HL7RoleCode/FHIR/TRE-R216-HL7RoleCode"
EMERGENCY, CARER = "ECON", "CAREGIVER"


class RelatedPersonResource(Resource):
    """The contacts of persons within reach."""

    type = "RelatedPerson"
    model = Contact
    area = Area.IDENTITY
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch", "delete"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-related-person",)
    journal = ("contact.added", "contact.ended", "contact.access", "contact.trusted")
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("patient",)),
        String("name", columns=("name",), sort="name"),
        Several("relationship", params=(
            Indexed("relationship", path="RelatedPerson.relationship"),
            Token("relationship", column="is_emergency", codes={EMERGENCY: True}, system=ROLES))),
        Flag("active", when=Q(ended_at__isnull=True)),
        Several("phone", params=(
            Token("phone", column="phone", system="phone"),
            Indexed("phone", path="RelatedPerson.telecom.where(system='phone')"))),
        Several("email", params=(
            Token("email", column="email", system="email"),
            Indexed("email", path="RelatedPerson.telecom.where(system='email')"))),
        Several("telecom", params=(
            Token("telecom", column="phone", system="phone"),
            Token("telecom", column="email", system="email"),
            Indexed("telecom", path="RelatedPerson.telecom"))),
        String("address", columns=("line", "postcode", "city")),
        String("address-city", columns=("city",)),
        String("address-postalcode", columns=("postcode",)),
        Indexed("address-country", of="string", path="RelatedPerson.address.country"),
        Indexed("address-state", of="string", path="RelatedPerson.address.state"),
        Indexed("address-use", path="RelatedPerson.address.use"),
        Indexed("gender", path="RelatedPerson.gender"),
        Indexed("birthdate", of="date", path="RelatedPerson.birthDate"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Contacts whose person's whole identity the actor reads."""
        if reach.everything:
            return Contact.objects.all()
        if not reach.actor.holders:
            return Contact.objects.none()
        full = rules.full_identity(reach.actor.role)
        found = Contact.objects.filter(reach.reached("person_id", full)) if full else (
            Contact.objects.none()
        )  # fmt: skip
        return found.filter(person_id__in=reach.persons(Area.IDENTITY)) if many else found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_relative(row)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """Whole: :meth:`rows` gives nothing to who does not read all of it."""
        return made

    def create(self, body: Json, refs: Refs) -> Contact:
        """Note somebody of the person's own life."""
        person = refs.required(body.get("patient"), "Patient", "RelatedPerson.patient")
        return add_contact(person, _values(body))

    def update(self, row: Any, body: Json, refs: Refs) -> Contact:
        """Correct what differs; no longer active, they are no longer around."""
        person = refs.required(body.get("patient"), "Patient", "RelatedPerson.patient")
        if person != row.person_id:
            raise unprocessable("A relative keeps their person.", "RelatedPerson.patient")
        if _is_over(body):
            return row if row.ended_at else end_contact(row.pk)
        if row.ended_at is not None:
            raise unprocessable("This relative is no longer around.", "RelatedPerson.active")
        given = _values(body)
        changed = {name: value for name, value in given.items() if getattr(row, name) != value}
        return update_contact(row.pk, changed) if changed else row

    def delete(self, row: Any) -> None:
        """They are no longer around."""
        if row.ended_at is None:
            end_contact(row.pk)


def _relative(row: Contact) -> Json:
    roles = [fhir.concept(ROLES, EMERGENCY, "Personne à prévenir")] if row.is_emergency else []
    if row.relationship:
        roles.append({"text": row.relationship})
    return {
        "active": row.ended_at is None,
        "patient": fhir.reference("Patient", row.person_id),
        "relationship": roles,
        "name": [{"text": row.name}],
        "telecom": fhir.telecom(row.phone, row.email),
        "address": fhir.address(row.line, row.postcode, row.city),
        "period": {"end": fhir.at(row.ended_at)},
    }


def _is_over(body: Json) -> bool:
    return body.get("active") is False


def _values(body: Json) -> dict[str, Any]:
    name = next(iter(fhir.items(body, "name")), {})
    given = [one for one in name.get("given", []) if isinstance(one, str)]
    whole = str(name.get("text") or " ".join([*given, str(name.get("family", ""))])).strip()
    if not whole:
        raise unprocessable("A name is needed.", "RelatedPerson.name")
    roles = fhir.items(body, "relationship")
    codes = {coding.get("code") for role in roles for coding in fhir.codings(role)}
    words = [
        fhir.words_of(role) for role in roles
        if EMERGENCY not in {coding.get("code") for coding in fhir.codings(role)}
    ]  # fmt: skip
    where = fhir.street(body)
    email = fhir.point(body, "email")
    return {
        "name": whole[:150],
        "relationship": next((one for one in words if one), "")[:60],
        "is_emergency": EMERGENCY in codes,
        "is_carer": CARER in codes,
        "line": where["line"],
        "postcode": where["postcode"],
        "city": where["city"],
        "phone": fhir.point(body, "phone")[:20],
        "email": email if len(email) <= 254 else "",
    }
