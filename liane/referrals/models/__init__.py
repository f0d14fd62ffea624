"""Requests for support, and searches for a professional."""

from liane.referrals.models.decisions import Decision, DecisionPaper, Position
from liane.referrals.models.quests import Offer, OptIn, Quest, QuestStep
from liane.referrals.models.requests import (
    URGENCY_ORDER,
    Assignment,
    Referral,
    ReferralFile,
    ReferralStep,
    Return,
    ReturnTo,
    Urgency,
)

__all__ = [
    "URGENCY_ORDER",
    "Assignment",
    "Decision",
    "DecisionPaper",
    "Offer",
    "OptIn",
    "Position",
    "Quest",
    "QuestStep",
    "Referral",
    "ReferralFile",
    "ReferralStep",
    "Return",
    "ReturnTo",
    "Urgency",
]
