"""Consent: what the person answered about sharing, and whom they oppose (CSP L.1110-4).

``provision.type`` is the answer: ``permit`` or ``deny``; a person who could not answer has none,
and the consent is ``proposed``. A ``deny`` that names a professional or a structure is an
opposition. Answers are a dated history: a new one is another Consent, and takes the place of the
one before (``inactive``). To lift an opposition is to make it ``inactive``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.circle.access import require_write
from liane.circle.models import Opposition
from liane.circle.reach import Reach
from liane.circle.services import lift, oppose, record_wish
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.models import Said
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Several, Test, Token
from liane.fhir.search.references import Identifier, Reference
from liane.patients.models import Patient, Wish

SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"
LOINC = "http://loinc.org"
PRIVACY = "59284-0"
TOPICS = "https://liane.sante/CodeSystem/consent-topic"
REASON = "https://liane.sante/StructureDefinition/consent-words"
TOPIC_WORDS = {
    "record": "dossier partagé", "outside": "partage au-delà de l’équipe de soins",
    "member": "opposition à un membre",
}  # fmt: skip
LAW = "https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000043895798"
ANSWERS = {"permit": Wish.Answer.AGREES, "deny": Wish.Answer.REFUSES}
PLACES = {"PractitionerRole": "practice_id", "Organization": "organisation_id"}


def _status(raw: str, modifier: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"active", "inactive", "proposed"} else Test(NOTHING)


def _in_state(key: Any, leafs: Sequence[Any]) -> Q:
    unable = Q(answer=Wish.Answer.UNABLE)
    if key[0] == "inactive":
        return Q(last=False)
    return Q(last=True) & (unable if key[0] == "proposed" else ~unable)


class ConsentResource(Resource):
    """Answers and oppositions of the persons whose wishes the actor reads."""

    type = "Consent"
    model = Said
    area = Area.CONSENT
    person_path = "person_id"
    touched = "at"
    closes = True
    interactions = READ | {"create", "update", "patch"}
    journal = ("circle.opposed", "circle.opposition_lifted")
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("patient",)),
        Custom("status", read=_status, build=_in_state),
        Date("date", column="at", sort="at"),
        Date("period", column="at", end="ended_at"),
        constant("scope", "patient-privacy"),
        Several("category", params=(
            constant("category", PRIVACY),
            Token("category", column="topic", system=TOPICS),
            Indexed("category", path="Consent.category"))),
        Reference("actor", elements=("provision.actor.reference",), to=PLACES),
        Reference("organization", elements=("organization",), to={
            "Organization": "author_organisation_id"}),
        Indexed("purpose", path="Consent.provision.purpose"),
        Indexed("action", path="Consent.provision.action"),
        Indexed("security-label", path="Consent.provision.securityLabel"),
        Reference("consentor", to={}, elements=("performer",)),
        Reference("data", to={}, elements=("provision.data.reference",)),
        Reference("source-reference", to={}, elements=("sourceReference",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Those of the persons whose wishes the actor may read."""
        if reach.everything:
            return Said.objects.all()
        if reach.actor.role == "legal":
            # As the measure allows: what it allows is not known here.
            return Said.objects.none()
        known = reach.patients(Area.CONSENT).values("pk")
        return Said.objects.filter(person_id__in=known)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: the opposed, and where it was heard."""
        wanted = [key for row in rows for key in (
            row.practice_id, row.organisation_id, row.author_organisation_id)]  # fmt: skip
        known = people.references(wanted)
        return [fhir.cleaned(_consent(row, known)) for row in rows]

    # ------------------------------------------------------------ written
    def create(self, body: Json, refs: Refs) -> Said:
        """Write down what the person answers now, or whom they oppose."""
        person_id = refs.required(body.get("patient"), "Patient", "Consent.patient")
        require_write(person_id, Area.CONSENT)
        if body.get("status") != "active":
            raise unprocessable("An answer is written down as « active ».", "Consent.status")
        _scope(body)
        provision = body.get("provision") or {}
        if provision.get("provision"):
            raise unprocessable(
                "Only the person’s whole answer is kept, without exceptions of an exception.",
                "Consent.provision.provision", "not-supported",
            )  # fmt: skip
        answer = ANSWERS.get(str(provision.get("type", "")))
        if answer is None:
            raise unprocessable("Say permit or deny.", "Consent.provision.type", "required")
        where = "Consent.provision.actor"
        actors = fhir.items(provision, "actor")
        if not actors:
            person = Patient.objects.get(pk=person_id)
            wish = record_wish(
                person, answer, proof="accord ou refus recueilli dans un logiciel métier",
                topic=_topic(body), consulted=_consulted(body),
            )  # fmt: skip
            return _of_wish(wish)
        if answer != Wish.Answer.REFUSES or len(actors) != 1:
            raise unprocessable(
                "One professional or structure is opposed by one deny; an agreement to share with "
                "somebody invites them (CareTeam).", where,
            )  # fmt: skip
        named = refs.one(actors[0].get("reference"), tuple(PLACES), f"{where}[0].reference")
        if named is None:
            raise unprocessable("Somebody of this server is opposed.", f"{where}[0].reference")
        reason = str(fhir.extension(body, REASON, "valueString") or "")
        return _of_opposition(oppose(person_id, reason=reason, **{PLACES[named[0]]: named[1]}))

    def update(self, row: Any, body: Json, refs: Refs) -> Said:
        """Lift an opposition; an answer is never changed."""
        if row.kind == "opposition" and body.get("status") == "inactive" and row.last:
            person_id = refs.required(body.get("patient"), "Patient", "Consent.patient")
            if person_id != row.person_id:
                raise unprocessable("An opposition keeps its person.", "Consent.patient")
            return _of_opposition(lift(row.pk))
        raise unprocessable(
            "An answer is never changed: another Consent says what the person answers now; an "
            "opposition is lifted by making it « inactive ».", "Consent",
        )  # fmt: skip


# ------------------------------------------------------------------ what was received
def _scope(body: Json) -> None:
    if fhir.code_of(body.get("scope"), SCOPES) != "patient-privacy":
        raise unprocessable("Consents here are about sharing: patient-privacy.", "Consent.scope")


def _topic(body: Json) -> str:
    for one in fhir.items(body, "category"):
        code = fhir.code_of(one, TOPICS)
        if code == "outside":
            return code
    return "record"


def _consulted(body: Json) -> str:
    """Who was asked, when it is not the person."""
    for one in fhir.items(body, "performer"):
        if not str(one.get("reference", "")).startswith("Patient/") and one.get("display"):
            return str(one["display"])[:150]
    return ""


def _of_wish(wish: Wish) -> Said:
    return Said(
        id=wish.pk, person_id=wish.person_id, kind="wish", topic=wish.topic, answer=wish.answer,
        consulted=wish.consulted, words=wish.proof, at=wish.at, last=True,
        author_holder_id=wish.author_holder_id, author_label=wish.author_label,
        author_organisation_id=wish.author_organisation_id,
    )  # fmt: skip


def _of_opposition(row: Opposition) -> Said:
    return Said(
        id=row.pk, person_id=row.person_id, kind="opposition", topic="member", answer="refuses",
        words=row.reason, at=row.created_at, ended_at=row.ended_at, last=row.ended_at is None,
        practice_id=row.practice_id, organisation_id=row.organisation_id,
        author_holder_id=row.author_holder_id, author_label=row.author_label,
        author_organisation_id=row.author_organisation_id,
    )  # fmt: skip


# ------------------------------------------------------------------ as FHIR
def _consent(row: Said, known: Mapping[UUID, Json]) -> Json:
    unable = row.answer == Wish.Answer.UNABLE
    status = "inactive" if not row.last else "proposed" if unable else "active"
    opposed = known.get(row.practice_id or row.organisation_id or UUID(int=0))
    return {
        "extension": [{"url": REASON, "valueString": row.words}] if row.words else None,
        "status": status,
        "scope": fhir.concept(SCOPES, "patient-privacy"),
        "category": [
            fhir.concept(LOINC, PRIVACY),
            fhir.concept(TOPICS, row.topic, TOPIC_WORDS.get(row.topic, "")),
        ],
        "patient": fhir.reference("Patient", row.person_id),
        "dateTime": fhir.at(row.at),
        "performer": [{"display": row.consulted}] if row.consulted else None,
        "organization": [known.get(row.author_organisation_id or UUID(int=0))],
        "policy": [{"uri": LAW}],
        "provision": None if unable else {
            "type": "permit" if row.answer == Wish.Answer.AGREES else "deny",
            "period": {"start": fhir.at(row.at), "end": fhir.at(row.ended_at)},
            "actor": [{
                "role": {"coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                    "code": "IRCP",
                }]},
                "reference": opposed,
            }] if opposed else None,
        },
    }  # fmt: skip
