"""Orientations of an MDPH (guide SDO): a bundle in, positions and documents out.

In: documents of a decision (``esms-document-reference``: CDA, or any file) and notifications
(``esms-task``, ``sdo-task``: positions) become a request of the structure named, with its papers
and its history. Out, of one request: a transaction of the position (``esms-task``) and of what the
person accepts (``esms-consent``). Out, of all of them: the searchsets of the guide.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.core.files import store
from liane.directory.models import Organisation
from liane.exchange.cda import reading as cda
from liane.exchange.received import showing
from liane.fhir import building as fhir
from liane.fhir import identifying, reading, resources, uploads, validation
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text
from liane.fhir.outcomes import problem, unprocessable
from liane.fhir.resources.base import Resource
from liane.fhir.resources.patient import contact, traits
from liane.fhir.writing import Writer
from liane.referrals import orientation
from liane.referrals.models import Referral
from liane.referrals.orientation import Paper, Told

Json = dict[str, Any]
GUIDE = "https://interop.esante.gouv.fr/ig/fhir/sdo"
PROFILES = f"{GUIDE}/StructureDefinition"
INPUTS = f"{GUIDE}/CodeSystem/input-task-sdo-codesystem"
NOS = "https://mos.esante.gouv.fr/NOS"
STATUS = f"{NOS}/TRE_R357-StatutPersonnePriseCharge/FHIR/TRE-R357-StatutPersonnePriseCharge"
MOTIVES = (
    f"{NOS}/TRE_R358-MotifStatutPersonnePriseCharge/FHIR/TRE-R358-MotifStatutPersonnePriseCharge"
)
LOINC = "http://loinc.org"
TITLES = {"57830-2": "Document Individu et décision", "51848-0": "Document évaluation"}
"""Types of the guide, and the title that each must have (regle-NomPieceJointe-type)."""
FINESS, SIRET = "1", "3"


# ------------------------------------------------------------------ in
@dataclass
class _Decision:
    """What a bundle says of one decision at one structure."""

    number: str
    place: str
    national: str = ""
    documents: list[Json] = field(default_factory=list)
    notices: list[Json] = field(default_factory=list)


def take(call: Call, target: Target, on: Writer) -> Answer:
    """Each decision of the bundle becomes a request, everything or nothing.

    Parameters: the bundle (a searchset of the guide, a transaction or a collection) and, for
    documents that come without a notification, ``organization`` (the caller’s own by default).
    """
    given = parameters(call)
    held = [*given.get("bundle", []), *given.get("resource", [])]
    bundle = next((one for one in held if isinstance(one, dict)), {})
    if bundle.get("resourceType") != "Bundle":
        raise problem(400, "A Bundle is expected.", code="required", where="Parameters.bundle")
    on.access.require("ServiceRequest", "c")
    house = on.refs.organisation_id
    if "organization" in given:
        house = on.refs.required(
            {"reference": text(given, "organization")}, "Organization", "Parameters.organization"
        )
    found = sorted(_decisions(bundle), key=lambda one: (one.number, one.place))
    if not found:
        raise unprocessable("No decision in this bundle.", "Bundle.entry", "required")
    people = {str(one.get("fullUrl", "")): one["resource"] for one in _entries(bundle)
              if one["resource"].get("resourceType") == "Patient"}  # fmt: skip
    rows = [_taken(one, house, people, on) for one in found]
    requests = served("ServiceRequest")
    shown = reading.render(requests, [_again(row) for row in rows], on.access)
    entries = [{"resource": one.body} for one in shown]
    return Answer(200, {"resourceType": "Bundle", "type": "collection", "entry": entries})


def _entries(bundle: Json) -> list[Json]:
    return [one for one in fhir.items(bundle, "entry") if isinstance(one.get("resource"), dict)]


def _decisions(bundle: Json) -> Iterator[_Decision]:
    """The decisions of a bundle, each once for a structure, in their order.

    A document belongs to every structure that a notification of the same decision names.
    """
    found: dict[tuple[str, str], _Decision] = {}
    documents: dict[str, list[Json]] = {}
    nationals: dict[str, str] = {}
    for number, one in enumerate(_entries(bundle)):
        body, where = one["resource"], f"Bundle.entry[{number}].resource"
        kind = body.get("resourceType")
        if kind not in {"DocumentReference", "Task", "Patient"}:
            continue
        validation.check(body, kind)
        if kind == "Patient":
            continue
        usual, official = _numbers(body) if kind == "DocumentReference" else (
            _identifier(body, "idDecision"), _identifier(body, "idNat_Decision"))  # fmt: skip
        if not usual:
            raise unprocessable(
                "Which decision: an identifier of use « usual » (a document) or the input "
                "idDecision (a notification).", where, "required",
            )  # fmt: skip
        nationals[usual] = nationals.get(usual) or official
        if kind == "DocumentReference":
            documents.setdefault(usual, []).append(body)
        else:
            place = _identifier(body, "idNat_Struct")
            found.setdefault((usual, place), _Decision(usual, place)).notices.append(body)
    for usual in documents.keys() - {number for number, _ in found}:
        found[usual, ""] = _Decision(usual, "")
    for held in found.values():
        held.national, held.documents = nationals[held.number], documents.get(held.number, [])
        yield held


def _numbers(body: Json) -> tuple[str, str]:
    said = {str(one.get("use")): str(one.get("value", "")) for one in
            fhir.items(body, "identifier")}  # fmt: skip
    return said.get("usual", ""), said.get("official", "")


def _taken(one: _Decision, house: UUID | None, people: dict[str, Json], on: Writer) -> Referral:
    to = _addressed(one) or house
    if to is None:
        raise unprocessable(
            "For which structure: the input idNat_Struct of a notification, or « organization ».",
            "Parameters.organization", "required",
        )  # fmt: skip
    held = orientation.known(one.number, to)
    read = list(_read(one))
    said = next((who for paper in read if (who := _about(paper, people))), {})
    if held is None and not said:
        raise unprocessable(
            "About whom: a document of the decision (CDA), or one whose subject is a Patient of "
            "this bundle.", "Bundle.entry", "required",
        )  # fmt: skip
    person = held.referral.person_id if held is not None else identifying.known(said, on.refs)
    row = orientation.receive(
        Told(
            one.number, one.national, to, person_id=person,
            identity={} if person else _identity(said), text=_words(one),
        ),
        [_paper(paper, person, on) for paper in read if paper.content],
    )  # fmt: skip
    for body in one.notices:
        _heard(row, body)
    return row


def _addressed(one: _Decision) -> UUID | None:
    """The structure that a notification names: FINESS or SIRET, after its type (TRE_G07)."""
    if not one.notices:
        return None
    kind, rest = one.place[:1], one.place[1:]
    columns = {FINESS: "finess", SIRET: "siret"}
    rows = Organisation.objects.filter(active=True)
    named = rows.filter(**{columns[kind]: rest}) if kind in columns and rest else rows.none()
    found = list(named.values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise unprocessable(
            "This structure is not in the directory: 1 and its FINESS, or 3 and its SIRET.",
            "Task.input:idNat_Struct", "not-found",
        )  # fmt: skip
    return found[0]


def _heard(row: Referral, body: Json) -> None:
    status = _concept(body, "statutESMS", STATUS)
    if not status:
        return
    on = fhir.day(input_of(body, "dateStatutESMS").get("valueDate"), "Task.input:dateStatutESMS")
    orientation.heard(
        row.pk, status, motive=_concept(body, "motifESMS", MOTIVES),
        on=on or timezone.localdate(), comment=str(body.get("description") or ""),
        received=json.dumps(body, ensure_ascii=False),
    )  # fmt: skip


@dataclass(frozen=True)
class _Read:
    """A document of the bundle. ``content`` is empty for a line of a search, without content."""

    body: Json
    attachment: Json
    kind: str
    content: bytes
    cda: cda.Document | None


def _read(one: _Decision) -> Iterator[_Read]:
    for number, body in enumerate(one.documents):
        where = f"DocumentReference[{number}].content[0].attachment.data"
        kind = next((code["code"] for code in fhir.codings(body.get("type"))
                     if code.get("code") in TITLES), "57830-2")  # fmt: skip
        held = next(iter(fhir.items(body, "content")), {}).get("attachment") or {}
        content = uploads.decoded(held["data"], where) if "data" in held else b""
        structured = cda.read(content) if b"ClinicalDocument" in content[:4096] else None
        yield _Read(body, held, kind, content, structured)


def _about(one: _Read, people: dict[str, Json]) -> Json:
    """Whom a document is about, as a Patient says it."""
    subject = str((one.body.get("subject") or {}).get("reference", ""))
    return people.get(subject) or (_of_cda(one.cda.person) if one.cda is not None else {})


def _paper(one: _Read, person: UUID | None, on: Writer) -> Paper:
    """The document verbatim, and as a file that anybody opens: checked, scanned, encrypted."""
    content, declared = one.content, str(one.attachment.get("contentType") or "")
    if one.cda is not None:
        content, declared = showing.readable(one.cda)
    title = str(one.attachment.get("title") or TITLES[one.kind])
    shown = store.receive_bytes(
        content, name=uploads.named(title, declared), declared=declared, person_id=person,
        organisation_id=on.refs.organisation_id,
    )  # fmt: skip
    kept = {name: held for name, held in one.attachment.items() if name != "data"}
    announced = {**one.body, "content": [{"attachment": kept}]}
    return Paper(one.kind, one.content, json.dumps(announced, ensure_ascii=False), shown)


def _of_cda(person: cda.Person) -> Json:
    number = person.matricule
    usual = {"use": "usual", "family": person.used_name, "given": person.given_names.split()[:1]}
    return {
        "identifier": [{"system": f"urn:oid:{number.oid}", "value": number.value}]
        if number
        else [],
        "name": [
            {"use": "official", "family": person.birth_name, "given": person.given_names.split()},
            *([usual] if person.used_name else []),
        ],
        "gender": {"F": "female", "M": "male"}.get(person.sex, "unknown"),
        "birthDate": person.birth_date.isoformat() if person.birth_date else None,
    }


def _identity(said: Json) -> dict[str, str]:
    if not said:
        return {}
    held, where = traits(said), contact(said)
    born = held["birth_date"]
    return {
        **{name: str(held[name]) for name in ("birth_name", "given_names", "used_name", "sex")},
        "birth_date": born.isoformat() if born else "",
        **{name: where[name] for name in ("address_line", "postcode", "city", "phone")},
    }


def _words(one: _Decision) -> str:
    """What the notification says of the unit, for whoever reads the request."""
    unit = next((input_of(body, "nomUnite").get("valueString") for body in one.notices), None)
    mode = next((fhir.words_of(input_of(body, "modePriseCharge").get("valueCodeableConcept"))
                 for body in one.notices), "")  # fmt: skip
    lines = [f"Unité : {unit}" if unit else "", f"Mode de prise en charge : {mode}" if mode else ""]
    return "\n".join(line for line in lines if line)


def input_of(body: Json, name: str) -> Json:
    """The input of this name: coded as the guide does now, or in words as it did before."""
    return next(
        (one for one in fhir.items(body, "input")
         if fhir.code_of(one.get("type"), INPUTS) == name
         or (one.get("type") or {}).get("text") == name), {},
    )  # fmt: skip


def _identifier(body: Json, name: str) -> str:
    return str((input_of(body, name).get("valueIdentifier") or {}).get("value", "")).strip()


def _concept(body: Json, name: str, system: str) -> str:
    return fhir.code_of(input_of(body, name).get("valueCodeableConcept"), system)


def served(kind: str) -> Resource:
    """A type that is served."""
    found = resources.get(kind)
    assert found is not None  # noqa: S101
    return found


def _again(row: Referral) -> Referral:
    rows = Referral.objects.select_related("organisation", "assigned__professional", "decision")
    found: Referral = rows.get(pk=row.pk)  # written just above, by the same actor
    return found


TAKE = Operation(
    "sdo-receive", "https://liane.sante/OperationDefinition/ServiceRequest-sdo-receive",
    frozenset({"type"}), take, frozenset({"ServiceRequest"}), reads=False,
)  # fmt: skip
