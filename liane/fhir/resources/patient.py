"""Patient: the person, under the national rules of identity (fr-core-patient, fr-core-patient-ins).

The matricule leaves with a qualified identity alone (RNIV). One that was received is kept as it was
received, and never makes an identity qualified: that takes a document and the INSi service.
"""

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from liane.circle import rules
from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.circle.services import open_each_from_source, open_from_source, undo
from liane.core import clock
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.prepared import prepared
from liane.core.text import normalise
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search import values
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import NOTHING, Date, Flag, Leaf, Param, Several, String, Test, Token
from liane.fhir.search.references import Identifier, Reference
from liane.fhir.search.sql import PlainLike
from liane.patients import ins
from liane.patients.models import AttendingDoctor, Patient, PatientTrigram
from liane.patients.services import confirm_death, correct_traits, update_contact_data

CORE = "https://hl7.fr/ig/fhir/core"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
GIVEN_LIST = f"{CORE}/StructureDefinition/fr-core-patient-birth-list-given-name"
RELIABILITY = f"{CORE}/StructureDefinition/fr-core-identity-reliability"
KINDS = f"{CORE}/CodeSystem/fr-core-cs-v2-0203"
STATUSES = f"{CORE}/CodeSystem/fr-core-cs-v2-0445"
GENDERS = {"female": "F", "male": "M", "unknown": "I", "other": "I"}
S = Patient.InsStatus
STATUS_CODES = {
    S.PROVISIONAL: "PROV",
    S.RETRIEVED: "PROV",
    S.VALIDATED: "VALI",
    S.QUALIFIED: "VALI",
}
OID = "urn:oid:"
SOURCE = "dossier repris d’un logiciel"
USUAL = ("resourceType", "id", "name", "address")
"""Elements that a role which is not of the care team sees of a person: usual name and address."""


MOST_GRAMS = 2
"""Trigrams that narrow a search by name: each is one more look at its persons."""
LETTERS = " easintrluodcmpgbvhfqyxjzkw"
"""From the most common to the rarest."""
FAMILY = ("birth_name", "used_name")
GIVEN = ("given_names", "used_given")


@dataclass(frozen=True, eq=False)
class Name(String):
    """A name: narrowed by its trigrams first, so that the plan never reads every person.

    Columns that ``:exact`` compares: ``names`` hold one name, ``lists`` several given names.
    """

    names: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def test(self, raw: str, modifier: str) -> Test:
        """The words, and trigrams of theirs; the last one may go on, unless it is exact."""
        text = values.plain(raw)
        words = normalise(text)
        if modifier == "contains" or not words:
            return super().test(raw, modifier) if words else Test(NOTHING)
        grams = _telling(words.split())
        if modifier == "exact":
            return Test(("exact", len(grams)), (text, f" {text} ", *grams), short=True)
        return Test(("grams", len(grams)), (f" {words}", *grams), short=True)

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """Every trigram, and the words."""
        found, plain = Q(), self.columns == ("search",)
        if key[0] == "exact":
            text, word, *grams = leafs
            for column in self.names:
                found |= Q(**{column: text})
            for column in self.lists:
                found |= Q(PlainLike(column, str(word), plain=True, within=True, whole=True))
        elif key[0] == "grams":
            word, *grams = leafs
            for column in self.columns:
                found |= Q(PlainLike(column, str(word), plain=plain, within=True))
        else:
            return super().condition(key, leafs)
        for gram in grams:
            named = PatientTrigram.objects.filter(gram=gram)
            found &= Q(pk__in=named.values("person_id"))
        return found


def _telling(words: list[str]) -> list[str]:
    """The trigrams that fewest names should have: of two words, or of the only one."""
    *whole, last = words
    each = [_grams(f"  {word} ") for word in whole] + [_grams(f"  {last}")]
    best = [one[:1] for one in each] if whole else each
    return sorted((gram for grams in best for gram in grams), key=_common)[:MOST_GRAMS]


def _grams(padded: str) -> list[str]:
    """Trigrams of a padded word, the rarest first; those of its beginning for a long one."""
    found = {padded[i : i + 3] for i in range(min(len(padded) - 2, 8))}
    return sorted(found, key=lambda gram: (_common(gram), gram))


