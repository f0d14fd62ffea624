"""A decision of an MDPH behind a request: its numbers, its papers, the positions said of it."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from liane.core.fields import EncryptedBytesField, EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded
from liane.directory.models import Organisation
from liane.referrals import positions
from liane.referrals.models.requests import Referral, ReferralFile
from liane.referrals.models.scoping import OF_REFERRAL_SQL, OfReferralQuerySet


class Decision(Base, Authored, Guarded):
    """What makes a request an orientation: one decision, addressed to one structure.

    ``number`` is that of the MDPH, ``national`` the one that the national follow-up gave; both
    sealed, ``digest`` finds the decision again. ``agreed``: whether the person lets the structure
    read her evaluation; None until she was asked.
    """

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.OneToOneField(Referral, on_delete=models.PROTECT, related_name="decision")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    number = EncryptedTextField()
    national = EncryptedTextField()
    digest = models.CharField(max_length=64)
    agreed = models.BooleanField(null=True)
    agreed_on = models.DateField(null=True)

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="one_decision_a_house"),
        ]
        indexes = [models.Index(fields=["digest"])]


class Position(Base, Authored, AppendOnly, Guarded):
    """One position, by the structure or (``heard``) by the MDPH; ``received`` as it came."""

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="positions")
    code = models.CharField(max_length=4)
    motive = models.CharField(max_length=4, blank=True)
    on = models.DateField()
    comment = EncryptedTextField()
    heard = models.BooleanField(default=False)
    received = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["referral", "at"])]

    @property
    def label(self) -> str:
        """The position in words, with its motive."""
        why = positions.motives().get(self.motive, "")
        return f"{positions.label(self.code)} ({why})" if why else positions.label(self.code)


class DecisionPaper(Base, Guarded):
    """A document of the decision, verbatim; ``shown`` is the readable file joined to the request.

    ``kind`` is its LOINC type: 57830-2 (person and decision) or 51848-0 (evaluation).
    """

    rls_using: ClassVar[str] = OF_REFERRAL_SQL

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=10)
    content = EncryptedBytesField()
    received = EncryptedTextField()
    digest = models.CharField(max_length=64)
    shown = models.ForeignKey(ReferralFile, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = OfReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral", "digest"], name="a_paper_once"),
        ]
