"""The state of a stay: what the set of its movements amounts to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from liane.stays.movement import NO_WARD, Outcome, StayClass, Ward


class Status(StrEnum):
    """Where the stay stands."""

    NOTHING = "nothing"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    ON_LEAVE = "on_leave"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` until ``end`` (excluded); open when ``end`` is None."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """In which ward she was from when."""

    since: datetime
    ward: Ward


@dataclass(frozen=True, slots=True)
class Leave:
    """A leave of absence. ``end`` is the actual return, ``expected`` the announced one."""

    start: datetime
    end: datetime | None = None
    expected: datetime | None = None


@dataclass(frozen=True, slots=True)
class StayState:
    """What a stay is, computed. ``causes`` are the movements still standing.

    ``suspends``: periods during which home visits make no sense. ``proposes_resumption``: the stay
    ended in a way after which the visits it suspended are offered again. ``confidential``: neither
    hospital nor ward may be told to anybody.
    """

    status: Status = Status.NOTHING
    stay_class: StayClass = StayClass.UNKNOWN
    hospital: str = ""
    ward: Ward = NO_WARD
    locations: tuple[Location, ...] = ()
    leaves: tuple[Leave, ...] = ()
    suspends: tuple[Period, ...] = ()
    expected_admission: datetime | None = None
    admitted_at: datetime | None = None
    expected_discharge: datetime | None = None
    discharged_at: datetime | None = None
    outcome: Outcome | None = None
    proposes_resumption: bool = False
    dead: bool = False
    died_at: datetime | None = None
    confidential: bool = False
    cause: str = ""
    causes: frozenset[str] = frozenset()

    @property
    def current(self) -> bool:
        """Whether the person is a patient of this stay now (in the ward or on leave)."""
        return self.status in (Status.IN_PROGRESS, Status.ON_LEAVE)
