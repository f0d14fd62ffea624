"""What came from other systems and what leaves for them."""

from liane.exchange.models.documents import ReceivedDocument, Sending
from liane.exchange.models.hospital import (
    FailedTry,
    IdentityCandidate,
    IdentityCase,
    RawMessage,
)
from liane.exchange.models.identities import InsiAnswer

__all__ = [
    "FailedTry",
    "IdentityCandidate",
    "IdentityCase",
    "InsiAnswer",
    "RawMessage",
    "ReceivedDocument",
    "Sending",
]
