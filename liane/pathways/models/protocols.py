"""Versions of protocols that a structure drafts and publishes beside the shipped files."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core.models import AppendOnly, Authored, Base, StatusRow, Versioned
from liane.directory.models import Organisation
from liane.pathways.protocols import library
from liane.pathways.states import VersionStatus


class HouseQuerySet(models.QuerySet[Any]):
    """Rows of the organisations one works for; no personal data of those cared for."""

    def within(self, reach: Reach) -> Self:
        """Rows of the actor's organisations."""
        if reach.everything:
            return self
        field = getattr(self.model, "house_field", "organisation_id")
        return self.filter(**{f"{field}__in": reach.actor.holders})


class ProtocolVersion(Base, Authored, Versioned):
    """One version of a protocol in a structure's hands: YAML in the published format.

    A draft is edited; once published it is never changed: completing an amount makes another
    version. The person who publishes is not the one who wrote it.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.CharField("protocole", max_length=60)
    number = models.CharField("version", max_length=60)
    based_on = models.CharField("à partir de", max_length=60, blank=True)
    text = models.TextField("définition")
    title = models.CharField("intitulé", max_length=600, blank=True, editable=False)
    """What the text gives as its title, so that it is searched."""
    note = models.CharField("ce qui change", max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=VersionStatus, default=VersionStatus.DRAFT)
    published_at = models.DateTimeField(null=True)
    valid_from = models.DateField(null=True)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key", "number"], name="protocol_version_once"
            )
        ]
        indexes = [models.Index(fields=["organisation", "key", "status"])]

    def __str__(self) -> str:
        return f"{self.key} {self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        """Keep the title of the text beside it."""
        names = options.get("update_fields")
        if names is None or "text" in names:
            self.title = library.title_of(self.text)
            if names is not None:
                options["update_fields"] = [*names, "title"]
        super().save(*args, **options)


class ProtocolVersionEvent(StatusRow):
    """One dated change of a version: drafted, published, withdrawn."""

    version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="history")


class Completion(Base, Authored, AppendOnly):
    """A value that no source gave, completed by a structure, with the source it gives for it.

    ``path`` names the place in the definition (``amounts.initiale.A``), ``value`` is as typed.
    """

    house_field: ClassVar[str] = "version__organisation_id"

    version = models.ForeignKey(
        ProtocolVersion, on_delete=models.PROTECT, related_name="completions"
    )
    path = models.CharField(max_length=160)
    value = models.CharField(max_length=60)
    source = models.CharField("source", max_length=300)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()
