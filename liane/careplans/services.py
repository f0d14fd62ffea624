"""Verbs of a plan: open, share, send, validate, agree, put in force, review, close."""

import datetime as dt
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.careplans import editing, rules, versions
from liane.careplans.models import LIFE, Agreement, Plan, PlanVersion, Review, Verdict, Words
from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.routes import PORTAL_ROLES
from liane.core.states import transition

Status = Plan.Status
REVIEW_AFTER = dt.timedelta(days=90)
"""A new plan is reviewed after three months unless told otherwise."""
NAMED = Audience(team=False)
"""Told to those whom the kind's ``told`` names, and to nobody else."""


def open_plan(
    person_id: UUID, *, referent_id: UUID, review_on: dt.date | None = None, key: UUID | None = None
) -> Plan:
    """Open a plan: its référent is named first (HAS 2019). One open plan at a time.

    Raises Refused (a plan is open already, nobody of the circle), NotAllowed, Http404.
    """

    def do() -> Plan:
        rules.require_team(person_id)
        rules.require_referent(person_id, referent_id)
        if Plan.objects.filter(person_id=person_id).exclude(status=Status.CLOSED).exists():
            raise Refused("Un plan est déjà ouvert pour cette personne.", code="open-already")
        plan = Plan(
            person_id=person_id,
            referent_id=referent_id,
            review_on=review_on or timezone.localdate() + REVIEW_AFTER,
            **author_of(acting.current()),
        )
        plan.save(force_insert=True)
        plan.history.create(after=Status.DRAFT, **author_of(acting.current()))
        editing.opened(plan)
        _told("plan.opened", plan)
        return plan

    content = [str(person_id), str(referent_id), str(review_on)]
    return once(key, "careplans.open", content, Plan, do)[0]


def share(plan_id: UUID, *, person: bool, carers: bool) -> Plan:
    """Show the plan to the person, to her carers, or no longer."""
    with transaction.atomic():
        plan = editing.locked_plan(plan_id)
        rules.require_team(plan.person_id)
        before = (plan.for_person, plan.for_carers)
        plan.for_person, plan.for_carers = person, carers
        if before == (person, carers):
            return plan
        plan.save(update_fields=["for_person", "for_carers"])
        _told("plan.shared", plan)
        return plan


def send(plan_id: UUID, *, reason: str = "", key: UUID | None = None) -> PlanVersion:
    """Freeze the plan as a version and send it to the attending doctor, who has ten days.

    Raises Refused for an empty plan. The same ``key`` sends it once.
    """

    def do() -> PlanVersion:
        plan = editing.locked_plan(plan_id)
        rules.require_team(plan.person_id)
        rules.require_open(plan)
        if not plan.problems.filter(dropped_at=None).exists():
            raise Refused("Ce plan est vide : notez au moins un problème.", code="empty")
        version = versions.freeze(plan, author_of(acting.current()), reason=reason.strip()[:300])
        transition(plan, LIFE, Status.SENT, reason=f"version {version.number}")
        plan.sent_at = timezone.now()
        plan.save(update_fields=["sent_at"])
        _told("plan.sent", plan)
        journal.append("plan.to_validate", person_id=plan.person_id, object_id=plan.pk, to=NAMED)
        from liane.careplans import links, pdf

        links.open_for(version)
        transaction.on_commit(lambda: pdf.make_later(version))
        return version

    return once(key, "careplans.send", [str(plan_id), reason], PlanVersion, do)[0]


def answer(
    version_id: UUID, *, validated: bool, text: str = "", via: str = Verdict.Via.PAGE
) -> Verdict:
    """The attending doctor validates a version, or sends it back with remarks.

    Only the latest version can be answered (Conflict otherwise). Answering again the same thing
    changes nothing.
    """
    if not validated and not text.strip():
        raise Refused("Dites ce qu’il faut reprendre.", field="text")
    with transaction.atomic():
        version = access_version(version_id)
        plan = editing.locked_plan(version.plan_id)
        actor = acting.current()
        if not rules.may_validate(actor, rules.doctor_of(plan.person_id)):
            raise NotAllowed("Seul le médecin traitant, ou qui le remplace, valide le plan.")
        rules.require_open(plan)
        _require_latest(version)
        said = Verdict.Answer.VALIDATED if validated else Verdict.Answer.REMARKS
        last = version.verdicts.order_by("-at").first()
        if last is not None and last.answer == said and last.text == text.strip():
            found: Verdict = last
            return found
        verdict = Verdict(
            version=version, plan=plan, person_id=plan.person_id, answer=said,
            text=text.strip(), via=via, **author_of(actor),
        )  # fmt: skip
        verdict.save(force_insert=True)
        transition(plan, LIFE, Status.VALIDATED if validated else Status.DRAFT)
        _told("plan.validated" if validated else "plan.returned", plan)
        _start_when_ready(plan, version)
        return verdict


