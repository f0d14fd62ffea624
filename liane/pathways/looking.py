"""Looking for a common slot: which sessions, who could do them, when everybody can.

What is shown of a professional's time is busy times alone (`agenda.availability`): no person, no
place, no motive, and nothing for anybody who is not of the project and in the person's circle.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from liane.agenda import availability, freebusy
from liane.agenda.availability import Availability
from liane.circle.access import in_circle
from liane.core import acting, ledger
from liane.core.errors import Refused
from liane.directory.models import Practice
from liane.pathways import catalogue, progress
from liane.pathways.cases import Read, cases_of
from liane.pathways.models import Enrolment, Session, Signatory, SlotPart
from liane.pathways.protocols.plan import NEVER
from liane.pathways.protocols.slots import MOST_PARTS, Part, Slot, Span, common, why_not
from liane.pathways.protocols.walk import Run, Walk
from liane.pathways.states import OPEN_SESSIONS, SessionState, SlotAnswer, SlotStatus

AHEAD = dt.timedelta(days=42)
USUAL_MINUTES = 30
"""Length of a session whose protocol says none."""
SAID = {
    "window": "hors des dates que le protocole compte",
    "spacing": "trop près d’une autre séance du même type",
    "away": "jour d’absence",
    "hours": "hors de ses horaires",
    "busy": "déjà pris à ce moment-là",
}


@dataclass(frozen=True)
class Wanted:
    """One session due, and who of the team could do it."""

    session: Session
    label: str
    minutes: int
    remote: bool
    who: Sequence[Signatory]
    part: Part
    """Without anybody's time yet."""


def wanted_of(row: Enrolment) -> list[Wanted]:
    """The sessions of an enrolment that wait for a date, soonest first. Some twenty queries."""
    today = timezone.localdate()
    with acting.acting(acting.system("créneaux : séances dues"), read_only=True):
        read = next(iter(cases_of([row.pk], today)), None)
        rows = list(
            Session.objects.filter(enrolment=row, status__in=OPEN_SESSIONS).order_by(
                "due_on", "number"
            )
        )
        held = {
            part.session_id
            for part in SlotPart.objects.filter(
                proposal__enrolment=row, proposal__status=SlotStatus.OPEN
            )
        }
        team = [
            one
            for one in Signatory.objects.filter(project_id=row.project_id, ends_on=None)
            .select_related("practice__professional", "practice__organisation")
            .order_by("practice__professional__family")
            if in_circle(row.person_id, [one.practice_id, one.practice.organisation_id])
        ]
        planned = _planned(rows)
    if read is None:
        return []
    walked = progress.walked(read, today)
    runs = {run.id: run for run in walked.every_run()}
    free = [one for one in rows if one.status != SessionState.PLANNED and one.pk not in held]
    found = (_wanted(one, read, walked, runs.get(one.phase), team, planned) for one in free)
    return [one for one in found if one is not None]


def _planned(rows: Collection[Session]) -> dict[tuple[str, str], list[dt.date]]:
    """Days on which sessions of each requirement are planned already. One query."""
    found: dict[tuple[str, str], list[dt.date]] = {}
    dated = SlotPart.objects.filter(
        session_id__in=[one.pk for one in rows if one.status == SessionState.PLANNED],
        proposal__status=SlotStatus.PLANNED,
    ).select_related("session")
    for part in dated:
        key = (part.session.phase, part.session.requirement)
        found.setdefault(key, []).append(timezone.localdate(part.starts_at))
    return found


def _wanted(
    session: Session,
    read: Read,
    walked: Walk,
    run: Run | None,
    team: Sequence[Signatory],
    planned: Mapping[tuple[str, str], list[dt.date]],
) -> Wanted | None:
    need = catalogue.requirement_of(read.protocol, session.phase, session.requirement)
    act = catalogue.act_of(read.protocol, session.code)
    if run is None or need is None or act is None:
        return None
    first, last = days_of(walked, run, session.code)
    near = list(planned.get((session.phase, session.requirement), ()))
    stage_need = next((one for one in run.stage.needs if one.id == session.requirement), None)
    if stage_need is not None and run.counts[stage_need.index]:
        near.append(dt.date.fromordinal(run.lasts[stage_need.index]))
    minutes = act.minutes or USUAL_MINUTES
    part = Part(
        str(session.pk), minutes, (), max(first, session.due_from), last,
        requirement=f"{session.phase}/{session.requirement}", spacing=need.spacing_days, near=near,
    )  # fmt: skip
    able = [one for one in team if not act.professions or one.profession in act.professions]
    return Wanted(session, need.label, minutes, act.remote, able, part)


def days_of(walked: Walk, run: Run, code: str) -> tuple[dt.date, dt.date]:
    """The days on which an act of a sequence counts: of the sequence, of each window on the act."""
    first, last = run.opened, min(run.limit, walked.ended)
    spec = walked.table.specs.get(code)
    for window in spec.windows if spec is not None else ():
        if anchor := walked.anchors[window.anchor]:
            first = max(first, window.low[anchor])
            last = min(last, window.high[anchor])
    end = dt.date.fromordinal(last) if last < NEVER else dt.date.max
    return dt.date.fromordinal(first), end


