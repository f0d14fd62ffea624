"""What a settlement gives. Text for people is made on demand (``explaining``), never here."""

import datetime as dt
from typing import Any, Literal, NamedTuple

type State = Literal[
    "waiting", "open", "complete", "partial", "abandoned", "expired", "to_complete", "never"
]
type Role = Literal["professional", "structure"]


class SequenceState(NamedTuple):
    """One sequence, or one of its repetitions (``id`` is then ``phase:number``).

    ``waiting``: not opened yet. ``never``: the enrolment ended before it opened. ``complete``: its
    predicate holds. ``partial``: stopped early, paid in part. ``abandoned``: stopped early, nothing
    owed. ``expired``: time ran out, nothing owed. ``to_complete``: a rule or an amount that no
    source gives is needed to decide.
    ``amount_cents`` is None as long as nothing can be said of money. ``unmet`` names what is
    missing before it can be billed: requirement ids, document codes. ``billable``: closed, priced
    and with nothing unmet.
    """

    id: str
    phase: str
    state: State
    opened_on: dt.date | None
    closed_on: dt.date | None
    last_day: dt.date | None
    amount_cents: int | None
    unmet: tuple[str, ...]
    billable: bool
    rule: str
    done: tuple[tuple[str, int], ...] = ()
    acts: tuple[Any, ...] = ()


class Line(NamedTuple):
    """What one payee gets of one sequence: ``cents`` = AMO + AMC + patient.

    ``rule`` names the steps of the sharing key (``+`` between them) or the tariff; ``acts`` are
    the interventions behind it.
    """

    sequence: str
    payee: str
    role: Role
    cents: int
    amo_cents: int
    amc_cents: int
    patient_cents: int
    rule: str
    article: str
    acts: tuple[Any, ...]


class Refusal(NamedTuple):
    """An act that does not count, or not whole: ``cents`` is what was refused of a paid act.

    ``code`` is the kind of reason (``texts.REASONS``), ``rule`` the rule of the definition, or the
    reason itself where the file has none. ``waiting``: may count later (confirmation).
    """

    act: Any
    rule: str
    code: str
    cents: int | None = None
    sequence: str = ""

    @property
    def waiting(self) -> bool:
        """True when the act may still count once something is done."""
        return self.code in {"unconfirmed", "payee"}


class Missing(NamedTuple):
    """A value no source gives, which this case needs: its path in the file, what, and who may
    complete it."""

    path: str
    what: str
    who: str
    sequence: str = ""


class Settlement(NamedTuple):
    """The whole result for one case under one version of its protocol."""

    case_id: Any
    version: str
    sequences: tuple[SequenceState, ...]
    lines: tuple[Line, ...]
    refusals: tuple[Refusal, ...]
    missing: tuple[Missing, ...]

    @property
    def total_cents(self) -> int:
        """The sum of the lines."""
        return sum(line.cents for line in self.lines)
