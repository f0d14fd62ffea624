"""Conversations, what is written in them, who has read it; the mails that carry it outside."""

from liane.messaging.models.drafts import Draft
from liane.messaging.models.mail import (
    CodedLink,
    IncomingMail,
    OutgoingMail,
    SignedLink,
    Validation,
)
from liane.messaging.models.messages import (
    Acknowledgement,
    Attachment,
    Claim,
    Mention,
    Message,
    MessageWord,
    Outcome,
    Withdrawal,
)
from liane.messaging.models.threads import Participant, ReadMark, Thread

__all__ = [
    "Acknowledgement",
    "Attachment",
    "Claim",
    "CodedLink",
    "Draft",
    "IncomingMail",
    "Mention",
    "Message",
    "MessageWord",
    "Outcome",
    "OutgoingMail",
    "Participant",
    "ReadMark",
    "SignedLink",
    "Thread",
    "Validation",
    "Withdrawal",
]
