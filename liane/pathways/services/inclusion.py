"""Verbs of inclusion: propose, inform, decide, validate, refuse.

The decision is taken in the responsible structure on the protocol's criteria; taken or validated
by a physician it is the prescription of every act of the pathway (CSS R.162-138). The person is
informed and may object at any time (CSP L.1110-4, L.1110-12).
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle import holders
from liane.circle import services as circle
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Practice
from liane.pathways import catalogue, clashes, progress, rules
from liane.pathways.models import Anchor, Answer, Enrolment, Project, Signatory
from liane.pathways.protocols import eligibility
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import ENROLMENT, LIVING, EnrolmentStatus, ProjectStatus
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

S = EnrolmentStatus
VERDICTS = {
    "met": Answer.Verdict.MET, "not_met": Answer.Verdict.UNMET, "unknown": Answer.Verdict.UNKNOWN,
}  # fmt: skip
CLOSED = {ProjectStatus.ENDED, ProjectStatus.OPPOSED}
NOT_YET = {ProjectStatus.DRAFT, ProjectStatus.SIGNED}


@dataclass(frozen=True)
class Said:
    """What is known of somebody for one protocol: coded facts, documents, profile, anchors."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, dt.date] = field(default_factory=dict)
    profile: str = ""
    anchors: Mapping[str, dt.date] = field(default_factory=dict)


def judged(person: Patient, protocol: Protocol, said: Said, on: dt.date) -> Any:
    """Each criterion with its fact and its verdict. One query."""
    given = eligibility.Given(
        on, dict(said.facts), person.birth_date, dict(said.documents),
        _last_end(person.pk, protocol.key),
    )  # fmt: skip
    return eligibility.evaluate(protocol, given)


def propose(person_id: UUID, project_id: UUID, said: Said) -> Enrolment:
    """Propose a pathway to somebody, with each criterion's answer. Nothing starts yet.

    An incompatible pathway is told to both structures, without saying which one it is.
    """
    with transaction.atomic():
        project = _project(project_id)
        person = _person(person_id, project)
        protocol = catalogue.of_project(project)
        _check_profile(protocol, said.profile)
        if _living(person_id, project.pk):
            raise Refused("Cette personne est déjà dans ce parcours, ou proposée.", code="already")
        who = author_of(acting.current())
        row: Enrolment = Enrolment.objects.create(
            person=person, project=project, organisation_id=project.organisation_id,
            protocol_key=project.protocol_key, protocol_version=project.protocol_version,
            profile=said.profile, coordinator_id=_keeper(), for_person=True,
            overseas=_overseas(project), **who,
        )  # fmt: skip
        row.history.create(after=row.status, **who)
        _keep(row, protocol, said)
        clashes.look(row, protocol)
        _told(row, "pathway.proposed")
    return row


def answer(enrolment_id: UUID, said: Said) -> Enrolment:
    """Complete or correct the facts of a proposal: its criteria are judged again."""
    with transaction.atomic():
        row = mine(enrolment_id)
        if row.status != S.PROPOSED:
            raise Refused(
                "L’inclusion est décidée : ses critères ne changent plus.", code="decided"
            )
        protocol = catalogue.of_enrolment(row)
        _check_profile(protocol, said.profile)
        if said.profile and said.profile != row.profile:
            row.profile = said.profile
            changed(row, "profile")
        _keep(row, protocol, said)
        ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="critères")
    return row


def inform(enrolment_id: UUID, *, on: dt.date, by: str = "", objects: bool = False) -> Enrolment:
    """The person was informed of the pathway, its team and its sharing, and did not object.

    An objection refuses the proposal.
    """
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    if objects:
        return refuse(enrolment_id, reason="la personne ne veut pas de ce parcours")
    with transaction.atomic():
        row = mine(enrolment_id)
        row.informed_on, row.informed_by = on, (by.strip() or acting.current().label)[:200]
        changed(row, "informed_on", "informed_by")
        ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="information")
    return row


def decide(
    enrolment_id: UUID,
    *,
    on: dt.date,
    team: Collection[UUID] = (),
    profile: str = "",
    expect: int | None = None,
) -> Enrolment:
    """Include the person. A physician's decision is the prescription; another waits for one.

    ``profile``: the one chosen with the decision, where the protocol has profiles and none was
    chosen before.

    The responsible structure joins the circle, whose coordinators then follow the person, and so do
    the signatories of ``team``, each told. Raises Refused while a criterion is
    not met or must still be checked, while the person is not informed, while another pathway
    forbids it, or when the project may not include anybody.
    """
    with transaction.atomic():
        row = mine(enrolment_id, expect=expect)
        protocol = catalogue.of_enrolment(row)
        _check_profile(protocol, profile)
        row.profile = profile or row.profile
        _require_decidable(row, protocol, on)
        decider = Practice.objects.select_related("professional").filter(
            pk__in=[acting.current().holder_id]
        ).first()  # fmt: skip
        if decider is None and not acting.current().is_system:
            raise NotAllowed("L’inclusion est décidée par un professionnel de la structure.")
        row.included_on, row.decided_by = on, decider
        fields = ["included_on", "decided_by", "profile"]
        if rules.is_physician(decider):
            row.prescribed_by, row.prescribed_on = decider, on
            fields += ["prescribed_by", "prescribed_on"]
        transition(row, ENROLMENT, S.INCLUDED)
        changed(row, *fields)
        joining = [*_responsible(row), *_signed(row.project, team, on)]
        circle.join_team(row.person_id, joining, proof=_proof(protocol))
        _told(row, "pathway.included")
        progress.refresh([row.pk], on=timezone.localdate())
    return row


