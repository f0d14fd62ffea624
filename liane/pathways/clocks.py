"""The clocks of a project's file, computed from its dated facts. Pure: today is given.

Two months of silence of the ARS are no opposition (CSS L.162-62 II, R.162-134); an amendment is
sent within seven days (R.162-135); a formal notice leaves six months (R.162-136).
"""

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

REVIEW_MONTHS = 2
NOTICE_MONTHS = 6
AMENDMENT_DAYS = 7
SOON = dt.timedelta(days=7)

type State = Literal["running", "late", "over", "kept"]
"""running: time is left; late: the structure should have acted; over: time ran out and that
decides; kept: what had to be done was done."""


@dataclass(frozen=True)
class Dated:
    """One dated fact: its kind (`Milestone.Kind`), its day, the amendment it is about."""

    kind: str
    on: dt.date
    amendment_id: UUID | None = None


@dataclass(frozen=True)
class Clock:
    """One delay: from a day to another (last day included), and where it stands."""

    label: str
    starts_on: dt.date
    ends_on: dt.date
    state: State
    article: str
    says: str

    def left(self, today: dt.date) -> int:
        """Days left, negative once past."""
        return (self.ends_on - today).days


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; the last of the month when it has no such day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def clocks(
    facts: Sequence[Dated], amendments: Iterable[tuple[UUID, dt.date, str]], today: dt.date
) -> list[Clock]:
    """Every clock of a file, oldest first. ``amendments``: (id, day of the change, its words)."""
    found = [_review("Examen du projet par l’ARS", facts, None, today)]
    for amendment_id, decided_on, what in amendments:
        found.append(_sending(what, decided_on, facts, amendment_id, today))
        found.append(_review(f"Examen de l’avenant : {what}", facts, amendment_id, today))
    found.append(_notice(facts, today))
    return sorted((clock for clock in found if clock), key=lambda clock: clock.starts_on)


def first(facts: Iterable[Dated], kind: str, amendment_id: UUID | None = None) -> dt.date | None:
    """The first day of a kind of fact about the project, or about one amendment."""
    days = [one.on for one in facts if one.kind == kind and one.amendment_id == amendment_id]
    return min(days) if days else None


def accepted_on(facts: Sequence[Dated], today: dt.date) -> dt.date | None:
    """The day from which the project may be paid: approved, or two months of silence; else None."""
    approved, opposed = first(facts, "approved"), first(facts, "opposed")
    sent = first(facts, "sent_ars")
    if approved is not None:
        return approved
    if sent is None:
        return None
    ends = months_after(sent, REVIEW_MONTHS)
    if opposed is not None and opposed <= ends:
        return None
    return ends + dt.timedelta(1) if today > ends else None


def _review(
    label: str, facts: Sequence[Dated], amendment_id: UUID | None, today: dt.date
) -> Clock | None:
    sent = first(facts, "sent_ars", amendment_id)
    if sent is None:
        return None
    ends = months_after(sent, REVIEW_MONTHS)
    approved = first(facts, "approved", amendment_id)
    opposed = first(facts, "opposed", amendment_id)
    state: State = "running"
    says = "sans réponse au terme du délai, l’ARS ne s’oppose pas"
    if opposed is not None and opposed <= ends:
        state, says = "kept", f"l’ARS s’est opposée le {_day(opposed)}"
    elif approved is not None:
        state, says = "kept", f"validé le {_day(approved)}"
    elif today > ends:
        state, says = "over", "deux mois de silence : l’ARS ne s’oppose pas"
    return Clock(label, sent, ends, state, "CSS R.162-134", says)


def _sending(
    what: str, decided_on: dt.date, facts: Sequence[Dated], amendment_id: UUID, today: dt.date
) -> Clock:
    ends = decided_on + dt.timedelta(AMENDMENT_DAYS)
    days = [first(facts, kind, amendment_id) for kind in ("sent_ars", "sent_cpam")]
    sent = [day for day in days if day is not None]
    state: State = "running"
    says = "à transmettre à l’ARS et à la CPAM"
    if len(sent) == len(days):
        last = max(sent)
        state = "kept" if last <= ends else "late"
        says = f"transmis le {_day(last)}" + ("" if state == "kept" else ", hors délai")
    elif today > ends:
        state, says = "late", "pas encore transmis à l’ARS et à la CPAM"
    return Clock(f"Avenant : {what}", decided_on, ends, state, "CSS R.162-135", says)


def _notice(facts: Sequence[Dated], today: dt.date) -> Clock | None:
    days = [one.on for one in facts if one.kind == "notice"]
    if not days:
        return None
    start = max(days)
    ends = months_after(start, NOTICE_MONTHS)
    done = [one.on for one in facts if one.kind == "complied" and one.on >= start]
    state: State = "running"
    says = "à mettre en conformité, sinon fin du financement au forfait"
    if done:
        state, says = "kept", f"mis en conformité le {_day(min(done))}"
    elif today > ends:
        state, says = "late", "le délai est passé : l’ARS peut mettre fin au financement"
    return Clock("Mise en demeure de l’ARS", start, ends, state, "CSS R.162-136", says)


def _day(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def of_rows(milestones: Iterable[Any]) -> list[Dated]:
    """Dated facts from `Milestone` rows."""
    return [Dated(row.kind, row.on, row.amendment_id) for row in milestones]
