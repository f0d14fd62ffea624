"""Care plans: the plan and its state, its lines, what was published, who answered."""

from liane.careplans.models.lines import Action, Change, Line, LineEvent, Objective, Problem
from liane.careplans.models.plans import LIFE, RUNNING, Plan, PlanEvent, Review, Words
from liane.careplans.models.versions import (
    Agreement,
    PlanLink,
    PlanVersion,
    Verdict,
    VersionFile,
    VersionLine,
)

__all__ = [
    "LIFE", "RUNNING", "Action", "Agreement", "Change", "Line", "LineEvent", "Objective", "Plan",
    "PlanEvent", "PlanLink", "PlanVersion", "Problem", "Review", "Verdict", "VersionFile",
    "VersionLine", "Words",
]  # fmt: skip