def validate(enrolment_id: UUID, *, on: dt.date, practice_id: UUID | None = None) -> Enrolment:
    """A physician validates an inclusion decided by another professional (R.162-138).

    The physician acts, or the structure writes down the signed validation of ``practice_id``.
    """
    actor = acting.current()
    with transaction.atomic():
        row = seen(enrolment_id)
        if not row.running and row.status != S.ENDED:
            raise Refused("Il n’y a pas encore d’inclusion à valider.", code="not-included")
        if row.prescribed_by_id is not None:
            raise Refused("Cette inclusion vaut déjà prescription.", code="validated")
        if (row.included_on is not None and on < row.included_on) or on > timezone.localdate():
            raise Refused("La validation suit l’inclusion, et n’est pas à venir.", field="on")
        doctor = Practice.objects.select_related("professional").filter(
            pk__in=[practice_id or actor.holder_id]
        ).first()  # fmt: skip
        if doctor is None or not rules.is_physician(doctor):
            raise Refused("Seul un médecin valide l’inclusion.", field="practice")
        own = doctor.pk in actor.holders
        if not own and not rules.may_include(actor, row.organisation_id, row.person_id):
            raise NotAllowed
        row.prescribed_by, row.prescribed_on = doctor, on
        changed(row, "prescribed_by", "prescribed_on")
        row.history.create(
            before=row.status, after=row.status, reason=f"validée par {doctor.professional.name}",
            **author_of(actor),
        )  # fmt: skip
        _told(row, "pathway.validated")
    return row


def refuse(enrolment_id: UUID, *, reason: str) -> Enrolment:
    """The proposal goes no further: the person declines, or the criteria are not met."""
    if not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        row = mine(enrolment_id)
        transition(row, ENROLMENT, S.REFUSED, reason=reason.strip()[:500])
        row.ended_on = timezone.localdate()
        changed(row, "ended_on")
        clashes.settle_for(row)
        _told(row, "pathway.refused")
    return row


def verdicts(row: Enrolment, protocol: Protocol, on: dt.date) -> Any:
    """The criteria of an enrolment as they stand, judged on a day from the facts kept."""
    return judged(row.person, protocol, kept_facts(row), on)


def kept_facts(row: Enrolment) -> Said:
    """The facts, documents and anchors kept for an enrolment. Three queries."""
    facts: dict[str, Any] = {}
    for one in row.answers.order_by("created_at", "id"):
        facts |= {name: _typed(value) for name, value in json.loads(one.fact or "{}").items()}
    documents = {one.code: one.on for one in row.documents.order_by("-on")}
    anchors = {one.name: one.on for one in row.anchors.order_by("created_at", "id")}
    return Said(facts, documents, row.profile, anchors)


# ------------------------------------------------------------------ what other verbs share
def mine(enrolment_id: UUID, *, expect: int | None = None) -> Enrolment:
    """An enrolment that the actor's structure may change, locked. Raises Http404, NotAllowed."""
    row = seen(enrolment_id)
    if not rules.may_include(acting.current(), row.organisation_id, row.person_id):
        raise NotAllowed("Cette inclusion est suivie par une autre structure.")
    if expect is not None and row.version != expect:
        raise Refused("Un collègue a agi entre-temps : relisez la fiche.", code="conflict")
    return row


def seen(enrolment_id: UUID) -> Enrolment:
    """An enrolment within reach, locked. Raises Http404."""
    rows = Enrolment.objects.within(Reach.of(acting.current())).select_for_update(of=("self",))
    row: Enrolment | None = (
        rows.select_related("project", "person", "organisation").filter(pk=enrolment_id).first()
    )
    if row is None:
        raise Http404
    return row


def changed(row: Enrolment, *fields: str) -> None:
    """Save these columns; whoever read the former version learns that it changed."""
    row.version += 1
    row.save(update_fields=["version", *fields])


def _responsible(row: Enrolment) -> list[UUID]:
    """The structure that answers for the pathway; one outside the care team is invited instead,
    with the person's consent."""
    return [] if holders.place(row.organisation_id).outside_team else [row.organisation_id]


def _told(row: Enrolment, kind: str) -> None:
    journal.append(kind, person_id=row.person_id, object_id=row.pk)
    ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose=kind)


