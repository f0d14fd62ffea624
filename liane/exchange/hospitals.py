"""Which hospital speaks, and the systems under which it numbers people and stays."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from liane.core import keys
from liane.core.prepared import prepared
from liane.directory.models import Organisation
from liane.exchange.hl7v2.messages import AdtMessage, Identifier
from liane.stays.services import Source

_PURPOSE = "identifier"


@dataclass(frozen=True, slots=True)
class Speaker:
    """The hospital of a message; ``organisation`` is None when the directory does not know it."""

    name: str
    key: str
    organisation: Organisation | None = None

    def source(self, adt: AdtMessage) -> Source:
        """Which stay the message speaks of."""
        return Source(f"{self.key}|{adt.visit.value}"[:200], self.organisation, self.name)

    def systems(self, identifier: Identifier) -> list[str]:
        """Names under which this hospital's number for a person may be stored; best first."""
        if self.organisation is not None:
            return [f"ipp:{self.organisation.pk}"]
        names = dict.fromkeys((identifier.namespace, identifier.authority))
        return [f"ipp:{name}"[:150] for name in names if name] or [f"ipp:{self.key}"[:150]]


def speaker(adt: AdtMessage, fallback: Organisation | None = None) -> Speaker:
    """The hospital by FINESS or by the authority that numbers its patients.

    ``fallback`` is the organisation for which messages are received, where the message names none
    that the directory knows.
    """
    told = {adt.hospital.value, adt.hospital.authority, adt.ipp.namespace, adt.ipp.authority}
    told |= {adt.visit.namespace, adt.visit.authority, adt.facility}
    told.discard("")
    organisation = _known.first(sorted(told)) or fallback
    if organisation is not None:
        return Speaker(organisation.name, str(organisation.pk), organisation)
    name = adt.hospital.value or adt.facility
    return Speaker(name[:200], name[:150])


@prepared
def _known(names: list[str]) -> QuerySet[Organisation]:
    return Organisation.objects.filter(
        Q(finess__in=names) | Q(authority__in=names), active=True
    ).order_by("created_at")[:1]


def number_digest(identifier: Identifier) -> str:
    """What is stored beside a sealed number, for exact match."""
    return keys.digest(identifier.value, purpose=_PURPOSE)


def number_digests(identifier: Identifier) -> list[str]:
    """Every digest to look for, older keys included."""
    return keys.digests(identifier.value, purpose=_PURPOSE)
