"""One declared state machine per thing that has a status; every step is a dated row.

>>> REFERRAL = Machine({"sent": {"received", "revoked"}, "received": {"done"}})
>>> REFERRAL.allows("sent", "received")
True
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import author_of


@dataclass(frozen=True)
class Machine:
    """The steps allowed from each state."""

    steps: Mapping[str, set[str]]

    def allows(self, before: str, after: str) -> bool:
        """True when the step exists."""
        return after in self.steps.get(before, set())


def transition(thing: Any, machine: Machine, after: str, *, reason: str = "") -> Any:
    """Move ``thing.status`` to ``after``, and add its row to ``thing.history``.

    The caller holds the transaction and the rule. Raises :class:`Refused` for an illegal step.
    """
    before = thing.status
    if not machine.allows(before, after):
        raise Refused(
            f"Impossible de passer de « {before} » à « {after} ».", code="illegal-transition"
        )
    thing.status = after
    thing.save(update_fields=["status"])
    return thing.history.create(
        before=before, after=after, reason=reason, **author_of(acting.current())
    )
