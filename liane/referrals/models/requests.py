"""A request for support: from whom, for whom, why, where it is, and every step it took."""

import json
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.models import (
    AppendOnly,
    Authored,
    Base,
    Guarded,
    StatusRow,
    StoredFile,
    Versioned,
)
from liane.directory.models import Organisation, Practice
from liane.patients.models import Patient
from liane.referrals import motives
from liane.referrals.models.scoping import (
    OF_REFERRAL_SQL,
    REFERRAL_SQL,
    OfReferralQuerySet,
    ReferralQuerySet,
)
from liane.referrals.states import CLOSED, SUPPORT, Status


class Urgency(models.TextChoices):
    """How soon. A vital emergency is no request: it is the 15."""

    URGENT = "urgent", "Urgent : aujourd’hui"
    SOON = "soon", "Dans la semaine"
    NORMAL = "normal", "Pas pressé"


URGENCY_ORDER = {Urgency.URGENT: 1, Urgency.SOON: 2, Urgency.NORMAL: 3}


class Referral(Base, Authored, Shared, Versioned, Guarded):
    """One request, addressed to one organisation.

    ``person`` is empty until somebody knows who it is about. ``identity`` is what the requester
    said of it, sealed: the addressed organisation reads that, and nothing of the record, until it
    accepts. ``by_circle``: the requester could have invited the organisation into the circle, so
    that accepting the request is accepting an invitation. ``outcome`` is the last answer;
    ``waits_until`` the moment from which it waits too long (`delays`).
    """

    class Requester(models.TextChoices):
        PROFESSIONAL = "professional", "professionnel"
        ORGANISATION = "organisation", "structure"
        PERSON = "person", "la personne elle-même"
        CARER = "carer", "proche"
        CALLER = "caller", "appel"

    class Channel(models.TextChoices):
        LIANE = "liane", "Liane"
        PHONE = "phone", "téléphone"
        MAIL = "mail", "messagerie"
        PAPER = "paper", "courrier ou fax"
        VISIT = "visit", "sur place"
        MDPH = "mdph", "le suivi des orientations"

    class Consent(models.TextChoices):
        AGREES = "agrees", "La personne est d’accord"
        UNABLE = "unable", "Hors d’état de répondre"
        OVERRIDE = "override", "Sans son accord, pour sa protection"
        LATER = "later", "Pas encore demandé"

    rls_using: ClassVar[str] = REFERRAL_SQL

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    by_circle = models.BooleanField(default=False)
    requester_kind = models.CharField(max_length=12, choices=Requester)
    requester_id = models.UUIDField(null=True)
    requester_label = models.CharField(max_length=250, blank=True)
    caller = EncryptedTextField()
    caller_phone = EncryptedTextField()
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.LIANE)
    motive = models.CharField(max_length=30)
    motives_version = models.CharField(max_length=10, default=motives.CURRENT)
    urgency = models.CharField(max_length=8, choices=Urgency, default=Urgency.NORMAL)
    priority = models.PositiveSmallIntegerField(default=3)
    consent = models.CharField(max_length=8, choices=Consent)
    consent_note = models.CharField(max_length=300, blank=True)
    text = EncryptedTextField()
    identity_sealed = EncryptedTextField()
    insee = models.CharField(max_length=5, blank=True)
    city = models.CharField(max_length=100, blank=True)
    doctor = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    doctor_name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.SENT)
    outcome = models.CharField(max_length=12, choices=Status, blank=True)
    since = models.DateTimeField(default=timezone.now)
    waits_until = models.DateTimeField(null=True)
    closed = models.BooleanField(default=False)
    assigned = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    onward_from = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="onward_to"
    )

    objects: ClassVar[Any] = ReferralQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "closed", "priority", "created_at"]),
            models.Index(fields=["requester_id", "closed"]),
            models.Index(fields=["author_holder_id", "closed"]),
            models.Index(fields=["person", "closed"]),
            models.Index(fields=["assigned", "closed"]),
            models.Index(fields=["doctor"]),
            models.Index(fields=["closed", "-since", "-id"], name="requests_closed"),
        ]

    def __str__(self) -> str:
        return f"demande {self.pk}"

    @property
    def identity(self) -> dict[str, str]:
        """What was said of the person."""
        return json.loads(self.identity_sealed) if self.identity_sealed else {}

    @identity.setter
    def identity(self, said: dict[str, str]) -> None:
        kept = {key: value.strip() for key, value in said.items() if value and value.strip()}
        self.identity_sealed = json.dumps(kept, ensure_ascii=False) if kept else ""

    @property
    def name(self) -> str:
        """Who it is about, as said; « Identité à compléter » when nothing was."""
        said = self.identity
        civility = {"F": "Mme", "M": "M."}.get(said.get("sex", ""), "")
        given = (said.get("used_given") or said.get("given_names", "")).split(" ")[0].title()
        family = (said.get("used_name") or said.get("birth_name", "")).title()
        words = " ".join(part for part in (civility, given, family) if part)
        return words if given or family else said.get("words") or "Identité à compléter"

    @property
    def need(self) -> str:
        """The motive in words, as its version said it."""
        return motives.label(self.motive, self.motives_version)

    @property
    def is_late(self) -> bool:
        """True when it has waited too long where it is."""
        return self.waits_until is not None and self.waits_until < timezone.now()

    @property
    def is_followed(self) -> bool:
        """True while the organisation supports the person."""
        return self.status in SUPPORT

    @property
    def is_closed(self) -> bool:
        """True when nothing more is expected."""
        return self.status in CLOSED

    @property
    def asker(self) -> str:
        """Who asks, in words."""
        if self.requester_kind == self.Requester.CALLER:
            return self.caller or "Appel sans nom"
        return self.requester_label


class ReferralStep(StatusRow, Guarded):
    """One dated step: who, from where to where, why."""

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="history")

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["referral", "at"])]

    @property
    def label(self) -> str:
        """The step in words."""
        return Status(self.after).label


class Assignment(Base, Authored, AppendOnly, Guarded):
    """Who has the request in hand from a moment on, by whom and why."""

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="assignments")
    practice = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()


class ReferralFile(Base, Guarded):
    """A document that the requester joined."""

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()


class Return(Base, Authored, AppendOnly, Guarded):
    """What was said back at a step: to the requester and to the attending doctor."""

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="returns")
    step = models.CharField(max_length=12, choices=Status)
    text = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()


class ReturnTo(Base, Guarded):
    """One addressee of a return: told in Liane or by mail, or still to be called."""

    class Role(models.TextChoices):
        REQUESTER = "requester", "demandeur"
        DOCTOR = "doctor", "médecin traitant"

    class Way(models.TextChoices):
        LIANE = "liane", "dans Liane"
        MAIL = "mail", "par messagerie, avec un lien signé"
        PHONE = "phone", "à prévenir"
        NOBODY = "nobody", "personne à prévenir"

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="addressees")
    given = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="addressees")
    role = models.CharField(max_length=10, choices=Role)
    way = models.CharField(max_length=8, choices=Way)
    holder_id = models.UUIDField(null=True)
    label = EncryptedTextField()
    phone = EncryptedTextField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["given", "role"], name="one_addressee_of_each_role"),
        ]
