"""Meetings around a person (réunions de concertation): poll, sheet, decisions, minutes.

Every text is sealed. What was said stays: answers, opinions, versions of the minutes and contents
of the sheet are rows that are never changed.
"""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from liane.circle import rules as circle_rules
from liane.circle.expressions import Groups
from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, Versioned
from liane.core.states import Machine
from liane.directory.models import Organisation, Post, Practice
from liane.messaging.models import CodedLink
from liane.timeline.models import Document


class MeetingQuerySet(ScopedQuerySet[Any]):
    """Meetings within reach; whoever takes part finds theirs, from outside the team as well."""

    def _own(self, reach: Reach) -> Q:
        mine = Participant.objects.filter(
            meeting_id=OuterRef("pk"), practice_id__in=reach.actor.holders, dropped_at=None
        )
        return Q(Exists(mine))


class Meeting(Base, Authored, Shared, Versioned, Scoped):
    """A meeting around one person. ``for_person`` and ``for_carers``: whom the convener told."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "date à trouver"
        DATED = "dated", "date fixée"
        HELD = "held", "compte rendu à écrire"
        MINUTED = "minuted", "compte rendu à approuver"
        APPROVED = "approved", "compte rendu approuvé"
        SENT = "sent", "compte rendu envoyé"
        CANCELLED = "cancelled", "annulée"

    class Presence(models.TextChoices):
        """How the person took part."""

        PRESENT = "present", "était présente"
        REMOTE = "remote", "a participé à distance"
        REPRESENTED = "represented", "était représentée"
        ABSENT = "absent", "n’était pas là"

    scope_area = Area.CARE_PLAN

    motive = EncryptedTextField("motif")
    place = EncryptedTextField("lieu")
    video = EncryptedTextField("lien de visioconférence")
    minutes = models.PositiveSmallIntegerField("durée en minutes", default=60)
    convener = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField("date", null=True, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED)
    why_cancelled = EncryptedTextField("motif de l’annulation")
    told_at = models.DateTimeField(null=True, editable=False)
    person_presence = models.CharField(max_length=12, choices=Presence, blank=True)
    voice = EncryptedTextField("comment sa parole a été entendue")
    others = EncryptedTextField("autres présents")
    submitted_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = MeetingQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "status"]),
            models.Index(fields=["status", "submitted_at"]),
            models.Index(fields=["starts_at"]),
        ]

    @property
    def is_to_come(self) -> bool:
        """True while it may still be cancelled: it was not held."""
        return self.status in BEFORE

    @property
    def ends_at(self) -> dt.datetime | None:
        """When it is planned to end."""
        return self.starts_at and self.starts_at + dt.timedelta(minutes=self.minutes)


_S = Meeting.Status
LIFE = Machine(
    {
        _S.PROPOSED: {_S.DATED, _S.CANCELLED},
        _S.DATED: {_S.DATED, _S.HELD, _S.CANCELLED},
        _S.HELD: {_S.MINUTED},
        _S.MINUTED: {_S.HELD, _S.APPROVED},
        _S.APPROVED: {_S.SENT},
    }
)
"""Dated again when another day is chosen; back to held when the minutes are taken up again."""
BEFORE = (_S.PROPOSED, _S.DATED)
WRITING = (_S.DATED, _S.HELD)


class MeetingEvent(StatusRow, Guarded):
    """The dated history of a meeting's state."""

    rls_using = "EXISTS (SELECT 1 FROM meetings_meeting m WHERE m.id = {t}.meeting_id)"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="history")


class SheetQuerySet(ScopedQuerySet[Any]):
    """Rows of a meeting that only those with whom it is shared read: the care team."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read."""
        return self if reach.everything else self.filter(self._shared(reach))

    def _shared(self, reach: Reach) -> Q:
        groups = circle_rules.flags(reach.actor.role, Area.CARE_PLAN)
        if not groups or not reach.actor.holders:
            return Q(pk__in=[])
        flagged: Groups = {f"meeting__{flag}": scopes for flag, scopes in groups.items()}
        return Q(reach.granted("person_id", flagged))


class OpenQuerySet(SheetQuerySet):
    """Rows of the poll: those who take part from outside the team read them as well."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read."""
        if reach.everything:
            return self
        mine = Participant._base_manager.filter(
            meeting_id=OuterRef("meeting_id"),
            practice_id__in=reach.actor.holders,
            dropped_at=None,
        )
        own = Q(Exists(mine)) & reach.condition(Area.CARE_PLAN, "person_id", frozenset())
        return self.filter(self._shared(reach) | own)


class DecisionQuerySet(SheetQuerySet):
    """Decisions: home help and others outside the team read those entrusted to them alone."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read."""
        if reach.everything:
            return self
        held = reach.actor.holders
        given = Q(practice_id__in=held) | Q(organisation_id__in=held) | Q(post_id__in=held)
        own = given & reach.condition(Area.CARE_PLAN, "person_id", frozenset())
        return self.filter(self._shared(reach) | own)


class Part(Scoped):
    """A row of a meeting; ``person`` is the meeting's, so that reach needs no join."""

    scope_area = Area.CARE_PLAN

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="%(class)ss")

    objects: ClassVar[Any] = SheetQuerySet.as_manager()

    class Meta:
        abstract = True


class Slot(Base, Part):
    """A moment proposed."""

    starts_at = models.DateTimeField()

    objects: ClassVar[Any] = OpenQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "id")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "starts_at"], name="meeting_slot_once")
        ]


