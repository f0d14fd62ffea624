"""What was received, kept as it came; and what is found in it that no table of ours holds."""

from django.db import models
from django.utils import timezone

from liane.api.models import Outgoing
from liane.circle.rls import reaches
from liane.clients.models import Client
from liane.core.fields import EncryptedBytesField, EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StoredFile
from liane.patients.models import Patient

READABLE = f"{{t}}.person_id IS NULL OR {reaches('{t}.person_id', area='{t}.area')}"
"""SQL: the row's area of its person's record is readable, or it is about nobody."""


class Received(Base, Authored, AppendOnly, Guarded):
    """One version of a resource: what was sent, and what Liane's own rows said just after.

    ``number`` counts from 1 for each (type, object). ``body`` is the resource as it was sent,
    without id, version and date; ``projection`` what the mapper made of the rows at that moment:
    a later read gives ``body`` overlaid with what changed since (`liane.fhir.merging`). ``digest``
    is that of the projection. A deletion has an empty body.
    """

    class Method(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        PATCH = "patch"
        DELETE = "delete"
        SEEN = "seen"
        """Changed through the pages, noted by the journal's reader."""

    repeats = True

    type = models.CharField(max_length=40)
    object_id = models.UUIDField()
    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=20, blank=True)
    number = models.PositiveIntegerField()
    method = models.CharField(max_length=8, choices=Method)
    body = EncryptedBytesField()
    projection = EncryptedBytesField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)
    client_id = models.CharField(max_length=100, blank=True)

    rls_using = READABLE

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["type", "object_id", "number"], name="fhir_received_once"
            )
        ]
        indexes = [
            models.Index(fields=["type", "at"]),
            models.Index(
                fields=["type", "object_id"], name="fhir_received_deleted",
                condition=models.Q(method="delete"),
            ),
        ]  # fmt: skip


class Index(Guarded):
    """One value of one search parameter, for what only the received body holds.

    Tokens, references and addresses are keyed digests (`core.keys.digest`), found by exact match
    only; ``text`` is a normalised string (words of it are searched, among those of one parameter);
    dates are bounds, numbers both. A row is derived from its version, in the same transaction: the
    database does not look its person up again.
    """

    repeats = True

    type = models.CharField(max_length=40)
    object_id = models.UUIDField()
    person = models.ForeignKey(
        Patient, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    area = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, blank=True)
    text = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    low = models.DecimalField(max_digits=40, decimal_places=18, null=True)
    high = models.DecimalField(max_digits=40, decimal_places=18, null=True)

    rls_using = READABLE

    class Meta:
        indexes = [
            models.Index(fields=["type", "code", "digest"]),
            models.Index(
                fields=["type", "code", "starts_at"], name="fhir_index_dates",
                condition=models.Q(starts_at__isnull=False),
            ),
            models.Index(fields=["type", "object_id"]),
        ]  # fmt: skip


class Upload(Base, Authored, Guarded):
    """A file that came as a Binary, checked, which no document holds yet.

    Whoever sent it reads it alone, and makes a document of it (DocumentReference); what nobody
    made anything of within a day is removed (`fhir.uploads`).
    """

    rls_using = (
        "(SELECT liane_all()) OR {t}.author_holder_id = ANY ((SELECT liane_holders())::uuid[])"
    )

    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="upload")


