"""What a hospital says happened in a stay, whatever the format it said it in.

A :class:`Movement` is one statement ("she was transferred at 14 h", "that discharge is
cancelled"). The stay's state is computed from the *set* of its movements: see ``fold.py``.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a movement is about. The order of declaration breaks ties at one and the same time."""

    PLAN = "plan"
    ADMIT = "admit"
    CHANGE_CLASS = "change_class"
    TRANSFER = "transfer"
    LEAVE = "leave"
    RETURN = "return"
    EXPECT_DISCHARGE = "expect_discharge"
    INFORM = "inform"
    DISCHARGE = "discharge"

    @property
    def rank(self) -> int:
        """Place in the natural order of a stay."""
        return list(Kind).index(self)


class Action(StrEnum):
    """What the statement does to the movement it names."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"

    @property
    def rank(self) -> int:
        """Among versions recorded at the same second, the most destructive comes last."""
        return list(Action).index(self)


class StayClass(StrEnum):
    """How a person is looked after during a stay. Only FULL keeps home visits away."""

    FULL = "full"
    EMERGENCY = "emergency"
    DAY = "day"
    SESSIONS = "sessions"
    OUTPATIENT = "outpatient"
    HOME = "home"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """Where a discharge leads."""

    HOME = "home"
    TRANSFER = "transfer"
    HOME_HOSPITAL = "home_hospital"
    DEATH = "death"


@dataclass(frozen=True, slots=True)
class Ward:
    """Where in the hospital: the unit's name and code."""

    name: str = ""
    code: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.code)

    def __str__(self) -> str:
        return self.name or self.code


NO_WARD = Ward()


@dataclass(frozen=True, slots=True)
class Movement:
    """One statement about one stay. Times are UTC; empty means "not said".

    ``recorded_at`` orders the versions of a movement, ``at`` orders the movements.
    ``kind`` is None when an update does not say which kind of movement it updates.
    """

    key: str
    at: datetime
    recorded_at: datetime
    kind: Kind | None
    action: Action = Action.INSERT
    movement_id: str = ""
    event: str = ""
    class_code: str = ""
    ward: Ward = NO_WARD
    hospital: str = ""
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    expected_admission: datetime | None = None
    expected_discharge: datetime | None = None
    expected_return: datetime | None = None
    outcome: Outcome | None = None
    dead: bool | None = None
    died_at: datetime | None = None
    confidential: bool = False

    @property
    def version(self) -> tuple[datetime, int, str]:
        """Order among statements about the same movement."""
        return (self.recorded_at, self.action.rank, self.key)

    @property
    def order(self) -> tuple[datetime, int, datetime, str, str]:
        """Order among the movements of a stay; total, so that any permutation sorts alike."""
        rank = self.kind.rank if self.kind else len(Kind)
        return (self.at, rank, self.recorded_at, self.movement_id, self.key)

    def over(self, earlier: "Movement") -> "Movement":
        """This later version, completed by what the earlier one said and this one leaves out."""
        return replace(
            self,
            kind=self.kind or earlier.kind,
            event=self.event if self.kind else earlier.event,
            class_code=self.class_code or earlier.class_code,
            ward=self.ward or earlier.ward,
            hospital=self.hospital or earlier.hospital,
            admitted_at=self.admitted_at or earlier.admitted_at,
            discharged_at=self.discharged_at or earlier.discharged_at,
            expected_admission=self.expected_admission or earlier.expected_admission,
            expected_discharge=self.expected_discharge or earlier.expected_discharge,
            expected_return=self.expected_return or earlier.expected_return,
            outcome=self.outcome or earlier.outcome,
            dead=earlier.dead if self.dead is None else self.dead,
            died_at=self.died_at or earlier.died_at,
            confidential=self.confidential or earlier.confidential,
        )