def _common(gram: str) -> int:
    """How common a trigram is in names, roughly: by its letters, as French uses them."""
    return -sum(LETTERS.find(letter) for letter in gram)


def _ins(oid: str) -> Any:
    def held(text: str) -> tuple[str, Sequence[str]] | None:
        try:
            return "ins_digest", ins.digests(ins.parse(text, oid))
        except Refused:
            return None

    return held


class PatientResource(Resource):
    """Persons within reach."""

    type = "Patient"
    model = Patient
    area = Area.IDENTITY
    person_path = "pk"
    fresh = True
    interactions = READ | {"create", "update", "patch", "delete"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-patient",)
    journal = (
        "person.identity", "person.ins", "person.died", "person.contact_data", "person.linked",
        "person.unlinked",
    )  # fmt: skip
    journal_key = "person_id"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={f"{OID}{oid}": _ins(oid) for oid in ins.OIDS}),
        Name("name", columns=("search",), sort="search", names=FAMILY, lists=GIVEN),
        Name("family", columns=FAMILY, sort="birth_name", names=FAMILY),
        Name("given", columns=GIVEN, sort="given_names", lists=GIVEN),
        Date("birthdate", column="birth_date", days=True),
        Token("gender", column="sex", codes={"female": "F", "male": "M", "unknown": "I"},
              system="http://hl7.org/fhir/administrative-gender"),
        Several("address", params=(
            String("address", columns=("address_line", "postcode", "city")),
            Indexed("address", of="string", path="Patient.address"))),
        String("address-city", columns=("city",), sort="city"),
        String("address-postalcode", columns=("postcode",), sort="postcode"),
        Indexed("address-country", of="string", path="Patient.address.country"),
        Indexed("address-state", of="string", path="Patient.address.state"),
        Indexed("address-use", path="Patient.address.use"),
        Several("phone", params=(
            Token("phone", column="phone", system="phone"),
            Indexed("phone", path="Patient.telecom.where(system='phone')"))),
        Several("email", params=(
            Token("email", column="email", system="email"),
            Indexed("email", path="Patient.telecom.where(system='email')"))),
        Several("telecom", params=(
            Token("telecom", column="phone", system="phone"),
            Token("telecom", column="email", system="email"),
            Indexed("telecom", path="Patient.telecom"))),
        Indexed("language", path="Patient.communication.language"),
        Flag("active", when=Q(pk__isnull=False)),
        Flag("deceased", when=Q(died_on__isnull=False)),
        Date("death-date", column="died_on", days=True),
        Reference("general-practitioner", many=True,
                  to={"PractitionerRole": "attending_doctors__practice_id"},
                  elements=("generalPractitioner",)),
        Reference("organization", to={}, elements=("managingOrganization",)),
        String("birthplace", columns=("birth_place", "birth_place_name"),
               url="https://interop.esante.gouv.fr/ig/fhir/cds/SearchParameter/cds-patient-birthplace"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Persons within reach of the actor."""
        return reach.listing() if many else reach.patients()

    def person_of(self, row: Any) -> UUID | None:
        """The person itself."""
        found: UUID = row.pk
        return found

    # ------------------------------------------------------------ as FHIR
    def beside(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        """The attending doctor; whether the actor sees the whole identity."""
        doctors = AttendingDoctor.objects.filter(person_id=OuterRef("pk"), ended_on=None)
        last = doctors.order_by("-started_on", "-pk").values("practice_id")[:1]
        found: QuerySet[Any] = rows.annotate(_doctor=Subquery(last))
        full = _full(reach.actor)
        if full is not None:
            whole = reach.grants(full).filter(person_id=OuterRef("pk"))
            found = found.annotate(_whole=Exists(whole))
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """One query, attending doctors, for rows that no search brought."""
        left = [row.pk for row in rows if not hasattr(row, "_doctor")]
        doctors = dict(_doctors(left)) if left else {}
        return [
            fhir.cleaned(_person(row, getattr(row, "_doctor", None) or doctors.get(row.pk)))
            for row in rows
        ]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """Usual name and address alone for who is not of the care team. One query, or none."""
        full = _full(actor)
        if full is None:
            return made
        left = [row.pk for row in rows if not hasattr(row, "_whole")]
        seen = set(_seen_whole(actor, timezone.now(), full, left)) if left else set()
        return [
            body if getattr(row, "_whole", row.pk in seen) else _usual(row)
            for body, row in zip(made, rows, strict=True)
        ]

    # ------------------------------------------------------------ written
    def create(self, body: Json, refs: Refs) -> Patient:
        """Open a record whose source is the caller's structure."""
        made = open_from_source(_values(body), proof=SOURCE, matricule=matricule(body))
        return _after(_alone(made), body)

    def create_each(self, bodies: Sequence[Json], refs: Refs) -> Sequence[Patient] | None:
        """The same, unless one of them may look like somebody."""
        several = [(_values(body), matricule(body)) for body in bodies]
        made = open_each_from_source(several, proof=SOURCE)
        return (
            None
            if made is None
            else [_after(_alone(one), body) for one, body in zip(made, bodies, strict=True)]
        )

    def update(self, row: Any, body: Json, refs: Refs) -> Patient:
        """Correct what differs: traits, contact data, death."""
        given = traits(body)
        changed = {name: value for name, value in given.items() if getattr(row, name) != value}
        changed = {
            name: value for name, value in changed.items()
            if not (isinstance(value, str) and fhir.same_words(value, getattr(row, name)))
        }  # fmt: skip
        if changed:
            row = correct_traits(
                row.pk,
                version=row.version,
                values=changed,
                reason="corrigé dans le logiciel métier",
            )
        said = {name: one for name, one in contact(body).items() if getattr(row, name) != one}
        if said:
            row = update_contact_data(row.pk, version=row.version, values=said)
        return _after(row, body)

    def delete(self, row: Any) -> None:
        """Undo a record that this caller opened and of which nothing was made; else 409."""
        undo(row.pk, reason="ouvert par erreur, retiré par le logiciel")


def _values(body: Json) -> dict[str, Any]:
    given = traits(body)
    if not given["birth_name"]:
        raise unprocessable("A birth name is needed.", "Patient.name.family")
    if not given["given_names"]:
        raise unprocessable("A given name is needed.", "Patient.name.given")
    return {**given, **contact(body)}


def _alone(person: Patient) -> Patient:
    """Just made: nobody is its attending doctor, and nothing need be asked to know it."""
    person._doctor = None  # type: ignore[attr-defined]
    return person


def _after(person: Patient, body: Json) -> Patient:
    died = fhir.day(body.get("deceasedDateTime"), "Patient.deceased")
    if died is None and body.get("deceasedBoolean") is True:
        died = clock.today()
    if died is not None and person.died_on is None:
        return confirm_death(person.pk, on=died, source="logiciel métier")
    return person


def _full(actor: Actor) -> frozenset[str] | None:
    """Scopes that show the whole identity; None where all that the actor has do."""
    if actor.is_system:
        return None
    full = rules.full_identity(actor.role)
    return None if full == rules.scopes(actor.role, Area.IDENTITY, "r") else full


@prepared
def _seen_whole(
    actor: Actor, now: dt.datetime, full: frozenset[str], keys: list[UUID]
) -> QuerySet[Grant, UUID]:
    """Those of these persons whose whole identity the actor reads."""
    grants = Reach(actor, now).grants(full).filter(person_id__in=keys)
    return grants.order_by().values_list("person_id", flat=True)


@prepared
def _doctors(keys: list[UUID]) -> QuerySet[AttendingDoctor, tuple[UUID, UUID]]:
    rows = AttendingDoctor.objects.filter(person_id__in=keys, ended_on=None)
    rows = rows.order_by("started_on", "pk")
    return rows.values_list("person_id", "practice_id")


def _person(row: Patient, doctor: UUID | None) -> Json:
    matricule = ins.of(row) if row.is_qualified else None
    return {
        "extension": _extensions(row),
        "identifier": [_number(matricule)] if matricule else None,
        "active": True,
        "name": _names(row),
        "telecom": fhir.telecom(row.phone, row.email),
        "gender": {"F": "female", "M": "male"}.get(row.sex, "unknown"),
        "birthDate": fhir.on(row.birth_date),
        "deceasedDateTime": fhir.on(row.died_on),
        "address": fhir.address(row.address_line, row.postcode, row.city, row.insee),
        "generalPractitioner": [fhir.reference("PractitionerRole", doctor)],
    }


def _number(one: ins.Matricule) -> Json | None:
    kind = "INS-NIA" if one.oid == ins.NIA else "INS-NIR"
    return fhir.identifier(f"{OID}{one.oid}", one.value, fhir.concept(KINDS, kind), "official")


def _extensions(row: Patient) -> list[Json]:
    made: list[Json] = []
    if row.birth_place or row.birth_place_name:
        coding = {"system": fhir.COMMUNES, "code": row.birth_place}
        insee = [{"url": fhir.INSEE, "valueCoding": coding}] if row.birth_place else None
        place = {"extension": insee, "city": row.birth_place_name}
        made.append({"url": BIRTH_PLACE, "valueAddress": place})
    status = {"system": STATUSES, "code": STATUS_CODES[S(row.ins_status)]}
    made.append(
        {"url": RELIABILITY, "extension": [{"url": "identityStatus", "valueCoding": status}]}
    )
    return made


def _names(row: Patient) -> list[Json]:
    every = {"url": GIVEN_LIST, "valueString": row.given_names.replace(",", " ")}
    made: list[Json] = [
        {"extension": [every], "use": "official", "family": row.birth_name,
         "given": [row.first_given]}
    ]  # fmt: skip
    if row.used_name or row.used_given:
        made.append(_usual_name(row))
    return made


def _usual_name(row: Patient) -> Json:
    return {
        "use": "usual",
        "family": row.used_name or row.birth_name,
        "given": [row.used_given or row.first_given],
    }


def _usual(row: Patient) -> Json:
    """Made from our rows alone: what was received may say more."""
    made = {
        "resourceType": "Patient",
        "name": [_usual_name(row)],
        "address": fhir.address(row.address_line, row.postcode, row.city),
    }
    return fhir.cleaned(made)


# ------------------------------------------------------------------ from FHIR
def _named(body: Json, *uses: str) -> Json:
    names = fhir.items(body, "name")
    return next((one for use in uses for one in names if one.get("use") == use), {})


def traits(body: Json) -> dict[str, Any]:
    """The traits of identity that a received Patient says."""
    official = _named(body, "official", "maiden") or next(iter(fhir.items(body, "name")), {})
    usual = _named(body, "usual")
    given = [one for one in official.get("given", []) if isinstance(one, str)]
    every = fhir.extension(official, GIVEN_LIST, "valueString") or " ".join(given)
    place = fhir.extension(body, BIRTH_PLACE, "valueAddress") or {}
    coding = fhir.extension(place, fhir.INSEE, "valueCoding") or {}
    code = str(coding.get("code", ""))
    used = " ".join(one for one in usual.get("given", []) if isinstance(one, str))
    first = str(every).replace(",", " ").split(" ")[0]
    return {
        "birth_name": str(official.get("family", "")).strip().upper()[:100],
        "given_names": str(every).strip()[:200],
        "used_name": str(usual.get("family", "")).strip().upper()[:100],
        "used_given": "" if fhir.same_words(used, first) else used[:100],
        "sex": GENDERS.get(str(body.get("gender", "unknown")), "I"),
        "birth_date": fhir.day(body.get("birthDate"), "Patient.birthDate"),
        "birth_place": code if len(code) == 5 else "",
        "birth_place_name": str(place.get("city", ""))[:100],
    }


def contact(body: Json) -> dict[str, str]:
    """Address, telephone and mail that a received Patient says."""
    where = fhir.street(body)
    email = fhir.point(body, "email")
    return {
        "address_line": where["line"],
        "postcode": where["postcode"],
        "city": where["city"],
        "insee": where["insee"],
        "phone": fhir.point(body, "phone")[:20],
        "email": email if len(email) <= 254 else "",
    }


def matricule(body: Json) -> ins.Matricule | None:
    """The matricule that a received Patient holds, when its key fits."""
    for one in fhir.items(body, "identifier"):
        system = str(one.get("system", ""))
        if system.removeprefix(OID) in ins.OIDS:
            try:
                return ins.parse(str(one.get("value", "")), system.removeprefix(OID))
            except Refused:
                return None
    return None
