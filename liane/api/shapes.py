"""What goes in and comes out, as the OpenAPI document says it."""

import datetime as dt
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Moment = Annotated[
    AwareDatetime,
    Field(description="ISO 8601 with an offset, for instance 2026-11-30T09:00:00+01:00."),
]


class In(BaseModel):
    """A body: unknown fields are refused, so that a slip of spelling is told."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class Problem(Out):
    """Why nothing was done (RFC 9457, application/problem+json)."""

    title: str
    status: int
    detail: str = ""
    field: str | None = None


class Person(Out):
    """A person within reach. Birth date: absent for who sees the usual name only."""

    id: UUID
    name: str
    birth_date: dt.date | None = None
    city: str = ""


class Persons(Out):
    """One page of persons; ``after`` asks for the next one."""

    items: list[Person]
    after: UUID | None = None


class Member(Out):
    """Somebody of a circle: a professional in a place, a post, a structure."""

    id: UUID
    holder_id: UUID
    kind: Literal["practice", "post", "organisation"]
    name: str
    what: str
    phone: str = ""
    note: str = ""


class Circle(Out):
    """Who is around a person."""

    person_id: UUID
    members: list[Member]


class MessageIn(In):
    """A message to the care team of a person."""

    text: Text
    urgent: bool = False


class Message(Out):
    """A message of the care team's conversation."""

    id: UUID
    thread_id: UUID
    author: str
    text: str
    sent_at: dt.datetime
    urgent: bool


class Messages(Out):
    """The newest messages, oldest first."""

    items: list[Message]


class TaskIn(In):
    """A task, given to exactly one of a practice, a structure or a post of the circle."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    person_id: UUID
    details: Annotated[str, StringConstraints(max_length=2_000)] = ""
    practice_id: UUID | None = None
    organisation_id: UUID | None = None
    post_id: UUID | None = None
    due_on: dt.date | None = None


class Task(Out):
    """A task."""

    id: UUID
    title: str
    person_id: UUID | None
    status: str
    due_on: dt.date | None
    details: str = ""


class Tasks(Out):
    """Tasks, what presses first."""

    items: list[Task]


class Visit(Out):
    """A visit or appointment of today."""

    id: UUID
    person_id: UUID
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str
    intervenant: str


class Today(Out):
    """Visits of the day and open tasks."""

    day: dt.date
    visits: list[Visit]
    tasks: list[Task]


class AbsenceIn(In):
    """A person is away from home: her visits are suspended until she is back."""

    kind: Literal["hospital", "respite", "holiday"] = "hospital"
    starts_at: Moment | None = None
    expected_return_at: Moment | None = None
    place: Annotated[str, StringConstraints(max_length=200)] = ""


class DischargeIn(In):
    """A person is back home: her visits are offered again."""

    at: Moment | None = None


class Stay(Out):
    """An absence or a stay."""

    id: UUID
    person_id: UUID
    kind: str
    status: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
