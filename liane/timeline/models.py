"""What people write in a person's record: notes, vigilance points, documents, working notes.

Texts are never changed: a correction is a new row that names the one it replaces, and both stay.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.rls import been, denied, reaches
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.models import AppendOnly, Authored, Base, Guarded, StoredFile
from liane.core.routes import PORTAL_ROLES
from liane.directory.models import Organisation


class Note(Base, Authored, Shared, Scoped, AppendOnly):
    """A note of the care team. ``root`` is the first version, empty on the first version itself."""

    class Kind(models.TextChoices):
        FOLLOW_UP = "follow_up", "suivi"
        LIAISON = "liaison", "liaison"
        VIGILANCE = "vigilance", "vigilance"

    scope_area = Area.CLINICAL_NOTE
    maskable = True

    kind = models.CharField("sorte de note", max_length=10, choices=Kind)
    text = models.TextField("texte")
    at = models.DateTimeField(default=timezone.now)
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    root = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="versions")

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]

    @property
    def first_id(self) -> Any:
        """The identifier of the first version: what the journal, pins and documents point to."""
        return self.root_id or self.pk


class PinQuerySet(ScopedQuerySet["Pin"]):
    """Vigilance points: written by the care team for itself, never shown in the portal."""

    def within(self, reach: Reach) -> Self:
        """Points that the actor may read."""
        return self.none() if reach.actor.role in PORTAL_ROLES else super().within(reach)


class Pin(Base, Authored, Scoped):
    """A vigilance point shown at the head of the record, from a date to another."""

    class Level(models.TextChoices):
        URGENT = "urgent", "danger"
        LATE = "late", "attention"
        INFO = "info", "à savoir"

    scope_area = Area.CLINICAL_NOTE
    maskable = True

    note = models.ForeignKey(Note, null=True, on_delete=models.PROTECT, related_name="pins")
    label = models.CharField("en quelques mots", max_length=60)
    level = models.CharField(max_length=8, choices=Level, default=Level.LATE)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True, editable=False)
    ended_reason = models.CharField("motif du retrait", max_length=200, blank=True)

    objects: ClassVar[Any] = PinQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="pin_dates"
            )
        ]


class DocumentQuerySet(ScopedQuerySet["Document"]):
    """Documents narrowed by role: billing reads billing documents, a secretary those addressed.

    One that its sender withdrew is shown to nobody: it may be about somebody else.
    """

    def within(self, reach: Reach) -> Self:
        """Documents that the actor may read."""
        documents = super().within(reach)
        if not reach.everything:
            documents = documents.filter(withdrawn_at=None)
        role = reach.actor.role
        if role == "billing":
            return documents.filter(category=Document.Category.BILLING)
        if role == "secretary":
            return documents.filter(addressed_to__in=reach.actor.holders)
        return documents


class Document(Base, Authored, Shared, Scoped):
    """A file of the record. It may go with a note. Served by an authorised view only."""

    class Category(models.TextChoices):
        PRESCRIPTION = "prescription", "ordonnance"
        LETTER = "letter", "courrier, compte rendu"
        DISCHARGE = "discharge", "lettre de sortie"
        RESULT = "result", "résultat d’analyse"
        IMAGING = "imaging", "imagerie"
        PHOTO = "photo", "photo"
        ADMINISTRATIVE = "administrative", "administratif"
        BILLING = "billing", "facturation"
        OTHER = "other", "autre"

    scope_area = Area.DOCUMENT
    maskable = True

    title = models.CharField("titre", max_length=120)
    category = models.CharField("sorte de document", max_length=14, choices=Category)
    dated_on = models.DateField("date du document", null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="document")
    note = models.ForeignKey(
        Note, null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )
    addressed_to = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    newer = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="older"
    )
    """The version that its sender put in its place."""
    withdrawn_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    """Put away: still there, and said to be (PDSm ``isArchived``)."""

    objects: ClassVar[Any] = DocumentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]


class SetQuerySet(ScopedQuerySet["DocumentSet"]):
    """Those of which the actor may read a document, and their own where none is there yet."""

    def within(self, reach: Reach) -> Self:
        """Those that the actor may read."""
        rows = super().within(reach)
        if reach.everything:
            return rows
        held = HeldDocument.objects.filter(set=OuterRef("pk"))
        readable = held.filter(document__in=Document.objects.within(reach).values("pk"))
        empty = ~Exists(held) & Q(author_holder_id__in=reach.actor.holders)
        return rows.filter(empty | Exists(readable))


class DocumentSet(Base, Authored, Scoped):
    """Documents brought together: in a folder of the record, or by having been sent at once.

    The two lists of IHE MHD (PDSm): ``submission`` is what one sending brought, ``folder`` a
    « classeur » that anybody who adds documents fills.
    """

    class Kind(models.TextChoices):
        SUBMISSION = "submission", "lot de versement"
        FOLDER = "folder", "classeur"

    scope_area = Area.DOCUMENT

    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField("titre", max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = SetQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]


class HeldDocument(Base, Guarded):
    """A document in one of them, in its place."""

    rls_using = "EXISTS (SELECT 1 FROM timeline_documentset b WHERE b.id = {t}.set_id)"

    set = models.ForeignKey(DocumentSet, on_delete=models.CASCADE, related_name="held")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="held_in")
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[Any] = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["set", "document"], name="document_held_once")
        ]


class DocumentSaid(Base, Guarded):
    """What a sender outside said of one of its documents: a version, or that it is withdrawn.

    ``uid`` is the sender's number, ``parent`` the one that this version replaces. Kept in whatever
    order it came: what a document is now is folded from all of it (`timeline.received`).
    """

    rls_using = "(SELECT liane_all())"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    uid = models.CharField(max_length=200)
    parent = models.CharField(max_length=200, blank=True)
    said_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    """Of all that was said, the file included."""
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="said")
    """Empty: the document is withdrawn."""
    for_team = models.BooleanField(default=True)
    for_person = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "uid", "person_id", "said_at", "digest"],
                name="document_said_once",
            )
        ]
        indexes = [models.Index(fields=["organisation", "parent"])]


class WorkingQuerySet(ScopedQuerySet["WorkingNote"]):
    """Working notes of the actor's own organisations."""

    def within(self, reach: Reach) -> Self:
        """Working notes that the actor may read: never another organisation's."""
        notes = super().within(reach)
        return notes if reach.everything else notes.filter(organisation__in=reach.actor.holders)

    def _past(self, reach: Reach) -> Q:
        """Those of one's organisation while one was a member: never to whom the person opposes."""
        been_there = reach.been(Area.WORKING_FILE, "at") & ~reach.denied("person_id")
        return been_there & Q(organisation_id__in=reach.actor.holders)


class WorkingNote(Base, Authored, Scoped, AppendOnly):
    """The working file of one organisation about a person: its members read it, nobody else.

    Hypotheses and preparation, kept apart from the shared record (CSP R.4127-45 for its notion).
    """

    scope_area = Area.WORKING_FILE
    rls_using: ClassVar[str] = (
        "(SELECT liane_all()) OR ({t}.organisation_id = ANY ((SELECT liane_holders())::uuid[])"
        f" AND ({reaches('{t}.person_id', Area.WORKING_FILE)}))"
    )
    rls_past: ClassVar[str] = (
        "{t}.organisation_id = ANY ((SELECT liane_holders())::uuid[])"
        f" AND {been('{t}.person_id', '{t}.at', Area.WORKING_FILE)}"
        f" AND NOT {denied('{t}.person_id')}"
    )

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("texte")
    at = models.DateTimeField(default=timezone.now)
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )

    objects: ClassVar[Any] = WorkingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "organisation", "-at"])]
