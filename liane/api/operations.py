"""What a script may do: one function each, over the queries and verbs of the rooms below.

``Asked`` says who calls and with what; the scope that an operation needs is on its declaration
(`liane.api.routing`). Each runs as the caller: reach and rights are those of pages.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from liane.agenda import queries as agenda
from liane.agenda.models import Appointment
from liane.api import shapes
from liane.circle import around, persons
from liane.circle.access import access_patient
from liane.circle.reach import Reach
from liane.clients.access import Caller
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.clock import day_bounds
from liane.core.errors import Refused
from liane.core.ids import parse
from liane.messaging import queries as threads
from liane.messaging import services as messaging
from liane.messaging.models import Message, Thread
from liane.patients.models import Patient
from liane.stays import queries as absences
from liane.stays import services as stays
from liane.stays.models import Stay
from liane.stays.state import Status
from liane.tasks import queries as tasks
from liane.tasks import services as giving
from liane.tasks.models import OPEN, Task

MOST = 100


@dataclass(frozen=True)
class Asked:
    """A call: who, the query string, the person of the address, the idempotency key.

    ``only``: the person to whom the token is limited.
    """

    caller: Caller
    query: dict[str, str]
    person_id: UUID | None = None
    key: UUID | None = None
    only: UUID | None = None

    @property
    def person(self) -> UUID:
        """The person of the address. Raises Http404 outside the token's own person."""
        if self.person_id is None or (self.only is not None and self.only != self.person_id):
            raise Http404
        return self.person_id


def list_persons(asked: Asked) -> shapes.Persons:
    """My persons by name, or those whose name resembles ``q``."""
    reach = Reach.of(acting.current())
    if asked.only is not None:
        return shapes.Persons(items=[_one(reach, asked.only)])
    text = asked.query.get("q", "").strip()
    if text:
        return shapes.Persons(items=[_person(one) for one in persons.search(reach, text[:100])])
    after = asked.query.get("after", "")
    if after and parse(after) is None:
        raise Refused("« after » est l’identifiant donné par la page d’avant.", field="after")
    page = persons.mine(reach, parse(after) if after else None)
    return shapes.Persons(items=[_person(one) for one in page.people], after=page.after)


def read_person(asked: Asked) -> shapes.Person:
    """A person within reach."""
    return _one(Reach.of(acting.current()), asked.person)


def _one(reach: Reach, person_id: UUID) -> shapes.Person:
    found = persons.seen(reach, walking=True).filter(pk=person_id).first()
    if found is None:
        raise Http404
    ledger.read([found.pk], Area.IDENTITY)
    return _person(found)


def _person(one: Patient) -> shapes.Person:
    full = getattr(one, "full", False)
    return shapes.Person(
        id=one.pk, name=one.usual_name, birth_date=one.birth_date if full else None, city=one.city
    )


def read_circle(asked: Asked) -> shapes.Circle:
    """Who is around a person: professionals, posts and structures, carers aside."""
    person = access_patient(asked.person, Area.CIRCLE)
    members = [
        shapes.Member(
            id=one.membership.pk, holder_id=one.membership.holder_id, kind=_kind(one),
            name=one.name, what=one.what, phone=one.phone, note=one.note,
        )
        for one in around.around(person.pk)
        if one.name
    ]  # fmt: skip
    return shapes.Circle(person_id=person.pk, members=members)


def _kind(one: around.Around) -> Literal["practice", "post", "organisation"]:
    member = one.membership
    return "practice" if member.practice_id else "post" if member.post_id else "organisation"


def list_messages(asked: Asked) -> shapes.Messages:
    """The newest messages between the care team of a person, oldest first."""
    person = access_patient(asked.person, Area.THREAD)
    thread = threads.threads().filter(person_id=person.pk, kind=Thread.Kind.TEAM).first()
    if thread is None:
        return shapes.Messages(items=[])
    threads.access_thread(thread.pk)
    page = threads.messages(thread.pk).filter(withdrawal=None).order_by("-number")[:MOST]
    return shapes.Messages(items=[_message(one) for one in reversed(page)])