class Participant(Base, Authored, Part):
    """Who takes part: a practice of the circle, or a professional outside, by e-mail.

    ``consent``: how the person agreed that this professional outside hears of her situation
    (CSP L.1110-4, III). ``approves``: asked to approve the minutes that were submitted.
    """

    class Presence(models.TextChoices):
        PRESENT = "present", "sur place"
        REMOTE = "remote", "à distance"
        EXCUSED = "excused", "excusé"
        ABSENT = "absent", "absent"

    practice = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("nom", max_length=120, blank=True)
    what = models.CharField("fonction", max_length=120, blank=True)
    email = models.EmailField("adresse", blank=True)
    phone = models.CharField("mobile", max_length=30, blank=True)
    consent = EncryptedTextField("accord de la personne")
    presence = models.CharField(max_length=8, choices=Presence, blank=True)
    approves = models.BooleanField(default=False)
    dropped_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = OpenQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "practice"],
                condition=Q(practice__isnull=False),
                name="meeting_participant_once",
            )
        ]

    @property
    def label(self) -> str:
        """The name in words."""
        return self.practice.professional.name if self.practice is not None else self.name

    @property
    def role_words(self) -> str:
        """What they are."""
        if self.practice is None:
            return self.what or "hors du cercle"
        who = self.practice.professional.profession_label or self.practice.get_role_display()
        return f"{who}, {self.practice.organisation.name}"

    @property
    def was_there(self) -> bool:
        """True for somebody who attended, on the spot or from afar."""
        return self.presence in {self.Presence.PRESENT, self.Presence.REMOTE}

    @property
    def is_outside(self) -> bool:
        """True for somebody without an account: reached by mail and signed link."""
        return self.practice is None or self.practice.professional.user_id is None


class Via(models.TextChoices):
    """Where an answer came from."""

    PAGE = "page", "dans Liane"
    LINK = "link", "par lien signé"


class SlotAnswer(Base, Authored, AppendOnly, Part):
    """What one participant answered about one moment; the last one counts."""

    class Answer(models.TextChoices):
        YES = "yes", "oui"
        MAYBE = "maybe", "si besoin"
        NO = "no", "non"

    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="answers")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=5, choices=Answer)
    via = models.CharField(max_length=4, choices=Via)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = OpenQuerySet.as_manager()


class Section(Base, Versioned, Part):
    """One heading of the shared sheet, with its own version."""

    class Heading(models.TextChoices):
        SITUATION = "situation", "Situation"
        VIEWS = "views", "Points de vue"
        DECISIONS = "decisions", "Décisions, en quelques mots"

    heading = models.CharField(max_length=10, choices=Heading)
    text = EncryptedTextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "heading"], name="meeting_heading_once")
        ]


class SectionChange(Base, Authored, AppendOnly, Part):
    """One content that a section had, or that came too late for it: nothing typed is lost."""

    class What(models.TextChoices):
        CHANGED = "changed", "écrit"
        SET_ASIDE = "set_aside", "arrivé après un autre, mis de côté"

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=10, choices=What)
    number = models.PositiveIntegerField()
    text = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)


class Decision(Base, Authored, Part):
    """What was decided: who, until when, and the task or plan action that it became.

    Its state is read there (`queries.decisions`): nobody copies it here.
    """

    text = EncryptedTextField("décision")
    practice = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    post = models.ForeignKey(Post, null=True, on_delete=models.PROTECT, related_name="+")
    who_else = EncryptedTextField("par quelqu’un d’autre")
    due_on = models.DateField("pour le", null=True)
    task_id = models.UUIDField(null=True, editable=False, db_index=True)
    action_id = models.UUIDField(null=True, editable=False, db_index=True)
    dropped_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")

    @property
    def who(self) -> str:
        """Who does it, in words."""
        if self.practice is not None:
            return self.practice.professional.name
        return str(self.post or self.organisation or self.who_else or "")

    @property
    def is_given(self) -> bool:
        """True once it is a task or an action of the plan."""
        return self.task_id is not None or self.action_id is not None


class Minutes(Base, Authored, AppendOnly, Part):
    """The minutes as they were submitted (JSON, sealed)."""

    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    content = EncryptedTextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="meeting_minutes_number")
        ]


class Opinion(Base, Authored, AppendOnly, Part):
    """What a participant answered to the minutes; the last one counts."""

    class Answer(models.TextChoices):
        APPROVES = "approves", "approuve"
        COMMENTS = "comments", "demande une correction"

    minutes = models.ForeignKey(Minutes, on_delete=models.PROTECT, related_name="opinions")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="opinions")
    answer = models.CharField(max_length=10, choices=Answer)
    text = EncryptedTextField()
    via = models.CharField(max_length=4, choices=Via)
    at = models.DateTimeField(default=timezone.now)


class MinutesFile(Base, AppendOnly, Part):
    """The document of the record that holds the PDF of the minutes, made by a job."""

    minutes = models.OneToOneField(Minutes, on_delete=models.PROTECT, related_name="pdf")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")


class MeetingLink(CodedLink, Part):
    """Opens one meeting to one participant without an account. The mail waits here.

    ``holder_id`` is the practice of a member, or the participant's own number.
    """

    class Occasion(models.TextChoices):
        POLL = "poll", "sondage"
        DATED = "dated", "date fixée"
        CANCELLED = "cancelled", "annulation"
        MINUTES = "minutes", "compte rendu à approuver"
        SENT = "sent", "compte rendu"

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="links")
    occasion = models.CharField(max_length=10, choices=Occasion)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)
    mail_why = models.CharField(max_length=100, blank=True)
