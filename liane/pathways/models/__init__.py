"""Pathways: protocols kept by structures, projects and their teams, enrolments, sessions due."""

from liane.pathways.models.enrolments import (
    Anchor,
    Answer,
    Clash,
    DocumentGiven,
    Enrolment,
    EnrolmentEvent,
    Rights,
    Suspension,
)
from liane.pathways.models.projects import (
    Account,
    Amendment,
    Milestone,
    Project,
    ProjectEvent,
    SharingAccord,
    SharingAgreement,
    Signatory,
)
from liane.pathways.models.protocols import Completion, ProtocolVersion, ProtocolVersionEvent
from liane.pathways.models.sessions import (
    Confirmation,
    ConfirmationEvent,
    Counted,
    SavedView,
    Session,
    SessionEvent,
    SessionLink,
)
from liane.pathways.models.slots import SlotEvent, SlotPart, SlotProposal

__all__ = [
    "Account", "Amendment", "Anchor", "Answer", "Clash", "Completion", "Confirmation",
    "ConfirmationEvent", "Counted", "DocumentGiven", "Enrolment", "EnrolmentEvent", "Milestone",
    "Project", "ProjectEvent", "ProtocolVersion", "ProtocolVersionEvent", "Rights", "SavedView",
    "Session", "SessionEvent", "SessionLink", "SharingAccord",
    "SharingAgreement", "Signatory", "SlotEvent",
    "SlotPart", "SlotProposal", "Suspension",
]  # fmt: skip