def send_message(asked: Asked, body: shapes.MessageIn) -> shapes.Message:
    """Write to the care team of a person. The same ``Idempotency-Key`` sends once."""
    person = access_patient(asked.person, Area.THREAD)
    thread = messaging.default_thread(person.pk)
    made, _ = messaging.send_message(thread, body.text, key=asked.key, urgent=body.urgent)
    return _message(made)


def _message(one: Message) -> shapes.Message:
    return shapes.Message(
        id=one.pk, thread_id=one.thread_id, author=one.author_label, text=one.text,
        sent_at=one.sent_at, urgent=one.urgent,
    )  # fmt: skip


def list_tasks(asked: Asked) -> shapes.Tasks:
    """Open tasks within reach, what presses first; ``person`` keeps those of one person."""
    wanted = asked.query.get("person", "")
    if wanted and parse(wanted) is None:
        raise Refused("« person » est l’identifiant d’une personne.", field="person")
    person_id = asked.only or (parse(wanted) if wanted else None)
    rows = tasks.reached().filter(status__in=OPEN)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    shown = tasks.shown(rows.order_by("priority", "due_on", "created_at"), MOST)
    return shapes.Tasks(items=[_task(one) for one in shown])


def create_task(asked: Asked, body: shapes.TaskIn) -> shapes.Task:
    """Give a task to somebody of a person's circle. The same ``Idempotency-Key`` gives it once."""
    if asked.only is not None and body.person_id != asked.only:
        raise Http404
    return _task(giving.create_task(giving.Asked(**body.model_dump()), key=asked.key))


def _task(one: Task) -> shapes.Task:
    return shapes.Task(
        id=one.pk, title=one.title, person_id=one.person_id, status=one.status,
        due_on=one.due_on, details=one.details,
    )  # fmt: skip


def read_today(asked: Asked) -> shapes.Today:
    """Visits of the day within reach, and open tasks given to whoever calls."""
    day = timezone.localdate()
    start, end = day_bounds(day)
    visits = agenda.reached().filter(starts_at__gte=start, starts_at__lt=end)
    mine = tasks.mine()
    if asked.only is not None:
        visits, mine = visits.filter(person_id=asked.only), mine.filter(person_id=asked.only)
    found = list(visits.order_by("starts_at")[:500])
    ledger.read([one.person_id for one in found], Area.AGENDA)
    return shapes.Today(
        day=day,
        visits=[_visit(one) for one in found],
        tasks=[_task(one) for one in tasks.shown(mine, MOST)],
    )


def _visit(one: Appointment) -> shapes.Visit:
    return shapes.Visit(
        id=one.pk, person_id=one.person_id, title=one.title, starts_at=one.starts_at,
        ends_at=one.ends_at, status=one.status, intervenant=one.intervenant,
    )  # fmt: skip


def declare_absence(asked: Asked, body: shapes.AbsenceIn) -> shapes.Stay:
    """Say that a person is away from home: her visits are suspended."""
    person = access_patient(asked.person, Area.AGENDA)
    made = stays.declare_absence(
        person.pk, body.kind, start=body.starts_at, end=body.expected_return_at, place=body.place
    )
    made.refresh_from_db()
    return _stay(made)


def declare_discharge(asked: Asked, body: shapes.DischargeIn) -> shapes.Stay:
    """Say that a person is back home: her visits are offered again."""
    person = access_patient(asked.person, Area.AGENDA)
    away = (Status.IN_PROGRESS, Status.ON_LEAVE)
    open_one = next((one for one in absences.of_person(person.pk) if one.status in away), None)
    if open_one is None:
        raise Refused("Aucune absence n’est en cours.", code="conflict")
    made = stays.declare_return(open_one.pk, body.at)
    made.refresh_from_db()
    return _stay(made)


def _stay(one: Stay) -> shapes.Stay:
    return shapes.Stay(
        id=one.pk, person_id=one.person_id, kind=one.kind, status=one.status,
        starts_at=one.starts_at, ends_at=one.ends_at,
    )  # fmt: skip