class Export(Base, Guarded):
    """One bulk export asked for by a machine: what it asked, how far it is, until when it stays.

    ``scopes`` are those of the token that asked: they narrow again, with what the application is
    given now, when the export runs and when its files are fetched.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        GONE = "gone"
        """Deleted by its client, or expired: its files are removed."""

    rls_using = (
        "(SELECT liane_all()) OR {t}.organisation_id = ANY ((SELECT liane_holders())::uuid[])"
    )

    client_id = models.UUIDField()
    organisation_id = models.UUIDField()
    scopes = models.TextField()
    request = models.TextField()
    asked = models.TextField()
    """JSON: level, group, types, since, filters (`fhir.bulk.asking.Wanted`)."""
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    at = models.DateTimeField(default=timezone.now)
    """The moment that the export is true of."""
    done = models.PositiveIntegerField(default=0)
    """Resources written so far."""
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["client_id", "state"]), models.Index(fields=["expires_at"])]


class ExportFile(Base, Guarded):
    """One NDJSON file of an export, encrypted on disk."""

    rls_using = "EXISTS (SELECT 1 FROM fhir_export x WHERE x.id = {t}.export_id)"

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="files")
    type = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")


class Said(models.Model):
    """A view (`fhir.unions`): what a person said of sharing, and whom they oppose."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Patient, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10)
    """``wish`` or ``opposition``."""
    topic = models.CharField(max_length=20)
    answer = models.CharField(max_length=10)
    consulted = models.CharField(max_length=150)
    words = models.CharField(max_length=300)
    """How it was heard, or why."""
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last = models.BooleanField()
    """False once a later answer, or a change of mind, took its place."""
    practice_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    author_holder_id = models.UUIDField(null=True)
    author_organisation_id = models.UUIDField(null=True)
    author_label = models.CharField(max_length=200)

    class Meta:
        managed = False
        db_table = "fhir_said"


class Episode(models.Model):
    """A view (`fhir.unions`): accompaniments of an organisation, and enrolments in a pathway."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Patient, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=13)
    """``accompaniment`` or ``enrolment``."""
    organisation_id = models.UUIDField()
    manager_id = models.UUIDField(null=True)
    status = models.CharField(max_length=14)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "fhir_episode"


class Plan(models.Model):
    """A view (`fhir.unions`): definitions that come with Liane, and versions of structures."""

    id = models.UUIDField(primary_key=True)
    organisation_id = models.UUIDField(null=True)
    """Whose version it is; nobody's: it comes with Liane."""
    key = models.CharField(max_length=60)
    number = models.CharField(max_length=60)
    title = models.CharField(max_length=600)
    status = models.CharField(max_length=10)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    said_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "fhir_plan"


class Subscription(Base, Authored, Guarded):
    """What an application asked to be told of: a search, and the address that is called.

    It is evaluated as its application, with the scopes that made it and that it still has.
    ``headers``: one a line, sent with each call. ``secret`` signs calls, where it gave one.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "en service"
        ERROR = "error", "en échec"
        OFF = "off", "arrêté"

    rls_using = (
        "(SELECT liane_all()) OR EXISTS (SELECT 1 FROM clients_client c WHERE c.id = {t}.client_id"
        " AND c.organisation_id = ANY ((SELECT liane_holders())::uuid[]))"
    )

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="subscriptions")
    scopes = models.TextField()
    kind = models.CharField(max_length=40)
    """The type of the resources that it searches."""
    criteria = EncryptedTextField()
    channel = models.CharField(max_length=10)
    endpoint = models.CharField(max_length=500)
    payload = models.CharField(max_length=60, blank=True)
    headers = EncryptedTextField(blank=True)
    secret = EncryptedTextField(blank=True)
    reason = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=6, choices=Status, default=Status.ACTIVE)
    error = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    """Whom alone it is about, where it says so (the French guide of events)."""
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    """When the management stopped it: its application does not start it again."""
    stopped_by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "status"])]


class Notification(Outgoing, Guarded):
    """One call of a subscription: which resource, of which entry of the journal; no content."""

    rls_using = "(SELECT liane_all())"

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="notifications"
    )
    entry_id = models.UUIDField()
    object_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "entry_id", "object_id"], name="fhir_notified_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="fhir_notification_due",
                condition=models.Q(state="waiting"),
            )
        ]  # fmt: skip


class Answered(models.Model):
    """A view (`fhir.unions`): what one file of the payer says of one invoice.

    It has the identifier of the first line that says it.
    """

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Patient, on_delete=models.DO_NOTHING, related_name="+")
    organisation_id = models.UUIDField()
    invoice_id = models.UUIDField()
    file_id = models.UUIDField()
    paid_on = models.DateField()
    received_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "fhir_answered"


class Definition(Base):
    """A definition of a published guide: profile, value set, code system, search parameter.

    Loaded by ``liane import ig``; public, about nobody. ``content`` is its JSON, gzipped.
    """

    kind = models.CharField(max_length=40)
    url = models.CharField(max_length=300)
    version = models.CharField(max_length=60, blank=True)
    package = models.CharField(max_length=120)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "url"], name="fhir_definition_once"),
        ]
