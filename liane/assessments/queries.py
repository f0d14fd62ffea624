"""Reads of assessments: what is offered, a person's, their scores over time, their lines."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.assessments import catalogue, charts, prefill, state
from liane.assessments.engine import showing
from liane.assessments.engine.behaviour import Settled, settle
from liane.assessments.engine.showing import Line
from liane.assessments.engine.values import number
from liane.assessments.models import DONE, Questionnaire, Response, ResponseEvent, Score
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

MOST = 200
COMPARED = 4
"""Assessments put side by side in the table."""
COMPLEXITY, GIR = "complexity", "gir"


# ------------------------------------------------------------------ questionnaires
def offered() -> list[Questionnaire]:
    """What the current actor may start, by its area and its organisation. One query."""
    actor = acting.current()
    areas = [area for area in (Area.SOCIAL_ASSESSMENT, Area.CLINICAL_NOTE) if actor.write.get(area)]
    today = timezone.localdate()
    rows = Questionnaire.objects.filter(
        Q(organisation=None) | Q(organisation__in=actor.holders),
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_until=None) | Q(valid_until__gte=today),
        offered=True,
        area__in=areas,
    ).order_by("order", "title", "-created_at")
    newest: dict[tuple[str, Any], Questionnaire] = {}
    for row in rows:
        if _open_gate(row):
            newest.setdefault((row.url, row.organisation_id), row)
    return list(newest.values())


def is_offered(questionnaire: Questionnaire) -> bool:
    """True when it is in force and its gate is open."""
    today = timezone.localdate()
    return (
        questionnaire.offered
        and _open_gate(questionnaire)
        and (questionnaire.valid_from is None or questionnaire.valid_from <= today)
        and (questionnaire.valid_until is None or questionnaire.valid_until >= today)
    )


def _open_gate(questionnaire: Questionnaire) -> bool:
    return not questionnaire.gate or bool(getattr(settings, questionnaire.gate, False))


def questionnaire_or_404(identifier: UUID | None) -> Questionnaire:
    """One that the actor may start."""
    found = next((row for row in offered() if row.pk == identifier), None)
    if found is None:
        raise Http404
    return found


# ------------------------------------------------------------------ responses
def of_person(person_id: UUID) -> list[Response]:
    """A person's assessments within reach, newest first, without those given up. Two queries."""
    rows = (
        _reached()
        .filter(person_id__in=cluster_ids(person_id))
        .exclude(status__in=[Response.Status.STOPPED, Response.Status.ERROR])
        .select_related("questionnaire")
        .defer("content", "questionnaire__content")
        .annotate(corrected=Exists(_corrections()))
        .order_by("-at", "-id")[:MOST]
    )
    found: list[Response] = list(rows)
    if found:
        ledger.read([person_id], "assessment")
    return found


@dataclass(frozen=True)
class Told:
    """A finished assessment and its scores, as the person may read them."""

    response: Response
    scores: list[Score]


def shared(person_id: UUID) -> list[Told]:
    """What the portal shows: assessments finished, shared with the reader, that no correction
    replaced. Three queries."""
    done = [one for one in of_person(person_id) if one.status in DONE and not one.is_corrected]
    found: dict[UUID, list[Score]] = {}
    rows = Score.objects.within(_reach()).filter(response_id__in=[one.pk for one in done])
    for score in rows.order_by("label"):
        found.setdefault(score.response_id, []).append(score)
    return [Told(one, found.get(one.pk, [])) for one in done]


def one_or_404(response_id: UUID) -> Response:
    """One assessment, with its person and questionnaire. One query; the read is recorded."""
    found: Response | None = (
        _reached()
        .filter(pk=response_id)
        .select_related("questionnaire", "person", "paper")
        .annotate(corrected=Exists(_corrections()))
        .first()
    )
    if found is None:
        raise Http404
    ledger.read([found.person_id], "assessment", object_id=found.pk)
    return found


def replaced(response_id: UUID) -> bool:
    """True when a completed correction took its place."""
    return bool(
        Response.objects.filter(replaces=response_id, status=Response.Status.AMENDED).exists()
    )


def correction_of(response: Response) -> UUID | None:
    """The completed correction of an assessment, where there is one."""
    found: UUID | None = (
        _reached()
        .filter(replaces=response, status=Response.Status.AMENDED)
        .values_list("pk", flat=True)
        .first()
    )
    return found