def agree(version_id: UUID, *, answer: str, text: str = "") -> Agreement:
    """The person's answer to a version, a carer's opinion, or what a professional collected.

    From the portal: the person, her legal representative, a carer who may write. A refusal must
    not say why; « hors d’état » must (collected by the team).
    """
    with transaction.atomic():
        version = access_version(version_id)
        actor = acting.current()
        require_write(version.person_id, Area.CARE_PLAN)
        plan = editing.locked_plan(version.plan_id)
        rules.require_open(plan)
        _require_latest(version)
        voice = {"legal": "legal", "person": "person"}.get(actor.role) or (
            Agreement.Voice.CARER if actor.role in PORTAL_ROLES else Agreement.Voice.RECORDED
        )
        if answer not in Agreement.Answer.values:
            raise Refused("Choisissez une réponse.", field="answer")
        unable = answer == Agreement.Answer.UNABLE
        if unable and (voice != Agreement.Voice.RECORDED or not text.strip()):
            raise Refused("Dites pourquoi la personne ne peut pas répondre.", field="text")
        row = Agreement(
            version=version, plan=plan, person_id=plan.person_id, answer=answer, voice=voice,
            text=text.strip()[: rules.LONGEST], **author_of(actor),
        )  # fmt: skip
        row.save(force_insert=True)
        kind = "plan.agreed" if answer == Agreement.Answer.AGREES else "plan.not_agreed"
        if voice == Agreement.Voice.CARER:
            kind = "plan.opinion"
        _told(kind, plan)
        _start_when_ready(plan, version)
        return row


def start(plan_id: UUID) -> Plan:
    """Put a plan in force: validated or left without answer, and the person does not refuse.

    Raises Refused when she was not asked: her answer, or that she cannot give one, comes first.
    """
    with transaction.atomic():
        plan = editing.locked_plan(plan_id)
        rules.require_team(plan.person_id)
        if plan.status == Status.IN_FORCE:
            return plan
        version = plan.planversions.order_by("-number").first()
        last = binding(version) if version is not None else None
        if last is None:
            raise Refused("Recueillez d’abord la réponse de la personne.", code="not-asked")
        if last.answer == Agreement.Answer.REFUSES:
            raise Refused("La personne n’est pas d’accord : reprenez le plan avec elle.")
        return _started(plan)


def binding(version: PlanVersion) -> Agreement | None:
    """The last answer to a version that binds."""
    rows = version.agreements.exclude(voice=Agreement.Voice.CARER)
    found: Agreement | None = rows.order_by("-at", "-id").first()
    return found


def _start_when_ready(plan: Plan, version: PlanVersion) -> None:
    """Validated and agreed: it is in force, nobody has to press anything."""
    last = binding(version)
    refused = Agreement.Answer.REFUSES
    if plan.status == Status.VALIDATED and last is not None and last.answer != refused:
        _started(plan)


def _started(plan: Plan) -> Plan:
    transition(plan, LIFE, Status.IN_FORCE)
    _told("plan.started", plan)
    return plan


def close(plan_id: UUID, *, reason: str) -> Plan:
    """Close a plan, for a reason; a new one can be opened."""
    if not reason.strip():
        raise Refused("Dites pourquoi ce plan se termine.", field="reason")
    with transaction.atomic():
        plan = editing.locked_plan(plan_id)
        rules.require_team(plan.person_id)
        if plan.status == Status.CLOSED:
            return plan
        transition(plan, LIFE, Status.CLOSED, reason=reason.strip()[:300])
        _told("plan.closed", plan)
        return plan


def review(plan_id: UUID, *, note: str, next_on: dt.date | None) -> Review:
    """A review was held: what came out of it, when the next one is."""
    if not note.strip():
        raise Refused("Dites en quelques mots ce qui ressort de la révision.", field="note")
    today = timezone.localdate()
    if next_on is not None and next_on <= today:
        raise Refused(
            "La prochaine révision est à venir : choisissez un autre jour.", field="next_on"
        )
    with transaction.atomic():
        plan = editing.locked_plan(plan_id)
        rules.require_team(plan.person_id)
        rules.require_open(plan)
        row = Review(
            plan=plan, person_id=plan.person_id, held_on=today, note=note.strip(), next_on=next_on,
            **author_of(acting.current()),
        )  # fmt: skip
        row.save(force_insert=True)
        plan.review_on = next_on
        editing.changed(plan, ("review_on",), bump=True)
        _told("plan.reviewed", plan)
        return row


