"""Verbs of a request: take it, entrust it, qualify, answer, refuse, revoke, close, reopen."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404

from liane.circle.models import Membership
from liane.circle.reach import Reach
from liane.circle.services import requested
from liane.core import acting, registry
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.directory.models import Practice
from liane.referrals import returning, rules, sending, telling
from liane.referrals.models import Decision, Referral
from liane.referrals.states import (
    ANSWERS,
    CLOSED,
    EXPLAINED,
    GUIDED,
    LIFE,
    QUALIFIED,
    SUPPORT,
    Status,
)

Consent = Referral.Consent
GROUNDS = {
    Consent.AGREES: Membership.Ground.CONSENT,
    Consent.UNABLE: Membership.Ground.TEAM,
    Consent.OVERRIDE: Membership.Ground.TEAM,
}
"""On what ground an accepted request opens the record; without consent, as a member of the care
team by its mission (CSP L.1110-12), with the reason as proof."""


@dataclass(frozen=True)
class Reply:
    """An answer: which, what is said back, and what it needs."""

    outcome: str
    text: str
    organisation_id: UUID | None = None
    consent: str = ""
    consent_note: str = ""


def take(referral_id: UUID) -> Referral:
    """« Je m’en occupe »: a new request is received. Raises Conflict when a colleague has it."""
    with transaction.atomic():
        referral = locked(referral_id)
        actor = acting.current()
        if not rules.works(actor, referral) or actor.holder_id is None:
            raise NotAllowed
        if referral.assigned_id is not None and referral.assigned_id not in actor.holders:
            raise Conflict("Un collègue s’en occupe déjà.")
        if referral.status == Status.SENT:
            telling.step(referral, Status.RECEIVED)
            telling.tell("referral.received", referral)
        if referral.assigned_id is None:
            telling.assigned(referral, Practice.objects.get(pk=actor.holder_id))
    return referral


def entrust(referral_id: UUID, practice_id: UUID, *, reason: str = "") -> Referral:
    """Give a request to a colleague of the same organisation, who is told."""
    with transaction.atomic():
        referral = locked(referral_id)
        if not rules.works(acting.current(), referral):
            raise NotAllowed
        colleague = _colleague(practice_id, referral.organisation_id)
        if referral.is_closed:
            raise Refused("Cette demande est close : rouvrez-la d’abord.")
        if referral.assigned_id == colleague.pk:
            return referral
        if referral.status == Status.SENT:
            telling.step(referral, Status.RECEIVED)
            telling.tell("referral.received", referral)
        telling.assigned(referral, colleague, reason=reason)
        telling.tell("referral.assigned", referral)
    return referral


def qualify(
    referral_id: UUID, after: str, *, reason: str = "", expect: int | None = None
) -> Referral:
    """In scope, out of scope, duplicate, already followed. All but the first say why.

    Out of scope gives no reach to anything.
    """
    if after not in QUALIFIED:
        raise Refused("Choisissez une qualification.", field="after")
    with transaction.atomic():
        referral = _ready(referral_id, after, reason, expect)
        telling.step(referral, after, reason=reason)
        telling.tell("referral.qualified", referral)
    return referral


def answer(referral_id: UUID, reply: Reply, *, expect: int | None = None) -> Referral:
    """Answer: what is said goes to the requester and to the attending doctor.

    Support joins the person's circle, on the ground of the consent or of its override; a referral
    onward makes a new request. Information and onward referral close by themselves once everybody
    knows. Raises Refused without words, without consent, or for a support without a record.
    """
    if reply.outcome not in ANSWERS:
        raise Refused("Choisissez la réponse.", field="outcome")
    with transaction.atomic():
        referral = _ready(referral_id, reply.outcome, "", expect)
        if reply.outcome in SUPPORT:
            _consent(referral, reply)
            _open(referral, reply.outcome)
        telling.step(referral, reply.outcome)
        returning.give(referral, reply.outcome, reply.text)
        if reply.outcome in SUPPORT:
            for follow in registry.support_steps:
                follow(referral)
        if reply.outcome == Status.ONWARD:
            if reply.organisation_id is None:
                raise Refused("Choisissez vers quelle structure orienter.", field="organisation")
            sending.onward(referral, reply.organisation_id, "")
        telling.tell("referral.answered", referral)
        if reply.outcome in GUIDED and not returning.owed(referral):
            telling.step(referral, Status.DONE)
    return referral


def relevel(referral_id: UUID, level: str, *, reason: str) -> Referral:
    """The support changes level in the file of who follows: the request says the same, and why.

    No new return is owed: the requester reads the step. Raises Refused for what is no level.
    """
    if level not in SUPPORT:
        raise Refused("Choisissez le niveau.", field="level")
    with transaction.atomic():
        referral = _ready(referral_id, level, reason, None)
        telling.step(referral, level, reason=reason)
    return referral


def refuse(
    referral_id: UUID, *, reason: str, expect: int | None = None, motive: str = ""
) -> Referral:
    """Say no, and why: the requester and the attending doctor read it. Opens nothing.

    A decision of an MDPH is refused with a coded ``motive`` (`orientation.say`).
    """
    with transaction.atomic():
        referral = _ready(referral_id, Status.REFUSED, reason, expect)
        if not motive and Decision.objects.filter(referral=referral).exists():
            raise Refused("La MDPH attend un motif : dites « Admission impossible signalée ».")
        telling.step(referral, Status.REFUSED, reason=reason)
        returning.give(referral, Status.REFUSED, reason)
        telling.tell("referral.refused", referral)
    return referral


def revoke(referral_id: UUID, *, reason: str, expect: int | None = None) -> Referral:
    """The requester takes the request back, and says why; the desk is told."""
    with transaction.atomic():
        referral = _ready(referral_id, Status.REVOKED, reason, expect)
        telling.step(referral, Status.REVOKED, reason=reason)
        telling.tell("referral.revoked", referral)
    return referral


def close(referral_id: UUID, *, text: str = "", expect: int | None = None) -> Referral:
    """The work is done. A support ends with a last return; nothing closes while somebody who must
    be called has not been: the request then stays open, and says whom.

    Returns the request, closed or not (``is_closed``). Raises Refused while the accompaniment that
    it opened goes on: that one ends first, with its reason, and the request with it.
    """
    with transaction.atomic():
        referral = _ready(referral_id, Status.DONE, "", expect)
        _no_support_left(referral)
        if referral.status in SUPPORT and not returning.ended_with(referral):
            returning.give(referral, Status.DONE, text)
        if not returning.owed(referral):
            telling.step(referral, Status.DONE)
            telling.tell("referral.done", referral)
    return referral


def reopen(referral_id: UUID, *, reason: str, expect: int | None = None) -> Referral:
    """The need is there again: either side reopens, and says why; the desk is told."""
    with transaction.atomic():
        referral = _ready(referral_id, Status.REOPENED, reason, expect)
        telling.step(referral, Status.REOPENED, reason=reason)
        telling.tell("referral.reopened", referral)
    return referral


def locked(referral_id: UUID) -> Referral:
    """The request, locked, within reach. Raises Http404."""
    rows = Referral.objects.within(Reach.of(acting.current())).filter(pk=referral_id)
    found: Referral | None = rows.select_for_update(of=("self",)).first()
    if found is None:
        raise Http404
    return found


def _ready(referral_id: UUID, after: str, reason: str, expect: int | None) -> Referral:
    """The locked request, if the step is the actor's to take. Nothing is written before."""
    referral = locked(referral_id)
    if expect is not None and referral.version != expect:
        raise Conflict(
            f"Un collègue a agi entre-temps : la demande est maintenant "
            f"« {referral.get_status_display()} »."
        )
    if not LIFE.allows(referral.status, after):
        raise Refused(
            f"Une demande « {referral.get_status_display()} » ne devient pas "
            f"« {Status(after).label} ».",
            code="illegal-transition",
        )
    if not rules.may(acting.current(), referral, after):
        raise NotAllowed("Cette étape revient à quelqu’un d’autre.")
    if after in EXPLAINED and not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    return referral


