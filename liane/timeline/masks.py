"""Hiding what was written from one reader, or from everybody (CSP L.1110-4, IV)."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.models import Mask
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.errors import NotAllowed
from liane.core.models import author_of
from liane.timeline import rules
from liane.timeline.models import Document, Note, Pin


def mask(object_id: UUID, *, holder_id: UUID | None = None) -> int:
    """Hide a note or a document from ``holder_id``, or from all but its author and who hides it.

    A note is hidden with its versions, its vigilance points and its files. Returns the number of
    things newly hidden.
    """
    row = _written_or_404(object_id)
    if not rules.may_mask(acting.current(), row):
        raise NotAllowed("Seuls l’auteur et la personne peuvent masquer ceci.")
    with transaction.atomic():
        ids = _with_dependants(row)
        known = set(
            Mask.objects.filter(
                object_id__in=ids, holder_id=holder_id, ended_at=None
            ).values_list("object_id", flat=True)
        )  # fmt: skip
        for identifier in ids:
            if identifier not in known:
                hide(row.person_id, identifier, holder_id)
        ledger.wrote(row.person_id, "mask", object_id=row.pk)
    return len(ids) - len(known)


def unmask(object_id: UUID, *, holder_id: UUID | None = None) -> int:
    """Uncover what was hidden from ``holder_id`` (or from all). Returns how many things."""
    row = _written_or_404(object_id)
    with transaction.atomic():
        masks = [
            mask
            for mask in Mask.objects.select_for_update().filter(
                object_id__in=_with_dependants(row), holder_id=holder_id, ended_at=None
            )
            if rules.may_unmask(acting.current(), mask)
        ]
        if not masks:
            raise NotAllowed("Seul celui qui a masqué ceci peut le montrer de nouveau.")
        for hidden in masks:
            hidden.ended_at = timezone.now()
            hidden.save(update_fields=["ended_at"])
        ledger.wrote(row.person_id, "mask", object_id=row.pk)
    return len(masks)


def hide(person_id: UUID, object_id: UUID, holder_id: UUID | None) -> None:
    """Write that an object is hidden; the right to was checked."""
    Mask(
        person_id=person_id, object_id=object_id, holder_id=holder_id, **author_of(acting.current())
    ).save(force_insert=True)


def hideable(object_id: UUID) -> Note | Document:
    """The note or document, for somebody who may hide it. Raises Http404, NotAllowed."""
    row = _written_or_404(object_id)
    if not rules.may_mask(acting.current(), row):
        raise NotAllowed("Seuls l’auteur et la personne peuvent masquer ceci.")
    return row


def living(row: Note | Document) -> QuerySet[Mask]:
    """The masks in force on a thing, one for each holder."""
    first = row.first_id if isinstance(row, Note) else row.pk
    return Mask.objects.filter(object_id=first, ended_at=None)


def _written_or_404(object_id: UUID) -> Note | Document:
    for model in (Note, Document):
        found: Note | Document | None = (
            model.objects.within(Reach.of(acting.current())).filter(pk=object_id).first()
        )
        if found is not None:
            return found
    raise Http404


def _with_dependants(row: Note | Document) -> list[UUID]:
    if isinstance(row, Document):
        return [row.pk]
    first = row.first_id
    versions = Note.objects.filter(root_id=first).values_list("pk", flat=True)
    pins = Pin.objects.filter(note_id=first).values_list("pk", flat=True)
    documents = Document.objects.filter(note_id=first).values_list("pk", flat=True)
    return [first, *versions, *pins, *documents]
