"""Mme Dupont's past stay in hospital: what was said, who was told and saw, the visits it held."""

import datetime as dt
from uuid import UUID

from liane.agenda.models import Appointment, AppointmentEvent, Cause, Suspension
from liane.core.audience import Audience
from liane.demo.chronicle import Chronicle, Voice, at
from liane.demo.names import ident
from liane.demo.territory import Territory
from liane.directory.models import Practice
from liane.notifications.rules import CALL_AFTER
from liane.patients.models import Patient
from liane.stays import facts
from liane.stays.fold import fold
from liane.stays.models import Stay, StayFact, StayMovement, StayNotice
from liane.stays.movement import Kind, Movement, Outcome, Ward
from liane.stays.serial import movement_data, state_data
from liane.stays.state import StayState
from liane.stays.telling import INSISTING, OUTSIDE_KIND, TEAM_KIND

CARDIOLOGY = Ward("Cardiologie", "3210")
BEGAN, ENDED = 80, 71
"""How many days ago she went, and came back."""
VISIT = "DEMO0"
TOLD_OUTSIDE = Audience(team=False, outside=True, carers=True)
QUIET = Audience(outside=True, person=True, carers=True)


def away(moment: dt.datetime) -> bool:
    """Whether she was in hospital then."""
    return at(BEGAN - 1, 3, 10) <= moment < at(ENDED, 14, 30)


def dupont(
    land: Territory, book: Chronicle, one: Patient, held: list[Appointment], members: list[Practice]
) -> Stay:
    """The emergency room at night, cardiology, home nine days later; visits suspended, resumed."""
    hospital = land.structures["hospital"]
    feed = Voice(hospital.name, None, hospital.pk, hospital.pk)
    said = _said(hospital.name)
    state = fold(said)
    stay = Stay(
        pk=ident("stay", "dupont"), person=one, hospital=hospital, hospital_name=hospital.name,
        visit=VISIT, status=state.status, stay_class=state.stay_class, ward=str(state.ward),
        starts_at=state.admitted_at, ends_at=state.discharged_at, outcome=state.outcome or "",
        suspends=True, resumption=Stay.Resumption.PROPOSED, version=len(said),
        state=state_data(state), created_at=said[0].at, **feed.author,
    )  # fmt: skip
    book.add(stay)
    told: StayState | None = None
    for number, one_said in enumerate(said, 1):
        book.add(
            StayMovement(
                stay=stay, key=one_said.key, said=movement_data(one_said), created_at=one_said.at
            )
        )
        now = fold(said[:number])
        for fact in facts.notices(told, now):
            _tell(book, stay, fact, now, one_said.at, members, last=number == len(said))
        told = now
    _hold(book, stay, held, land.of("Claire Aubert"))
    return stay


def _said(hospital: str) -> list[Movement]:
    night, ward, back = at(BEGAN, 22, 40), at(BEGAN - 1, 3, 10), at(ENDED, 14, 30)
    return [
        Movement(f"{VISIT}-A04", night, night, Kind.ADMIT, event="A04", class_code="E",
                 ward=Ward("Urgences", "3100"), hospital=hospital, movement_id="1"),
        Movement(f"{VISIT}-A06", ward, ward, Kind.CHANGE_CLASS, event="A06", class_code="I",
                 ward=CARDIOLOGY, hospital=hospital, movement_id="2"),
        Movement(f"{VISIT}-A03", back, back, Kind.DISCHARGE, event="A03", hospital=hospital,
                 outcome=Outcome.HOME, movement_id="3"),
    ]  # fmt: skip


def _tell(
    book: Chronicle,
    stay: Stay,
    fact: facts.Fact,
    state: StayState,
    when: dt.datetime,
    members: list[Practice],
    *,
    last: bool,
) -> None:
    row = StayFact(
        stay=stay, kind=fact.kind, at=fact.at, ward=str(fact.ward), state=state_data(state),
        created_at=when,
    )  # fmt: skip
    book.add(row)
    hospital = Voice(stay.hospital_name, None, stay.hospital_id or UUID(int=0), stay.hospital_id)
    book.tell(TEAM_KIND, stay.person, row.pk, hospital, when, Audience(person=True))
    if fact.kind not in INSISTING:
        return
    book.tell(OUTSIDE_KIND, stay.person, row.pk, hospital, when, TOLD_OUTSIDE)
    for rank, practice in enumerate(members):
        book.add(
            StayNotice(
                stay=stay, fact=row, holder_id=practice.pk, label=practice.professional.name,
                function=practice.function, phone=practice.phone,
                outside_team=practice.role == Practice.Role.SOCIAL, latest=last, due_at=when,
                call_at=when + CALL_AFTER, seen_at=when + dt.timedelta(minutes=4 + 9 * rank),
                seen_by=practice.professional.name, created_at=when,
            )
        )  # fmt: skip


def _hold(book: Chronicle, stay: Stay, held: list[Appointment], nurse: Practice) -> None:
    """Visits of these days stayed suspended; the following ones were taken up again."""
    began, ended = at(BEGAN - 1, 3, 10), at(ENDED, 14, 30)
    author = {
        "author_holder_id": stay.hospital_id, "author_organisation_id": stay.hospital_id,
        "author_label": stay.hospital_name,
    }  # fmt: skip
    cause = Cause(
        person=stay.person, cause_id=stay.pk, kind="absence", starts_at=began, resume_from=ended,
        closed_at=ended + dt.timedelta(hours=2), created_at=began, **author,
    )  # fmt: skip
    book.add(cause)
    for visit in held:
        book.add(
            Suspension(appointment=visit, cause=cause, created_at=began),
            AppointmentEvent(appointment=visit, before="planned", after="suspended", at=began,
                             created_at=began, **author),
        )  # fmt: skip
    hospital = Voice(stay.hospital_name, None, stay.hospital_id or UUID(int=0), stay.hospital_id)
    book.tell("visits.suspended", stay.person, cause.pk, hospital, began, QUIET)
    by = Voice(nurse.professional.name, nurse.professional.user_id, nurse.pk, nurse.organisation_id)
    book.tell("visits.resumed", stay.person, cause.pk, by, ended + dt.timedelta(hours=2), QUIET)
