"""Rights to the health insurance: whose number, which fund, which complementary, which exemption.

The insured's number is not the INS of the person cared for: a child is a beneficiary of a parent.
"""

from typing import ClassVar

from django.db import models

from liane.circle.scoping import Scoped
from liane.core.areas import Area
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base
from liane.pathways.protocols.money import EXEMPTIONS

EXEMPTION_CHOICES = [("", "aucune : la participation est due"), *EXEMPTIONS.items()]
"""Who owes no share (CSS, D.160-17-2): the codes of the definitions."""


class Coverage(Base, Authored, AppendOnly, Scoped):
    """Rights of one person from a day on: never changed, replaced by the next row.

    ``number`` is the insured's (NIR, 13 characters and key), sealed. ``rank`` is the beneficiary's
    rank of birth on the insured's card (1 to 9). ``amc`` empty: no complementary insurance pays.
    """

    class Quality(models.TextChoices):
        SELF = "self", "l’assuré lui-même"
        CHILD = "child", "enfant de l’assuré"
        SPOUSE = "spouse", "conjoint de l’assuré"
        OTHER = "other", "autre ayant droit"

    class Seen(models.TextChoices):
        CARD = "card", "carte Vitale"
        ONLINE = "online", "droits en ligne"
        PAPER = "paper", "attestation"

    scope_area: ClassVar[Area] = Area.MONEY

    number = EncryptedTextField("numéro de l’assuré")
    quality = models.CharField("la personne est", max_length=8, choices=Quality)
    rank = models.PositiveSmallIntegerField("rang de naissance", default=1)
    amo = models.CharField("organisme obligatoire", max_length=9)
    amo_name = models.CharField("nom de l’organisme", max_length=100, blank=True)
    amc = models.CharField("numéro de la complémentaire", max_length=10, blank=True)
    amc_name = models.CharField("complémentaire", max_length=100, blank=True)
    exemption = models.CharField(
        "exonération de la participation", max_length=16, choices=EXEMPTION_CHOICES, blank=True
    )
    exemption_from = models.DateField("exonération depuis le", null=True, blank=True)
    exemption_until = models.DateField("exonération jusqu’au", null=True, blank=True)
    starts_on = models.DateField("droits ouverts le")
    ends_on = models.DateField("droits jusqu’au", null=True, blank=True)
    seen = models.CharField("droits lus sur", max_length=8, choices=Seen, default=Seen.CARD)
    seen_on = models.DateField("vérifiés le")

    class Meta:
        indexes = [models.Index(fields=["person", "-created_at"])]

    @property
    def masked(self) -> str:
        """The number as a page may show it: its last five characters."""
        return f"··· {self.number[-5:]}"
