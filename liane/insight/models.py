"""Reports made as documents. Figures alone: no person is in them, and small cells are hidden."""

from django.db import models

from liane.core.models import Authored, Base, StoredFile
from liane.directory.models import Organisation
from liane.insight.periods import KINDS, Period


class ReportFile(Base, Authored):
    """One report as PDF, of one organisation: asked, then made by a job."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=list(KINDS.items()))
    first = models.DateField()
    last = models.DateField()
    definitions = models.CharField(max_length=10)
    """The version of the definitions under which it was counted."""
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"])]

    @property
    def period(self) -> Period:
        """What it covers."""
        return Period(self.kind, self.first, self.last)
