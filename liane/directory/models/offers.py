"""What organisations offer, where, and whom to call there: said by users, dated, confirmed."""

import datetime as dt

from django.db import models
from django.utils import timezone

from liane.core.models import Authored, Base, Versioned
from liane.directory import needs
from liane.directory.models.structures import Coverage, Organisation

FRESH = dt.timedelta(days=183)
"""An offer that nobody confirmed for so long is asked about: « toujours vrai ? »."""
FRESH_PLACES = dt.timedelta(days=30)
"""Free places and delays change sooner."""


class Said(Base, Authored):
    """Something said of an organisation by a user, still true when somebody last looked.

    ``confirmed_by`` is who, with their house. Ended, it stays readable with its reason.
    """

    confirmed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.CharField(max_length=250, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    why_ended = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_doubtful(self) -> bool:
        """True when nobody confirmed it for too long."""
        return self.ended_at is None and self.confirmed_at < timezone.now() - FRESH


class Correspondent(Said):
    """A person to call in an organisation: not always a professional of the directory."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="correspondents"
    )
    name = models.CharField("nom", max_length=150)
    function = models.CharField("fonction", max_length=150, blank=True)
    topic = models.CharField("pour quoi l’appeler", max_length=200, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.EmailField("messagerie", blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "ended_at"])]

    def __str__(self) -> str:
        return self.name


class HealthcareService(Said, Versioned):
    """One offer of an organisation, answering one need (FHIR HealthcareService).

    ``delay_days`` is how long one waits, in days; ``capacity`` the number of places in all,
    ``free_places`` those free when ``places_at`` was said.
    """

    class Where(models.TextChoices):
        HOME = "home", "à domicile"
        SITE = "site", "sur place"
        REMOTE = "remote", "à distance"

    class Availability(models.TextChoices):
        UNKNOWN = "unknown", "disponibilité non dite"
        OPEN = "open", "des places"
        WAITING = "waiting", "liste d’attente"
        FULL = "full", "complet"
        CLOSED = "closed", "n’accueille plus"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="services"
    )
    need = models.CharField("besoin", max_length=30)
    needs_version = models.CharField(max_length=10, default=needs.CURRENT, editable=False)
    name = models.CharField("intitulé", max_length=150)
    where = models.CharField("où", max_length=6, choices=Where, default=Where.HOME)
    skills = models.CharField("savoir-faire", max_length=300, blank=True)
    conditions = models.CharField("conditions", max_length=300, blank=True)
    price = models.CharField("coût pour la personne", max_length=200, blank=True)
    referral = models.CharField("comment orienter", max_length=300, blank=True)
    capacity = models.PositiveSmallIntegerField("places en tout", null=True)
    availability = models.CharField(
        max_length=8, choices=Availability, default=Availability.UNKNOWN
    )
    free_places = models.PositiveSmallIntegerField("places libres", null=True)
    delay_days = models.PositiveSmallIntegerField("délai en jours", null=True)
    places_at = models.DateTimeField(null=True, editable=False)
    places_by = models.CharField(max_length=250, blank=True, editable=False)
    correspondent = models.ForeignKey(
        Correspondent, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["need", "ended_at", "availability"]),
            models.Index(fields=["organisation", "ended_at"]),
            models.Index(
                fields=["confirmed_at"], name="offer_to_confirm",
                condition=models.Q(ended_at=None),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def need_words(self) -> str:
        """The need in words, as its version said it."""
        return needs.label(self.need, self.needs_version)

    @property
    def places_are_old(self) -> bool:
        """True when what is said of its places is older than a month."""
        return self.places_at is not None and self.places_at < timezone.now() - FRESH_PLACES


class ServiceArea(models.Model):
    """A territory that an offer serves; without any, those of its organisation. See `Change`."""

    service = models.ForeignKey(HealthcareService, on_delete=models.CASCADE, related_name="areas")
    level = models.CharField(max_length=10, choices=Coverage.Level)
    code = models.CharField(max_length=9)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "level", "code"], name="service_area_once")
        ]
        indexes = [models.Index(fields=["level", "code"])]
