"""Persons: identity under the national rules (INS, RNIV), contacts, wishes. Nothing clinical."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.models import Authored, Base, Guarded, StatusRow, Versioned
from liane.directory.models import Address, Organisation, Practice


class Patient(Base, Authored, Versioned, Guarded):
    """A person. Strict traits as the INS gives them, used names as people say them.

    The matricule is sealed; ``ins_digest`` lets it be found by exact match only.
    """

    class Sex(models.TextChoices):
        FEMALE = "F", "femme"
        MALE = "M", "homme"
        UNKNOWN = "I", "indéterminé"

    class InsStatus(models.TextChoices):
        PROVISIONAL = "provisional", "identité provisoire"
        RETRIEVED = "retrieved", "identité récupérée"
        VALIDATED = "validated", "identité validée"
        QUALIFIED = "qualified", "INS qualifiée"

    birth_name = models.CharField("nom de naissance", max_length=100)
    given_names = models.CharField("prénoms de naissance", max_length=200)
    used_name = models.CharField("nom utilisé", max_length=100, blank=True)
    used_given = models.CharField("prénom utilisé", max_length=100, blank=True)
    sex = models.CharField("sexe", max_length=1, choices=Sex)
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    birth_place = models.CharField("code commune de naissance", max_length=5, blank=True)
    birth_place_name = models.CharField("lieu de naissance", max_length=100, blank=True)

    ins_status = models.CharField(max_length=12, choices=InsStatus, default=InsStatus.PROVISIONAL)
    ins_sealed = models.BinaryField(null=True, blank=True, editable=False)
    ins_oid = models.CharField(max_length=30, blank=True)
    ins_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)

    address_line = models.CharField("adresse", max_length=200, blank=True)
    postcode = models.CharField("code postal", max_length=10, blank=True)
    city = models.CharField("commune", max_length=100, blank=True)
    insee = models.CharField("code commune", max_length=5, blank=True)
    access_hint = models.CharField("accès (code, étage, clé)", max_length=200, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.EmailField("adresse de messagerie", blank=True)

    twin_warning = models.BooleanField("jumeau ou homonyme connu", default=False)
    died_on = models.DateField("décédé le", null=True, blank=True)
    death_source = models.CharField(max_length=100, blank=True)
    search = models.CharField(max_length=400, editable=False, blank=True, db_index=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="patient",
    )

    class Meta:
        indexes = [
            models.Index(fields=["birth_date", "birth_name"]),
            models.Index(fields=["insee"]),
        ]

    def __str__(self) -> str:
        return f"personne {self.id}"

    @property
    def civility(self) -> str:
        """« Mme » or « M. », nothing when the sex is not known."""
        return {"F": "Mme", "M": "M."}.get(self.sex, "")

    @property
    def first_given(self) -> str:
        """The first birth given name, the one the identity rules display."""
        return self.given_names.replace(",", " ").split(" ")[0] if self.given_names else ""

    @property
    def usual_name(self) -> str:
        """How the person is called: civility, used given name, used name."""
        given = self.used_given or self.first_given
        family = self.used_name or self.birth_name
        return " ".join(part for part in (self.civility, given.title(), family.title()) if part)

    @property
    def short_name(self) -> str:
        """Civility and used name only: « Mme Dupont »."""
        family = (self.used_name or self.birth_name).title()
        return f"{self.civility} {family}".strip()

    @property
    def initials(self) -> str:
        """Two letters for an avatar."""
        given = self.used_given or self.first_given
        return f"{given[:1]}{(self.used_name or self.birth_name)[:1]}".upper()

    @property
    def is_qualified(self) -> bool:
        """Only a qualified identity may travel with its matricule (RNIV)."""
        return self.ins_status == self.InsStatus.QUALIFIED


class PatientTrigram(Guarded):
    """Trigrams of a person's names: search by resemblance without LIKE, under reach.

    Derived from the names, in their transaction: the database does not look each row up again.
    """

    gram = models.CharField(max_length=3)
    person = models.ForeignKey(
        Patient, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )

    class Meta:
        # Known to be unique, persons of one gram come in order: a page of them stops early.
        constraints = [models.UniqueConstraint(fields=["gram", "person"], name="trigram_once")]


class ExternalIdentifier(Base, Guarded):
    """A person's number elsewhere: IPP of a hospital, file number of a software."""

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    system = models.CharField(max_length=150)
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField()
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "digest"], name="identifier_once")]


class PersonLink(Base, Authored, Guarded):
    """Two records are one person: dated, reversible, nothing re-pointed."""

    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="absorbed")
    duplicate = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="absorbed_by")
    reason = models.CharField(max_length=300)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["duplicate"], condition=Q(ended_at=None), name="absorbed_once"
            ),
            models.CheckConstraint(
                condition=~Q(survivor=models.F("duplicate")), name="link_of_two"
            ),
        ]


class Contact(Base, Address, Authored, Guarded):
    """Somebody of the person's own life: carer, relative, person of trust, legal representative.

    A person of trust has no right to read by that fact alone (CSP L.1111-6): ``access`` says it.
    """

    class Access(models.TextChoices):
        NONE = "", "aucun accès au dossier"
        READ = "carer_read", "peut voir"
        WRITE = "carer_write", "peut voir et écrire"
        LEGAL = "legal", "représentant légal"

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField("nom", max_length=150)
    relationship = models.CharField("lien", max_length=60, blank=True)
    is_carer = models.BooleanField("aidant ou aidante", default=False)
    is_trusted = models.BooleanField("personne de confiance", default=False)
    is_emergency = models.BooleanField("à prévenir", default=False)
    access = models.CharField("accès", max_length=12, choices=Access, blank=True)
    access_from = models.DateTimeField(null=True, blank=True)
    access_until = models.DateTimeField(null=True, blank=True)
    measure = models.CharField("mesure de protection", max_length=100, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contacts",
    )


class AttendingDoctor(Base, Authored, Guarded):
    """Who is the attending doctor, from when to when."""

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="attending_doctors")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)


class Wish(Base, Authored, Guarded):
    """One dated answer of the person about sharing: append, never edit.

    ``topic`` is ``record`` (opening this shared record) or ``outside`` (sharing beyond the care
    team, with a proof). A refusal closes the matter and is found again at the next request.
    """

    class Answer(models.TextChoices):
        AGREES = "agrees", "d’accord"
        REFUSES = "refuses", "refuse"
        UNABLE = "unable", "hors d’état de répondre"

    append_only = True

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="wishes")
    topic = models.CharField(max_length=20, default="record")
    answer = models.CharField(max_length=10, choices=Answer)
    consulted = models.CharField("qui a été consulté", max_length=150, blank=True)
    proof = models.CharField("recueil", max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)


class IdentityEvent(StatusRow, Guarded):
    """History of the identity's status and of its confirmation of death."""

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="history")
