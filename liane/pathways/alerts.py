"""What a coordinator is warned of, and why a rupture of the pathway is to be feared. Pure.

Alerts are the protocol's (`alerts` of the definition). The risk is a count of plain reasons, each
one shown: it is no score and decides nothing.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from liane.pathways.protocols.format import Alert

SILENT_DAYS = 45
"""Without any act for so long, a rupture is to be feared, where the protocol says nothing."""
LATE_DAYS = 14


@dataclass(frozen=True)
class Seen:
    """What is known of an enrolment today. ``missed``: sessions missed in a row, the last ones."""

    today: dt.date
    since: dt.date
    last_act_on: dt.date | None = None
    missed: int = 0
    late: int = 0
    late_since: dt.date | None = None
    away: bool = False
    suspended: bool = False
    deadline_on: dt.date | None = None

    @property
    def silent_days(self) -> int:
        """Days without any act, from the last one or from the inclusion."""
        return (self.today - (self.last_act_on or self.since)).days

    @property
    def late_days(self) -> int:
        """For how long the oldest session that is late has been."""
        return (self.today - self.late_since).days if self.late_since else 0


def alerts(rules: Sequence[Alert], seen: Seen) -> list[Alert]:
    """The protocol's alerts that hold today. A suspended pathway warns of nothing but a stay."""
    return [rule for rule in rules if _holds(rule, seen)]


def _holds(rule: Alert, seen: Seen) -> bool:
    if rule.kind == "stay":
        return seen.away
    if seen.suspended:
        return False
    match rule.kind:
        case "missed":
            return seen.missed >= (rule.count or 1)
        case "silence":
            return seen.silent_days >= (rule.days or SILENT_DAYS)
        case "deadline":
            return seen.deadline_on is not None and (
                0 <= (seen.deadline_on - seen.today).days <= (rule.days or 0)
            )
        case _:
            return seen.late_days >= (rule.days or 1)


def reasons(seen: Seen) -> list[str]:
    """Why a rupture is to be feared, in words; none for a suspended pathway."""
    if seen.suspended:
        return []
    found = []
    if seen.missed:
        found.append(
            "dernière séance manquée" if seen.missed == 1 else f"{seen.missed} séances manquées"
        )
    if seen.late > 1:
        found.append(f"{seen.late} séances en retard")
    if seen.late_days > LATE_DAYS:
        found.append(f"un retard de {seen.late_days} jours")
    if seen.silent_days >= SILENT_DAYS:
        found.append(f"aucun acte depuis {seen.silent_days} jours")
    if seen.away:
        found.append("hospitalisation en cours")
    return found
