"""Importing a round: read, matched among the persons one reaches, shown, then confirmed.

A line is matched by itself only when exactly one person within reach bears its name (and its
birth date, when the file gives one). Otherwise the author chooses, or leaves the line out.
The same UID from the same structure is imported once: another time it moves or cancels.
"""

import datetime as dt
import hashlib
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.agenda import rounds
from liane.agenda.models import Appointment, ImportBatch, ImportLine
from liane.agenda.queries import my_practices, people_of_my_rounds
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.models import author_of
from liane.core.text import normalise
from liane.patients.models import Patient

Times = tuple[dt.datetime, dt.datetime]
OFFERED = 100
"""Somebody who reaches more persons than this is offered those of their rounds."""
KEPT = dt.timedelta(days=2)
OPEN = frozenset({Appointment.Status.PLANNED, Appointment.Status.SUSPENDED})


class Names:
    """The persons within reach, found by the words of their names. One query."""

    def __init__(self, people: list[Patient]) -> None:
        self.people = people
        self._words = [
            (
                person,
                [
                    set(normalise(name).split())
                    for name in (person.birth_name, person.used_name)
                    if name
                ],
                set(normalise(f"{person.given_names} {person.used_given}").split()),
            )
            for person in people
        ]

    def matching(self, who: str, birth: dt.date | None) -> tuple[list[Patient], bool]:
        """(persons that fit, True when one fits for certain): family and given name, or birth."""
        words = set(normalise(who).split())
        fit = [
            (person, bool(given & words))
            for person, families, given in self._words
            if any(family <= words for family in families)
        ]
        if birth is not None:
            fit = [(person, named) for person, named in fit if person.birth_date == birth]
        exact = [person for person, named in fit if named]
        if len(exact) == 1 and len(fit) == 1 and not exact[0].twin_warning:
            return exact, True
        return exact or [person for person, _ in fit], False


def prepare(content: bytes, filename: str, practice_id: UUID) -> ImportBatch:
    """Read a file into a batch to review. Raises Refused for an unreadable file, Http404 for
    somebody else's practice."""
    actor = acting.current()
    if not my_practices().filter(pk=practice_id).exists():
        raise Http404
    lines = rounds.read(content, filename)
    names = _names()
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            practice_id=practice_id, filename=filename[:200], **author_of(actor)
        )
        ImportLine.objects.bulk_create(_row(batch, line, names) for line in lines)
    return batch


def _names() -> Names:
    people = Reach.of(acting.current()).listing(Area.AGENDA).filter(died_on=None)
    return Names(list(people))


def _row(batch: ImportBatch, line: rounds.Read, names: Names) -> ImportLine:
    people, certain = ([], False) if line.error else names.matching(line.who, line.birth)
    return ImportLine(
        batch=batch,
        number=line.number,
        uid=line.uid or _made_up(batch, line),
        who=line.who,
        title=line.title,
        code=line.code,
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        rule=line.rule,
        excluded=line.excluded,
        original_start=line.original_start,
        cancelled=line.cancelled,
        error=line.error,
        person=people[0] if certain else None,
        certain=certain,
    )


def _made_up(batch: ImportBatch, line: rounds.Read) -> str:
    """A line without identifier is known by who and when: the same line again is the same."""
    text = f"{batch.practice_id}|{normalise(line.who)}|{line.starts_at}"
    return "liane:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def batch_of(batch_id: UUID) -> ImportBatch:
    """One's own batch. Raises Http404."""
    found = ImportBatch.objects.filter(pk=batch_id, author_user_id=acting.current().user_id).first()
    if found is None:
        raise Http404
    return found


def review(batch: ImportBatch) -> list[tuple[ImportLine, list[Patient]]]:
    """Each line with the persons it may be about: those that fit, else those one knows.

    Four queries at most; the persons offered are recorded as read.
    """
    names = _names()
    known = names.people if len(names.people) <= OFFERED else people_of_my_rounds()
    rows = []
    shown: set[UUID] = set()
    for line in batch.lines.select_related("person"):
        fit, _ = names.matching(line.who, None)
        offered = [] if line.error else (fit or known)
        if not line.certain:
            shown |= {person.pk for person in offered}
        rows.append((line, offered))
    shown |= {line.person_id for line, _ in rows if line.person_id is not None}
    ledger.read(shown, "agenda")
    return rows


def discard(batch: ImportBatch) -> None:
    """Forget what was read."""
    batch.delete()


def purge() -> int:
    """Periodic work: batches that nobody settled are forgotten after two days."""
    with acting.acting(acting.system("agenda: imports")):
        deleted, _ = ImportBatch.objects.filter(made_at__lt=timezone.now() - KEPT).delete()
        return deleted
