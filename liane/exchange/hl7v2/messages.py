"""One hospital message as values: who, which stay, what happened, when."""

from dataclasses import dataclass
from datetime import date, datetime

from liane.stays.movement import NO_WARD, Action, Outcome, Ward


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number and the authority that gave it (its OID or FINESS when sent, else its name)."""

    value: str
    authority: str = ""
    namespace: str = ""
    type: str = ""

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return f"{self.value}^{self.authority or self.namespace}" if self.value else ""


@dataclass(frozen=True, slots=True)
class Traits:
    """The identity as sent. ``family`` is the birth name, ``used_name`` the name in use."""

    family: str = ""
    given: str = ""
    given_names: str = ""
    used_name: str = ""
    used_given: str = ""
    sex: str = ""
    birth_date: date | None = None
    birth_place: str = ""
    birth_place_text: str = ""


@dataclass(frozen=True, slots=True)
class Ins:
    """The national identity: matricule with its key, OID, and the status the hospital gives it."""

    matricule: str = ""
    oid: str = ""
    status: str = ""

    def __bool__(self) -> bool:
        return bool(self.matricule)


@dataclass(frozen=True, slots=True)
class MovementSegment:
    """ZBE. ``original_event`` is the event of the movement that is updated or cancelled."""

    identifier: str = ""
    start: datetime | None = None
    end: datetime | None = None
    action: Action | None = None
    historic: bool = False
    original_event: str = ""
    medical_unit: Ward = NO_WARD
    nursing_unit: Ward = NO_WARD
    nature: str = ""

    def __bool__(self) -> bool:
        return bool(self.identifier or self.start or self.action)


@dataclass(frozen=True, slots=True)
class FrenchSegments:
    """ZFx: the French codes that matter to those outside (PMSI entry and exit, legal mode)."""

    entry_mode: str = ""
    exit_mode: str = ""
    origin: str = ""
    destination: str = ""
    psychiatric_legal_mode: bool = False


@dataclass(frozen=True, slots=True)
class AdtMessage:
    """An ADT message read. Times are UTC; empty or None means "not said".

    ``event_at`` is the time of the event itself (see ``read.event_time``), ``recorded_at`` when
    the sender wrote it down. ``forgiven`` lists departures from the profile that were repaired.
    """

    application: str
    facility: str
    control_id: str
    code: str
    event: str
    version: str
    processing: str
    sent_at: datetime | None
    recorded_at: datetime
    event_at: datetime
    ins: Ins = Ins()
    ipp: Identifier = Identifier("")
    identifiers: tuple[Identifier, ...] = ()
    traits: Traits = Traits()
    identity_status: str = ""
    visit: Identifier = Identifier("")
    class_code: str = ""
    ward: Ward = NO_WARD
    hospital: Identifier = Identifier("")
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    expected_admission: datetime | None = None
    expected_discharge: datetime | None = None
    expected_return: datetime | None = None
    disposition: str = ""
    outcome: Outcome | None = None
    dead: bool | None = None
    died_at: datetime | None = None
    confidential: bool = False
    zbe: MovementSegment = MovementSegment()
    french: FrenchSegments = FrenchSegments()
    merged: tuple[Identifier, ...] = ()
    merged_visit: Identifier = Identifier("")
    forgiven: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a message the same message: sending application, facility, control id."""
        return (self.application, self.facility, self.control_id)
