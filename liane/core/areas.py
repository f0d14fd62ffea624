"""The areas of a person's record over which rights are given (columns of the rights table)."""

from enum import StrEnum


class Area(StrEnum):
    """One column of the rights table."""

    IDENTITY = "identity"
    CIRCLE = "circle"
    AGENDA = "agenda"
    TIMELINE = "timeline"
    CLINICAL_NOTE = "clinical_note"
    DOCUMENT = "document"
    THREAD = "thread"
    WORKING_FILE = "working_file"
    SOCIAL_ASSESSMENT = "social_assessment"
    CARE_PLAN = "care_plan"
    INTERVENTION = "intervention"
    MONEY = "money"
    CONSENT = "consent"
    ACCESS_LEDGER = "access_ledger"