def _no_support_left(referral: Referral) -> None:
    with acting.acting(acting.system("demande : fin de l’accompagnement")):
        open_still = any(exit_of(referral) for exit_of in registry.support_exits)
    if open_still:
        raise Refused(
            "L’accompagnement ouvert par cette demande se poursuit : notez sa sortie, avec son "
            "motif. La demande se terminera avec lui.",
            code="supported",
        )


def _consent(referral: Referral, reply: Reply) -> None:
    """What the desk learned of the person's wish, where the request did not say it."""
    if referral.consent != Consent.LATER:
        return
    if reply.consent not in GROUNDS:
        raise Refused("Demandez d’abord à la personne si elle est d’accord.", field="consent")
    if reply.consent != Consent.AGREES and not reply.consent_note.strip():
        raise Refused("Sans son accord, dites pourquoi.", field="consent_note")
    referral.consent = reply.consent
    referral.consent_note = reply.consent_note.strip()[:300]
    Referral.objects.filter(pk=referral.pk).update(
        consent=referral.consent, consent_note=referral.consent_note
    )


def _open(referral: Referral, outcome: str) -> None:
    """Accepting a request opens the record, or asks its circle to; nothing else ever does."""
    if referral.person_id is None:
        if outcome == Status.ONE_OFF:
            return
        raise Refused(
            "Un accompagnement se fait avec un dossier : ouvrez-le ou rattachez-le d’abord.",
            field="outcome",
            code="no-record",
        )
    ground = GROUNDS[Consent(referral.consent)]
    said = referral.get_consent_display()
    proof = f"{said} : {referral.consent_note}" if referral.consent_note else said
    verb = requested.join if referral.by_circle else requested.ask
    if not _follows(referral):
        verb(referral.person_id, referral.organisation_id, ground=ground, proof=proof[:200])


