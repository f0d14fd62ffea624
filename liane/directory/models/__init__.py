"""Professionals, organisations, what these offer, and the territories they answer for."""

from liane.directory.models.national import DirectoryImport, NationalLine, RejectedLine
from liane.directory.models.offers import Correspondent, HealthcareService, Said, ServiceArea
from liane.directory.models.structures import (
    Absence,
    Address,
    Change,
    Commune,
    Coverage,
    Department,
    Duty,
    Epci,
    Locum,
    Organisation,
    Post,
    Posting,
    Practice,
    Professional,
    Word,
    WordGram,
)

__all__ = [
    "Absence",
    "Address",
    "Change",
    "Commune",
    "Correspondent",
    "Coverage",
    "Department",
    "DirectoryImport",
    "Duty",
    "Epci",
    "HealthcareService",
    "Locum",
    "NationalLine",
    "Organisation",
    "Post",
    "Posting",
    "Practice",
    "Professional",
    "RejectedLine",
    "Said",
    "ServiceArea",
    "Word",
    "WordGram",
]