def times_of(
    practice_ids: Collection[UUID], person_id: UUID, now: dt.datetime
) -> tuple[dict[UUID, Availability], list[Span]]:
    """Everybody's time for the coming weeks: the professionals', with slots they were asked for,
    and the person's. Eleven queries."""
    end = now + AHEAD + dt.timedelta(days=1)
    found = availability.of(practice_ids, now, end)
    with acting.acting(acting.system("créneaux : demandes en cours"), read_only=True):
        asked = list(
            SlotPart.objects.filter(
                practice__professional__practices__in=list(practice_ids),
                proposal__status=SlotStatus.OPEN, ends_at__gt=now,
            )
            .exclude(answer=SlotAnswer.NO)
            .values_list("practice__professional__practices", "starts_at", "ends_at")
        )  # fmt: skip
        hers = SlotPart.objects.filter(
            proposal__person_id=person_id, proposal__status=SlotStatus.OPEN, ends_at__gt=now
        ).values_list("starts_at", "ends_at")
        person = [Span(*times) for times in hers]
    person += [Span(*one) for one in availability.of_person(person_id, now, end)]
    for practice_id, since, until in asked:
        if practice_id in found:
            known = found[practice_id]
            busy = availability.merged([*known.busy, freebusy.Span(since, until)])
            found[practice_id] = Availability(known.open, known.declared, tuple(busy), known.away)
    return found, person


def timed(part: Part, time: Availability) -> Part:
    """A session with the time of whoever would do it."""
    return part._replace(
        open=[Span(*one) for one in time.open], busy=[Span(*one) for one in time.busy],
        away=time.away,
    )  # fmt: skip


@dataclass(frozen=True)
class Search:
    """What was looked for and found: the parts with everybody's time, the slots."""

    chosen: Sequence[tuple[Wanted, Signatory]]
    times: Mapping[UUID, Availability]
    slots: Sequence[Slot]


def search(row: Enrolment, chosen: Mapping[UUID, UUID], now: dt.datetime) -> Search:
    """Slots for these sessions (session → practice), recorded as read. Raises Refused.

    ``chosen`` names sessions that wait for a date and professionals of the team who may do them.
    """
    picked = _picked(row, chosen)
    times, taken = times_of(set(chosen.values()), row.person_id, now)
    zone = timezone.get_current_timezone()
    parts = [timed(one.part, times[who.practice_id]) for one, who in picked]
    ledger.read([row.person_id], "agenda", object_id=row.pk)
    return Search(picked, times, common(parts, taken, now=now, zone=zone))


def _picked(row: Enrolment, chosen: Mapping[UUID, UUID]) -> list[tuple[Wanted, Signatory]]:
    if not chosen:
        raise Refused("Cochez au moins une séance.", code="none")
    if len(chosen) > MOST_PARTS:
        raise Refused(f"{MOST_PARTS} séances à la suite au plus.", code="many")
    known = {one.session.pk: one for one in wanted_of(row)}
    picked = []
    for session_id, practice_id in chosen.items():
        one = known.get(session_id)
        who = next((w for w in one.who if w.practice_id == practice_id), None) if one else None
        if one is None or who is None:
            raise Refused(
                "Cette séance n’attend plus de date, ou ce professionnel n’est plus de l’équipe : "
                "relisez la fiche.", code="stale",
            )  # fmt: skip
        picked.append((one, who))
    return picked


def checked(
    row: Enrolment, placed: Mapping[UUID, tuple[UUID, dt.datetime]], now: dt.datetime
) -> list[tuple[Wanted, Signatory, Span]]:
    """The same question for times that somebody chose. Raises Refused, naming what no longer fits.

    ``placed``: session → (practice, start).
    """
    picked = _picked(row, {pk: practice for pk, (practice, _) in placed.items()})
    times, taken = times_of({who.practice_id for _, who in picked}, row.person_id, now)
    zone = timezone.get_current_timezone()
    found: list[tuple[Wanted, Signatory, Span]] = []
    for one, who in picked:
        start = placed[one.session.pk][1]
        span = Span(start, start + dt.timedelta(minutes=one.minutes))
        why = why_not(timed(one.part, times[who.practice_id]), span, zone)
        if why or start <= now:
            raise Refused(
                f"{who.practice.professional.name}, {one.label} : "
                f"{SAID.get(why, 'cette heure est passée')}. Cherchez un autre créneau.",
                code="taken",
            )
        if any(span.meets(other) for other in taken) or any(span.meets(s) for _, _, s in found):
            raise Refused(
                "La personne a déjà un rendez-vous à ce moment-là. Cherchez un autre créneau.",
                code="taken",
            )
        found.append((one, who, span))
    return sorted(found, key=lambda one: one[2])


def gone(person_id: UUID, parts: Sequence[SlotPart], now: dt.datetime) -> str:
    """What no longer holds of times that were proposed, in words; "" when everybody is still free.

    Other proposals hold nothing here: the first one that everybody accepts takes the time.
    """
    if any(part.session.status not in OPEN_SESSIONS for part in parts):
        return "une de ces séances a été faite ou n’a plus d’objet"
    zone = timezone.get_current_timezone()
    end = max(part.ends_at for part in parts) + dt.timedelta(minutes=1)
    times = availability.of({part.practice_id for part in parts}, now, end)
    hers = availability.of_person(person_id, now, end)
    for part in parts:
        span = Span(part.starts_at, part.ends_at)
        day = timezone.localdate(part.starts_at)
        time = times[part.practice_id]
        asked = timed(Part(str(part.pk), part.minutes, (), day, day), time)._replace(open=[span])
        if why := why_not(asked, span, zone):
            return f"{part.practice.professional.name} : {SAID[why]}"
        if any(span.meets(Span(*one)) for one in hers):
            return "la personne a pris un autre rendez-vous à ce moment-là"
    return ""


def has_account(practice_id: UUID) -> bool:
    """The professional signs in, and so answers alone. One query."""
    rows = Practice.objects.filter(pk=practice_id, professional__user__isnull=False)
    return rows.exists()