def give_words(
    person_id: UUID, *, text: str, topic: str, both: bool = False, key: UUID | None = None
) -> Words:
    """Words of the person, of a carer who may write, or collected by the team.

    ``both``: the person lets her carers read them, a carer lets the person read theirs.
    """
    require_write(person_id, Area.CARE_PLAN)
    content = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not content:
        raise Refused("Écrivez quelques mots.", field="text")
    if len(content) > rules.LONGEST:
        raise Refused(f"Ce texte dépasse {rules.LONGEST} caractères.", field="text")
    if topic not in Words.Topic.values:
        raise Refused("Choisissez de quoi il s’agit.", field="topic")
    actor = acting.current()
    voice = rules.voice_of(actor)
    carer = voice == Words.Voice.CARER

    def do() -> Words:
        row = Words(
            person_id=person_id, voice=voice, topic=topic, text=content,
            for_person=not carer or both, for_carers=carer or both, **author_of(actor),
        )  # fmt: skip
        row.save(force_insert=True)
        journal.append(
            "plan.words", person_id=person_id, object_id=row.pk,
            to=Audience(person=row.for_person, carers=row.for_carers),
        )  # fmt: skip
        journal.signal("careplan", person_id=person_id, object_id=row.pk)
        ledger.wrote(person_id, "care_plan", object_id=row.pk)
        return row

    sent = [str(person_id), content, topic, both]
    return once(key, "careplans.words", sent, Words, do)[0]


# ------------------------------------------------------------------ periodic work


def silence_after() -> dt.timedelta:
    """How long the attending doctor has (``LIANE_PLAN_SILENCE_DAYS``, ten days by default)."""
    return dt.timedelta(days=settings.LIANE_PLAN_SILENCE_DAYS)


def note_silences() -> int:
    """Plans sent long ago without an answer run as « transmis, sans réponse ». Returns how many."""
    noted = 0
    with acting.acting(acting.system("plans transmis sans réponse")):
        waiting = Plan.objects.filter(
            status=Status.SENT, sent_at__lte=timezone.now() - silence_after()
        )
        for pk in list(waiting.values_list("pk", flat=True)):
            with transaction.atomic():
                plan = editing.locked_plan(pk)
                if plan.status != Status.SENT:
                    continue
                days = settings.LIANE_PLAN_SILENCE_DAYS
                transition(plan, LIFE, Status.UNANSWERED, reason=f"{days} jours sans réponse")
                _told("plan.unanswered", plan)
                noted += 1
    return noted


def note_reviews() -> int:
    """Tell the référent of each plan whose review is due, once for each date. Returns how many."""
    told = 0
    with acting.acting(acting.system("révisions à tenir")):
        due = Plan.objects.filter(review_on__lte=timezone.localdate()).exclude(status=Status.CLOSED)
        for pk in list(due.values_list("pk", flat=True)):
            with transaction.atomic():
                plan = editing.locked_plan(pk)
                if plan.review_told == plan.review_on or not plan.review_is_due:
                    continue
                plan.review_told = plan.review_on
                plan.save(update_fields=["review_told"])
                journal.append(
                    "plan.review_due", person_id=plan.person_id, object_id=plan.pk, to=NAMED
                )
                told += 1
    return told


# ------------------------------------------------------------------ common


def access_version(version_id: UUID) -> PlanVersion:
    """The version within reach; Http404 otherwise."""
    found: PlanVersion | None = (
        PlanVersion.objects.within(Reach.of(acting.current()))
        .select_related("plan")
        .filter(pk=version_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _require_latest(version: PlanVersion) -> None:
    if PlanVersion.objects.filter(plan_id=version.plan_id, number__gt=version.number).exists():
        raise Conflict("Une version plus récente a été envoyée : voici celle à relire.")


def _told(kind: str, plan: Plan) -> None:
    to = Audience(person=plan.for_person, carers=plan.for_carers)
    journal.append(kind, person_id=plan.person_id, object_id=plan.pk, to=to)
    journal.signal("careplan", person_id=plan.person_id, object_id=plan.pk)
    ledger.wrote(plan.person_id, "care_plan", object_id=plan.pk)
