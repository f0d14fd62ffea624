"""The clocks of a project's file, computed from its dated facts. Pure: today is given.

Which clocks run, and how long, is the protocol's (`format.ProjectFile`). For a reinforced pathway:
two months of silence of the ARS are no opposition (CSS L.162-62 II, R.162-134); an amendment is
sent within seven days (R.162-135); a formal notice leaves six months (R.162-136).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from liane.pathways.protocols.format import Delay, ProjectFile

SENT = {"ars": "sent_ars", "cpam": "sent_cpam"}
NAMES = {"ars": "l’ARS", "cpam": "la CPAM"}
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


def clocks(
    asked: ProjectFile | None,
    facts: Sequence[Dated],
    amendments: Iterable[tuple[UUID, dt.date, str]],
    today: dt.date,
) -> list[Clock]:
    """Every clock of a file, oldest first; none where the protocol ``asked`` for no file.

    ``amendments``: (id, day of the change, its words).
    """
    if asked is None:
        return []
    found = [_review(asked.review, "Examen du projet par l’ARS", facts, None, today)]
    for amendment_id, decided_on, what in amendments:
        found.append(_sending(asked, what, decided_on, facts, amendment_id, today))
        label = f"Examen de l’avenant : {what}"
        found.append(_review(asked.review, label, facts, amendment_id, today))
    found.append(_notice(asked.notice, facts, today))
    return sorted((clock for clock in found if clock), key=lambda clock: clock.starts_on)


def first(facts: Iterable[Dated], kind: str, amendment_id: UUID | None = None) -> dt.date | None:
    """The first day of a kind of fact about the project, or about one amendment."""
    days = [one.on for one in facts if one.kind == kind and one.amendment_id == amendment_id]
    return min(days) if days else None


def accepted_on(
    asked: ProjectFile | None, facts: Sequence[Dated], today: dt.date
) -> dt.date | None:
    """The day from which the project may be paid: approved, or a silence that is no opposition, or
    signed where the protocol ``asked`` for no file; else None."""
    if asked is None:
        return first(facts, "structure_signed")
    approved, opposed = first(facts, "approved"), first(facts, "opposed")
    sent = first(facts, "sent_ars")
    if approved is not None:
        return approved
    if sent is None or asked.review is None:
        return None
    ends = asked.review.length.after(sent)
    if opposed is not None and opposed <= ends:
        return None
    return ends + dt.timedelta(1) if today > ends else None


def _review(
    delay: Delay | None,
    label: str,
    facts: Sequence[Dated],
    amendment_id: UUID | None,
    today: dt.date,
) -> Clock | None:
    sent = first(facts, "sent_ars", amendment_id)
    if sent is None or delay is None:
        return None
    ends = delay.length.after(sent)
    approved = first(facts, "approved", amendment_id)
    opposed = first(facts, "opposed", amendment_id)
    state: State = "running"
    says = "sans réponse au terme du délai, l’ARS ne s’oppose pas"
    if opposed is not None and opposed <= ends:
        state, says = "kept", f"l’ARS s’est opposée le {_day(opposed)}"
    elif approved is not None:
        state, says = "kept", f"validé le {_day(approved)}"
    elif today > ends:
        state, says = "over", "silence jusqu’au terme : l’ARS ne s’oppose pas"
    return Clock(label, sent, ends, state, delay.article, says)


def _sending(
    asked: ProjectFile,
    what: str,
    decided_on: dt.date,
    facts: Sequence[Dated],
    amendment_id: UUID,
    today: dt.date,
) -> Clock | None:
    if asked.amendment is None or not asked.sent_to:
        return None
    ends = asked.amendment.length.after(decided_on)
    days = [first(facts, SENT[one], amendment_id) for one in asked.sent_to]
    sent = [day for day in days if day is not None]
    to = " et ".join(f"à {NAMES[one]}" for one in asked.sent_to)
    state: State = "running"
    says = f"à transmettre {to}"
    if len(sent) == len(days):
        last = max(sent)
        state = "kept" if last <= ends else "late"
        says = f"transmis le {_day(last)}" + ("" if state == "kept" else ", hors délai")
    elif today > ends:
        state, says = "late", f"pas encore transmis {to}"
    return Clock(f"Avenant : {what}", decided_on, ends, state, asked.amendment.article, says)


def _notice(delay: Delay | None, facts: Sequence[Dated], today: dt.date) -> Clock | None:
    days = [one.on for one in facts if one.kind == "notice"]
    if not days or delay is None:
        return None
    start = max(days)
    ends = delay.length.after(start)
    done = [one.on for one in facts if one.kind == "complied" and one.on >= start]
    state: State = "running"
    says = "à mettre en conformité, sinon fin du financement au forfait"
    if done:
        state, says = "kept", f"mis en conformité le {_day(min(done))}"
    elif today > ends:
        state, says = "late", "le délai est passé : l’ARS peut mettre fin au financement"
    return Clock("Mise en demeure de l’ARS", start, ends, state, delay.article, says)


def _day(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def of_rows(milestones: Iterable[Any]) -> list[Dated]:
    """Dated facts from `Milestone` rows."""
    return [Dated(row.kind, row.on, row.amendment_id) for row in milestones]
