"""Which address does what, under which SMART scope: the table behind calls and their document."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from liane.api import operations as do
from liane.api import shapes
from liane.core.ids import parse


@dataclass(frozen=True)
class Operation:
    """One operation. ``scope``: (kind of FHIR resource, letter of SMART scopes v2)."""

    method: str
    path: str
    scope: tuple[str, str]
    run: Callable[..., BaseModel]
    answer: type[BaseModel]
    body: type[BaseModel] | None = None
    query: tuple[tuple[str, str], ...] = ()
    status: int = 200

    @property
    def name(self) -> str:
        """Its identifier in the document."""
        return self.run.__name__

    @property
    def words(self) -> str:
        """How it is named in the last calls of an application: nothing of whom."""
        return f"api {self.name}"


ONE = "/persons/{person_id}"
OPERATIONS = (
    Operation(
        "GET", "/persons", ("Patient", "s"), do.list_persons, shapes.Persons,
        query=(("q", "words of a name"), ("after", "where the page before ended")),
    ),
    Operation("GET", ONE, ("Patient", "r"), do.read_person, shapes.Person),
    Operation("GET", f"{ONE}/circle", ("CareTeam", "r"), do.read_circle, shapes.Circle),
    Operation(
        "GET", f"{ONE}/messages", ("Communication", "s"), do.list_messages, shapes.Messages
    ),
    Operation(
        "POST", f"{ONE}/messages", ("Communication", "c"), do.send_message, shapes.Message,
        shapes.MessageIn, status=201,
    ),
    Operation(
        "POST", f"{ONE}/absences", ("Encounter", "c"), do.declare_absence, shapes.Stay,
        shapes.AbsenceIn, status=201,
    ),
    Operation(
        "POST", f"{ONE}/discharge", ("Encounter", "u"), do.declare_discharge, shapes.Stay,
        shapes.DischargeIn,
    ),
    Operation(
        "GET", "/tasks", ("Task", "s"), do.list_tasks, shapes.Tasks,
        query=(("person", "identifier of a person"),),
    ),
    Operation(
        "POST", "/tasks", ("Task", "c"), do.create_task, shapes.Task, shapes.TaskIn, status=201
    ),
    Operation("GET", "/today", ("Appointment", "s"), do.read_today, shapes.Today),
)  # fmt: skip
_PATHS = {
    path: re.compile(re.escape(path).replace(r"\{person_id\}", r"(?P<person_id>[^/]+)"))
    for path in dict.fromkeys(one.path for one in OPERATIONS)
}


@dataclass(frozen=True)
class Found:
    """What an address leads to: the operation, or the methods that it takes instead."""

    operation: Operation | None
    allowed: tuple[str, ...] = ()
    person_id: UUID | None = None


def find(method: str, path: str) -> Found:
    """The operation of an address; nothing at all for one that leads nowhere."""
    for template, pattern in _PATHS.items():
        matched: Any = pattern.fullmatch(path)
        if matched is None:
            continue
        told = matched.groupdict().get("person_id")
        person_id = parse(told) if told is not None else None
        if told is not None and person_id is None:
            return Found(None)
        here = [one for one in OPERATIONS if one.path == template]
        chosen = next((one for one in here if one.method == method), None)
        return Found(chosen, tuple(one.method for one in here), person_id)
    return Found(None)
