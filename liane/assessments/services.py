"""Verbs of assessments: start one, save part of it, complete it, correct it, withdraw it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from liane.assessments import catalogue, grouped, prefill, queries, state, tasks
from liane.assessments.engine import posting, showing, values
from liane.assessments.engine.answers import Answers, Place, name_of
from liane.assessments.engine.behaviour import Missing, Settled, missing, settle
from liane.assessments.engine.items import Item, Value
from liane.assessments.models import DONE, LIFE, Domain, Questionnaire, Response, Score
from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger, pdf
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.errors import Conflict, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.states import transition
from liane.patients.models import Patient

Status = Response.Status
KINDS = {Domain.SOCIAL.value: "assessment.social", Domain.CLINICAL.value: "assessment.clinical"}


@dataclass(frozen=True)
class Difference:
    """One question that two devices answered differently."""

    place: Place
    label: str
    mine: str
    theirs: str


class Crossed(Conflict):
    """Somebody else answered the same questions meanwhile: both answers are shown."""

    def __init__(self, response: Response, differences: list[Difference]) -> None:
        super().__init__("Ces questions ont reçu une autre réponse entre-temps : choisissez.")
        self.response = response
        self.differences = differences


class Incomplete(Refused):
    """Some required answers are missing."""

    def __init__(self, found: list[Missing]) -> None:
        many = (
            f"{len(found)} réponses sont attendues"
            if len(found) > 1
            else "Une réponse est attendue"
        )
        super().__init__(f"{many} avant de terminer.", code="incomplete")
        self.missing = found


def start(
    person: Patient,
    questionnaire: Questionnaire,
    *,
    at: dt.datetime | None = None,
    key: UUID | None = None,
) -> Response:
    """Open a new assessment of a person, prefilled from the record.

    Raises NotAllowed or Http404 by the area of the questionnaire, Refused when it is not offered.
    """
    require_write(person.pk, Area(questionnaire.area))
    if not queries.is_offered(questionnaire):
        raise Refused("Ce questionnaire n’est plus proposé.", field="questionnaire")

    def do() -> Response:
        actor = acting.current()
        who = author_of(actor)
        response = Response(
            person=person, questionnaire=questionnaire, area=questionnaire.area,
            at=at or timezone.now(), changed_by=actor.label, **who,
        )  # fmt: skip
        one = state.Opened(response, catalogue.definition_of(questionnaire), Answers())
        reach = Reach.of(actor)
        supplied = prefill.supplied(reach, person)
        one.answers, one.prefilled = prefill.begin(one.definition, reach, person, supplied)
        one.answers = settle(one.definition, one.answers, supplied).answers
        response.content = state.closed(one)
        response.save(force_insert=True)
        response.history.create(after=Status.IN_PROGRESS, **who)
        ledger.wrote(person.pk, "assessment", object_id=response.pk)
        return response

    made, _ = once(key, "assessment.start", [str(person.pk), str(questionnaire.pk)], Response, do)
    return made


def save(
    response_id: UUID,
    *,
    version: int,
    posted: posting.Posted,
    keep_theirs: Collection[Place] = (),
    decided: bool = False,
    add: Place | None = None,
    at: dt.datetime | None = None,
) -> state.Opened:
    """Save part of an assessment: only the questions posted, and one repetition more for ``add``.

    ``version`` is the one that the form was made from. Raises :class:`Crossed` when one of these
    questions was answered otherwise since then, unless that was ``decided``.
    """
    with transaction.atomic():
        one = open_locked(response_id)
        response = one.response
        wanted = {p: v for p, v in posted.values.items() if p not in set(keep_theirs)}
        crossed = [] if decided else _crossed(one, version, wanted)
        if crossed:
            raise Crossed(response, crossed)
        before = one.answers
        after = posting.apply(before, posting.Posted(values=wanted))
        if add is not None:
            item = one.definition.items[add[0]]
            if item.repeated:
                after.add(item, add[1])
        settled = settle(one.definition, after, supplied_for(response))
        one.answers = settled.answers
        changes = state.changed(before, one.answers)
        if not changes and before.counts == one.answers.counts and at in (None, response.at):
            return one
        response.version += 1
        one.touched |= {name_of(place): response.version for place in changes}
        response.at = at or response.at
        response.changed_at, response.changed_by = timezone.now(), acting.current().label
        response.content = state.closed(one)
        response.save(update_fields=["version", "content", "changed_at", "changed_by", "at"])
        ledger.wrote(response.person_id, "assessment", object_id=response.pk)
        return one


def _crossed(one: state.Opened, version: int, wanted: dict[Place, list[Value]]) -> list[Difference]:
    found = []
    for place, mine in wanted.items():
        theirs = one.answers.at(place)
        if mine != theirs and one.touched.get(name_of(place), 0) > version:
            item = one.definition.items[place[0]]
            found.append(
                Difference(
                    place, item.text or item.link_id, _words(item, mine), _words(item, theirs)
                )
            )
    return found


def _words(item: Item, given: list[Value]) -> str:
    return ", ".join(values.label(value, item.options) for value in given) or "sans réponse"


def complete(
    response_id: UUID,
    *,
    version: int,
    for_person: bool = False,
    on: dt.date | None = None,
    announce: bool = True,
    panel: str = "",
) -> Response:
    """Complete an assessment, done the day ``on``: scores kept, journal told, answers final.

    Raises :class:`Incomplete` with the questions missing, Conflict when it moved since ``version``.
    """
    with transaction.atomic():
        one = open_locked(response_id)
        response = one.response
        if response.version != version:
            raise Conflict(
                "Quelqu’un a changé une réponse entre-temps : relisez avant de terminer."
            )
        if on is not None:
            response.at = _moment(response.at, on)
        settled = settle(one.definition, one.answers, supplied_for(response))
        lacking = missing(one.definition, settled)
        if lacking:
            raise Incomplete(lacking)
        one.answers = settled.answers
        after = Status.AMENDED if response.replaces_id else Status.COMPLETED
        transition(response, LIFE, after, reason=response.reason)
        _finish(one, settled, for_person)
        score(one, settled, panel)
        kind = KINDS[response.area] + (".amended" if response.replaces_id else "")
        journal.append(
            kind, person_id=response.person_id, object_id=response.pk,
            to=Audience(person=for_person), occurred_at=response.at, announce=announce,
        )  # fmt: skip
        ledger.wrote(response.person_id, "assessment", object_id=response.pk)
    return response


def _finish(one: state.Opened, settled: Settled, for_person: bool) -> None:
    response = one.response
    response.for_person = for_person
    response.version += 1
    response.completed_at = response.changed_at = timezone.now()
    response.completed_by = response.changed_by = acting.current().label
    response.content = state.closed(one, settled=settled)
    response.save(
        update_fields=[
            "for_person", "version", "completed_at", "completed_by", "changed_at", "changed_by",
            "content", "at",
        ]
    )  # fmt: skip


def _moment(at: dt.datetime, on: dt.date) -> dt.datetime:
    """That day, at the hour it had; never in the future."""
    local = timezone.localtime(at)
    if local.date() == on:
        return at
    return min(local.replace(year=on.year, month=on.month, day=on.day), timezone.now())


def score(one: state.Opened, settled: Settled, panel: str = "") -> None:
    """Keep the scores of a completed assessment, for whom it is meant; ``panel``: they are one."""
    response, url = one.response, one.response.questionnaire.url
    found = {
        item.score.code: (item.score, number)
        for item, number in reversed(list(showing.scores(one.definition, settled)))
        if item.score is not None
    }
    codes = list(reversed(found))
    groups, made = grouped.of(url, codes, panel), dict[str, Score]()
    for code in codes:
        said, number = found[code]
        band = said.band(number)
        name, head = groups.get(code, ("", code))
        made[code] = Score(
            person_id=response.person_id, response=response, area=response.area,
            url=url, code=code, label=said.label, unit=said.unit, value=number,
            band=band.text[:300] if band else "", level=band.level[:40] if band else "",
            panel=name if head == code else "", head=made.get(head),
            at=response.at, for_team=response.for_team,
            for_person=response.for_person, **author_of(acting.current()),
        )  # fmt: skip
        made[code].save(force_insert=True)


def amend(response_id: UUID, *, reason: str) -> Response:
    """Open a correction of a completed assessment: a new row, filled as it was. The first stays."""
    why = " ".join(reason.replace("\0", "").split())[:300]
    if not why:
        raise Refused("Dites pourquoi vous corrigez cette évaluation.", field="reason")
    with transaction.atomic():
        old = _mine(response_id)
        require_write(old.person_id, Area(old.area))
        if old.status not in DONE:
            raise Refused("Seule une évaluation terminée se corrige.")
        if queries.replaced(old.pk):
            raise Refused("Une correction de cette évaluation existe déjà.")
        who = author_of(acting.current())
        one = state.opened(old)
        new = Response(
            person_id=old.person_id, questionnaire=old.questionnaire, area=old.area, at=old.at,
            replaces=old, reason=why, changed_by=acting.current().label, **who,
        )  # fmt: skip
        new.content = state.closed(
            state.Opened(new, one.definition, one.answers, prefilled=one.prefilled)
        )
        try:
            with transaction.atomic():
                new.save(force_insert=True)
        except IntegrityError:
            raise Refused("Une correction de cette évaluation est déjà commencée.") from None
        new.history.create(after=Status.IN_PROGRESS, reason=why, **who)
        ledger.wrote(new.person_id, "assessment", object_id=new.pk)
    return new


def withdraw(response_id: UUID, *, reason: str) -> Response:
    """Give up an assessment begun, or say that a completed one was an error. Nothing is deleted."""
    why = " ".join(reason.replace("\0", "").split())[:300]
    if not why:
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        response = _mine(response_id, lock=True)
        require_write(response.person_id, Area(response.area))
        after = Status.STOPPED if response.is_open else Status.ERROR
        transition(response, LIFE, after, reason=why)
        if after == Status.ERROR:
            journal.append(
                "assessment.withdrawn", person_id=response.person_id, object_id=response.pk,
                to=Audience(person=response.for_person), announce=False,
            )  # fmt: skip
        ledger.wrote(response.person_id, "assessment", object_id=response.pk)
    return response


def ask_paper(response_id: UUID) -> None:
    """Have the PDF of a completed assessment made. Raises Refused where none can be."""
    with transaction.atomic():
        response = _mine(response_id, lock=True)
        if not response.is_done:
            raise Refused("Terminez l’évaluation avant d’en faire un PDF.")
        if not pdf.available():
            raise Refused("Les PDF ne peuvent pas être faits sur ce serveur : imprimez la page.")
        if response.paper_id is None:
            response.paper_asked_at = timezone.now()
            response.save(update_fields=["paper_asked_at"])
            transaction.on_commit(lambda: tasks.make_paper.enqueue(str(response.pk)))


def _mine(response_id: UUID, *, lock: bool = False) -> Response:
    rows = Response.objects.within(Reach.of(acting.current())).select_related("questionnaire")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: Response | None = rows.filter(pk=response_id).first()
    if found is None:
        raise Http404
    return found


def open_locked(response_id: UUID) -> state.Opened:
    """An assessment in progress, locked, that the actor may write."""
    response = _mine(response_id, lock=True)
    require_write(response.person_id, Area(response.area))
    if not response.is_open:
        raise Refused("Cette évaluation est terminée : ouvrez une correction pour la changer.")
    return state.opened(response)


def supplied_for(response: Response) -> dict[str, object]:
    """The variables that its expressions read."""
    return queries.supplied(response)