def _follows(referral: Referral) -> bool:
    return Membership.objects.filter(
        person_id=referral.person_id,
        holder_id=referral.organisation_id,
        status=Membership.Status.ACTIVE,
    ).exists()


def _colleague(practice_id: UUID, organisation_id: UUID) -> Practice:
    found = Practice.objects.filter(
        pk=practice_id, organisation_id=organisation_id, role__in=rules.ASKING, ended_on=None,
        professional__active=True,
    ).first()  # fmt: skip
    if found is None:
        raise Refused("Choisissez quelqu’un de votre structure.", field="practice")
    return found


def take_over(from_id: UUID, to_id: UUID, *, reason: str) -> list[Referral]:
    """A colleague's whole file changes hands in one act: every open request, support included.

    The colleague, the new one and each requester are told. Other rooms follow
    (`registry.takeovers`: tasks). Returns the requests that moved.
    """
    if not reason.strip():
        raise Refused("Dites pourquoi vous reprenez ces dossiers.", field="reason")
    actor = acting.current()
    if actor.organisation_id is None or not rules.sits_at(actor, actor.organisation_id):
        raise NotAllowed
    absent = _once_here(from_id, actor.organisation_id)
    heir = _colleague(to_id, actor.organisation_id)
    if absent.pk == heir.pk:
        raise Refused("Choisissez deux personnes différentes.", field="practice")
    with transaction.atomic():
        rows = Referral.objects.within(Reach.of(actor)).filter(
            assigned_id=absent.pk, organisation_id=actor.organisation_id
        )
        moved = list(rows.exclude(status__in=CLOSED).select_for_update(of=("self",)))
        for referral in moved:
            telling.assigned(referral, heir, reason=reason)
            telling.tell("referral.taken_over", referral)
        for follow in registry.takeovers:
            follow(absent, heir, reason)
    return moved


def _once_here(practice_id: UUID, organisation_id: UUID) -> Practice:
    """A colleague of the house, gone ones included."""
    found = Practice.objects.filter(pk=practice_id, organisation_id=organisation_id).first()
    if found is None:
        raise Refused("Choisissez quelqu’un de votre structure.", field="from")
    return found