def _project(project_id: UUID) -> Project:
    actor = acting.current()
    project: Project | None = (
        Project.objects.within(Reach.of(actor))
        .select_related("organisation")
        .filter(pk=project_id)
        .first()
    )
    if project is None:
        raise Http404
    if project.status in CLOSED:
        raise Refused("Ce projet n’inclut plus personne.", code="closed")
    return project


def _person(person_id: UUID, project: Project) -> Patient:
    actor = acting.current()
    person = Reach.of(actor).patients(Area.INTERVENTION).filter(pk=person_id).first()
    if person is None:
        raise Http404
    if not rules.may_include(actor, project.organisation_id, person_id):
        raise NotAllowed
    if person.died_on is not None:
        raise Refused("Cette personne est décédée.", code="dead")
    return person


def _require_decidable(row: Enrolment, protocol: Protocol, on: dt.date) -> None:
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    if row.project.status in CLOSED | NOT_YET:
        if protocol.project is None:
            raise Refused("Le projet n’est pas en vigueur : tous n’ont pas signé.", code="project")
        raise Refused(
            "Le projet de parcours n’est pas encore transmis à l’ARS et à la CPAM "
            "(R.162-134, R.162-137).",
            code="project",
        )
    if row.informed_on is None or row.informed_on > on:
        raise Refused(
            "Informez d’abord la personne, et notez qu’elle ne s’oppose pas.", code="informed"
        )
    if protocol.profiles and not row.profile:
        raise Refused("Choisissez le profil.", field="profile")
    judgement = verdicts(row, protocol, on)
    if judgement.verdict == "no":
        missing = [one.label for one in judgement.answers if one.outcome == "not_met"]
        raise Refused(f"Critère non rempli : {' ; '.join(missing)}.", code="ineligible")
    if judgement.verdict == "unknown":
        missing = [one.label for one in judgement.answers if one.blocks]
        raise Refused(f"Critère à vérifier : {' ; '.join(missing)}.", code="unknown")
    if clashes.open_for(row):
        raise Refused(
            "Une autre prise en charge au forfait, incompatible, est en cours pour cette personne. "
            "L’autre structure en est prévenue ; voyez avec la personne laquelle continuer.",
            code="clash",
        )


def _check_profile(protocol: Protocol, profile: str) -> None:
    if profile and profile not in {one.id for one in protocol.profiles}:
        raise Refused("Ce profil n’est pas du protocole.", field="profile")


def _keep(row: Enrolment, protocol: Protocol, said: Said) -> None:
    """Write facts, documents and anchors, and the verdict of each criterion on this day."""
    who = author_of(acting.current())
    for name, on in said.anchors.items():
        Anchor.objects.create(enrolment=row, name=name, on=on, **who)
    before = kept_facts(row)
    for code, on in said.documents.items():
        if code not in before.documents:
            row.documents.create(code=code, on=on, **who)
    facts = {**before.facts, **said.facts}
    known = Said(facts, {**before.documents, **said.documents}, row.profile)
    for one in judged(row.person, protocol, known, timezone.localdate()).answers:
        made = Answer(enrolment=row, criterion=one.id, verdict=VERDICTS[one.outcome], **who)
        read = {name: facts[name] for name, _ in one.facts if facts.get(name) is not None}
        made.fact = json.dumps(read, default=_text, sort_keys=True)
        made.save(force_insert=True)


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else sorted(value)


def _typed(value: Any) -> Any:
    """A day again, where one was written."""
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return dt.date.fromisoformat(value)
    return value


def _last_end(person_id: UUID, key: str) -> dt.date | None:
    with acting.acting(acting.system("parcours antérieurs")):
        days = Enrolment.objects.filter(
            person_id__in=cluster_ids(person_id), protocol_key=key, status=S.ENDED
        ).order_by("-ended_on").values_list("ended_on", flat=True)  # fmt: skip
        return days.first()


def _living(person_id: UUID, project_id: UUID) -> bool:
    return bool(
        Enrolment.objects.filter(
            person_id__in=cluster_ids(person_id), project_id=project_id, status__in=LIVING
        ).exists()
    )


def _keeper() -> UUID | None:
    actor = acting.current()
    return actor.holder_id if actor.role in {"coordinator", "case_manager"} else None


def _overseas(project: Project) -> bool:
    """A structure of an overseas department: the protocol's coefficient applies."""
    return project.organisation.postcode.startswith(("97", "98"))


def _signed(project: Project, team: Collection[UUID], on: dt.date) -> list[UUID]:
    """Those of the team who are signatories on that day. Raises Refused for anybody else."""
    rows = Signatory.objects.filter(project=project, practice_id__in=list(team), starts_on__lte=on)
    known = {row.practice_id for row in rows if row.ends_on is None or row.ends_on >= on}
    if set(team) - known:
        raise Refused(
            "Seuls les signataires du projet entrent par lui dans le cercle.", field="team"
        )
    return list(known)


def _proof(protocol: Protocol) -> str:
    """Why the team joins: without naming the pathway, for it tells what somebody suffers from."""
    return "signataire d’un projet de parcours coordonné renforcé (CSP L.4012-1)"
