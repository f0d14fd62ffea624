"""What can be handed on: a document, a note, a version of the plan; read under reach."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.careplans import services as plans
from liane.careplans.models import PlanVersion
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.errors import Refused
from liane.exchange.cda import making
from liane.exchange.cda.making import Made
from liane.exchange.models import Sending
from liane.patients.models import Patient
from liane.timeline import written
from liane.timeline.models import Document, Note


@dataclass(frozen=True)
class Thing:
    """One thing of a record, by the name of its column in `Sending`."""

    name: str
    row: Document | Note | PlanVersion
    person: Patient

    @property
    def title(self) -> str:
        """What it is, in words."""
        if isinstance(self.row, Document):
            return self.row.title
        if isinstance(self.row, PlanVersion):
            return f"Plan, version {self.row.number}"
        return f"Note de {self.row.get_kind_display()}"

    @property
    def path(self) -> str:
        """The page from which it is handed on."""
        if isinstance(self.row, PlanVersion):
            return f"/plan/versions/{self.row.pk}/transmettre/"
        folder = "documents" if isinstance(self.row, Document) else "notes"
        return f"/personnes/{self.person.pk}/{folder}/{self.row.pk}/transmettre/"

    def made(self) -> Made:
        """Its CDA document, made now. Raises `Refused`."""
        if isinstance(self.row, Document):
            return making.of_document(self.row)
        return making.of_plan(self.row) if self.name == "version" else making.of_note(self.row)  # type: ignore[arg-type]


def document(person_id: UUID, document_id: UUID) -> Thing:
    """A document that the actor may read. Raises Http404."""
    row = written.document_or_404(Reach.of(acting.current()), person_id, document_id)
    return Thing("document", row, row.person)


def note(person_id: UUID, note_id: UUID) -> Thing:
    """A note that the actor may read. Raises Http404."""
    row = written.note_or_404(Reach.of(acting.current()), person_id, note_id)
    return Thing("note", row, row.person)


def version(version_id: UUID) -> Thing:
    """A version of a plan that the actor may read. Raises Http404."""
    row = plans.access_version(version_id)
    return Thing("version", row, row.plan.person)


def of_sending(sending: Sending) -> Thing:
    """What a sending sends. Raises `Refused` when it can no longer be found."""
    for name in ("document", "note", "version"):
        row: Any = getattr(sending, name)
        if row is not None:
            return Thing(name, row, sending.person)
    raise Refused("Ce qui devait partir n’existe plus.")