def history(response: Response) -> list[ResponseEvent]:
    """What happened to an assessment, oldest first. One query."""
    return list(ResponseEvent.objects.filter(response=response).order_by("at", "id"))


def by_ids(object_ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """For the timeline: the assessments told by journal entries, with their scores. Two queries."""
    rows = (
        _reached()
        .filter(pk__in=object_ids)
        .select_related("questionnaire")
        .defer("content", "questionnaire__content")
    )
    found: dict[UUID, Any] = {row.pk: row for row in rows}
    scores: dict[UUID, list[Score]] = {}
    if found:
        for score in Score.objects.within(_reach()).filter(response__in=list(found)).order_by("id"):
            scores.setdefault(score.response_id, []).append(score)
    for row in found.values():
        row.shown_scores = scores.get(row.pk, [])
    return found


def supplied(response: Response) -> dict[str, Any]:
    """The variables of the expressions of an assessment, read under the actor's reach."""
    definition = catalogue.definition_of(response.questionnaire)
    if not definition.dynamic:
        return {}
    return prefill.supplied(_reach(), response.person)


def _reached() -> QuerySet[Response]:
    rows: QuerySet[Response] = Response.objects.within(_reach())
    return rows


def _reach() -> Reach:
    return Reach.of(acting.current())


def _corrections() -> QuerySet[Response]:
    rows: QuerySet[Response] = Response.objects.filter(
        replaces=OuterRef("pk"), status=Response.Status.AMENDED
    )
    return rows


# ------------------------------------------------------------------ results
@dataclass
class Track:
    """One score over time: its points, its picture, what the last value means."""

    code: str
    label: str
    unit: str
    points: list[Score]
    chart: charts.Chart | None = None

    @property
    def last(self) -> Score:
        """The newest point."""
        return self.points[-1]

    @property
    def change(self) -> str:
        """The difference with the point before, signed; nothing for the first or the same."""
        if len(self.points) < 2 or self.points[-1].value == self.points[-2].value:
            return ""
        difference = self.points[-1].value - self.points[-2].value
        return f"+{number(difference)}" if difference > 0 else number(difference).replace("-", "−")


@dataclass
class Results:
    """A completed assessment: its lines by part, its scores, and the same over time."""

    response: Response
    parts: list[tuple[str, list[Line]]]
    tracks: list[Track] = field(default_factory=list)
    columns: list[Response] = field(default_factory=list)
    table: list[tuple[str, list[str]]] = field(default_factory=list)

    def context(self) -> dict[str, Any]:
        """For templates."""
        return {"results": self, "response": self.response, "person": self.response.person}


def results(response: Response) -> Results:
    """The results of an assessment. Five queries at most, whatever the number of answers."""
    one = state.opened(response)
    made = Results(response, _parts(showing.lines(one.definition, _as_kept(one))))
    made.tracks = tracks(response.person_id, url=response.questionnaire.url, until=response.at)
    for item in one.definition.scores:
        for track in made.tracks:
            if item.score is not None and track.code == item.score.code:
                track.chart = charts.draw(track.points, item.score)
    _compare(made, one)
    return made


def parts_of(one: state.Opened, settled: Settled) -> list[tuple[str, list[Line]]]:
    """The answers so far, by part."""
    return _parts(showing.lines(one.definition, settled))


def scores_now(one: state.Opened, settled: Settled) -> list[tuple[str, str, Any]]:
    """(label, number, band) of each score as it stands."""
    return [
        (item.score.label, number(value), item.score.band(value))
        for item, value in showing.scores(one.definition, settled)
        if item.score is not None
    ]


def note_print(response: Response) -> None:
    """The ledger keeps that it was printed."""
    ledger.read(
        [response.person_id], "assessment", object_id=response.pk, action=ledger.Action.PRINT
    )


def _as_kept(one: state.Opened) -> Settled:
    """A completed assessment as it was decided: nothing is worked out again."""
    from liane.assessments.engine.answers import places

    return Settled(
        one.answers, {(item.n, at): True for item, at in places(one.definition, one.answers)}
    )


def _parts(lines: list[Line]) -> list[tuple[str, list[Line]]]:
    parts: list[tuple[str, list[Line]]] = []
    for line in lines:
        if not parts or parts[-1][0] != line.section:
            parts.append((line.section, []))
        parts[-1][1].append(line)
    return parts


def _compare(made: Results, one: state.Opened) -> None:
    """The last assessments with the same questionnaire, answer by answer."""
    response = made.response
    rows = (
        _reached()
        .filter(
            person_id__in=cluster_ids(response.person_id), status__in=DONE,
            questionnaire__url=response.questionnaire.url, at__lte=response.at,
        )
        .exclude(pk=response.pk).exclude(Exists(_corrections()))
        .select_related("questionnaire").order_by("-at")[: COMPARED - 1]
    )  # fmt: skip
    earlier = list(reversed(list(rows)))
    if not earlier:
        return
    made.columns = [*earlier, response]
    answers: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    for at, row in enumerate(made.columns):
        opened = one if row is response else state.opened(row)
        for line in showing.lines(opened.definition, _as_kept(opened)):
            labels.setdefault(line.place, line.label)
            answers.setdefault(line.place, [""] * len(made.columns))[at] = line.answer
    made.table = [(labels[place], shown) for place, shown in answers.items() if len(set(shown)) > 1]


def tracks(
    person_id: UUID, *, url: str = "", codes: Collection[str] = (), until: dt.datetime | None = None
) -> list[Track]:
    """Each score of a person over time, oldest point first. Two queries."""
    rows = _scores(
        acting.current(), timezone.now(), cluster_ids(person_id), url or None, list(codes), until
    )
    found: dict[tuple[str, str], Track] = {}
    for row in rows:
        track = found.setdefault((row.url, row.code), Track(row.code, row.label, row.unit, []))
        track.points.append(row)
    return list(found.values())


@prepared
def _scores(
    actor: Actor,
    now: dt.datetime,
    cluster: list[UUID],
    url: str | None,
    codes: list[str],
    until: dt.datetime | None,
) -> QuerySet[Score]:
    standing: QuerySet[Score] = Score.objects.within(Reach(actor, now))
    rows = standing.filter(person_id__in=cluster, response__status__in=DONE).exclude(
        Exists(Response.objects.filter(
            replaces=OuterRef("response_id"), status=Response.Status.AMENDED
        ))
    )  # fmt: skip
    if url is not None:
        rows = rows.filter(url=url)
    if codes:
        rows = rows.filter(code__in=codes)
    if until is not None:
        rows = rows.filter(at__lte=until)
    return rows.order_by("at", "id")


# ------------------------------------------------------------------ what other rooms need
@dataclass(frozen=True)
class Origin:
    """One line of a completed assessment, that a problem of a care plan may cite."""

    response_id: UUID
    link_id: str
    place: str
    questionnaire: str
    at: dt.datetime
    section: str
    label: str
    answer: str


def lines_of(person_id: UUID, *, most: int = 10) -> list[Origin]:
    """The answers of a person's last completed assessments, newest first. Two queries.

    Corrected ones are left out. The read is recorded.
    """
    rows = (
        _reached()
        .filter(person_id__in=cluster_ids(person_id), status__in=DONE)
        .exclude(Exists(_corrections()))
        .select_related("questionnaire")
        .order_by("-at", "-id")[:most]
    )
    made = [
        Origin(
            row.pk, line.link_id, line.place, row.questionnaire.title, row.at, line.section,
            line.label, line.answer,
        )
        for row in rows
        for opened in [state.opened(row)]
        for line in showing.lines(opened.definition, _as_kept(opened))
    ]  # fmt: skip
    if made:
        ledger.read([person_id], "assessment")
    return made


def latest(person_ids: Collection[UUID], code: str) -> dict[UUID, Score]:
    """The newest score of a code for each person within reach. One query.

    ``COMPLEXITY`` gives the support level (``score.level``: ponctuel, soutenu, intensif), ``GIR``
    the group from 1 to 6 (``score.value``).
    """
    rows = (
        Score.objects.within(_reach())
        .filter(person_id__in=list(person_ids), code=code, response__status__in=DONE)
        .exclude(Exists(Response.objects.filter(
            replaces=OuterRef("response_id"), status=Response.Status.AMENDED
        )))
        .order_by("at", "id")
    )  # fmt: skip
    return {row.person_id: row for row in rows}


def person_of(response: Response) -> Patient:
    """The person assessed."""
    person: Patient = response.person
    return person


def resettled(response: Response) -> tuple[state.Opened, Settled]:
    """An assessment in progress, with what is enabled and calculated now."""
    one = state.opened(response)
    return one, settle(one.definition, one.answers, supplied(response))
