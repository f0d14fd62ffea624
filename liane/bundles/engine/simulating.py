"""What a draft would change: the same cases settled under the definition in force and the draft."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from liane.bundles.engine.results import Settlement
from liane.bundles.engine.settling import settle, settled
from liane.pathways.protocols.facts import Case
from liane.pathways.protocols.plan import Plan
from liane.pathways.protocols.quick import ordered
from liane.pathways.protocols.walk import walk


@dataclass
class Effect:
    """The draft beside the definition in force, over many cases; money in cents.

    ``acts``: interventions read. ``payees``: what each would get more. ``blocked``: cases with a
    sequence that can be billed now and could not under the draft; ``freed`` the reverse.
    ``missing``: what the draft leaves to be completed, with the number of cases it stops.
    ``refused``, ``accepted``: acts that the draft would refuse and that count now, by the reason it
    gives, and the reverse by the reason given now.
    """

    cases: int = 0
    acts: int = 0
    before: int = 0
    after: int = 0
    payees: Counter[str] = field(default_factory=Counter)
    blocked: list[Any] = field(default_factory=list)
    freed: list[Any] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)

    @property
    def gain(self) -> int:
        """Payees who would get more."""
        return sum(1 for cents in self.payees.values() if cents > 0)

    @property
    def lose(self) -> int:
        """Payees who would get less."""
        return sum(1 for cents in self.payees.values() if cents < 0)

    @property
    def same(self) -> int:
        """Payees who would get as much."""
        return sum(1 for cents in self.payees.values() if cents == 0)

    def add(self, other: "Effect") -> None:
        """Take in the effect on other cases."""
        self.cases += other.cases
        self.acts += other.acts
        self.before += other.before
        self.after += other.after
        for payee, cents in other.payees.items():
            self.payees[payee] += cents
        self.blocked += other.blocked
        self.freed += other.freed
        self.missing.update(other.missing)
        self.refused.update(other.refused)
        self.accepted.update(other.accepted)

    def settle_order(self) -> None:
        """The same effect, whatever the order in which its parts were added."""
        self.blocked.sort()
        self.freed.sort()
        for name in ("payees", "missing", "refused", "accepted"):
            setattr(self, name, Counter(dict(sorted(getattr(self, name).items()))))


def compare(current: Plan, draft: Plan, cases: Iterable[Case], until: dt.date) -> Effect:
    """Price ``draft`` against ``current`` on the same facts, one pass, cases never kept."""
    return compare_each(((current, case) for case in cases), draft, until)


def compare_each(held: Iterable[tuple[Plan, Case]], draft: Plan, until: dt.date) -> Effect:
    """The same where each case has the plan of the version that governs it."""
    effect = Effect()
    for current, case in held:
        effect.cases += 1
        effect.acts += len(case.acts)
        _count(effect, case, *_both(current, draft, case, until))
    effect.settle_order()
    return effect


def _both(current: Plan, draft: Plan, case: Case, until: dt.date) -> tuple[Settlement, Settlement]:
    """The case settled under both; its acts are put in order once where both list them alike."""
    here, there = (
        current.table(case.profile, case.overseas),
        draft.table(case.profile, case.overseas),
    )
    rows = ordered(here, case.acts)
    then = settled(current, walk(current, case, until, rows=rows))
    if here.places != there.places:
        return then, settle(draft, case, until)
    return then, settled(draft, walk(draft, case, until, rows=rows))


def _count(effect: Effect, case: Case, then: Settlement, now: Settlement) -> None:
    payees = effect.payees
    for line in then.lines:
        effect.before += line[3]
        payees[line[1]] -= line[3]
    for line in now.lines:
        effect.after += line[3]
        payees[line[1]] += line[3]
    if now.missing:
        effect.missing.update({one.path for one in now.missing})
    billed, billable = _billable(then), _billable(now)
    if billed > billable:
        effect.blocked.append(case.id)
    elif billable > billed:
        effect.freed.append(case.id)
    if then.refusals != now.refusals:
        _refusals(effect, then, now)


def _refusals(effect: Effect, then: Settlement, now: Settlement) -> None:
    before = {act: code for act, _, code, _, _ in then.refusals}
    after = {act: code for act, _, code, _, _ in now.refusals}
    if before.keys() == after.keys():
        return
    effect.refused.update([code for act, code in after.items() if act not in before])
    effect.accepted.update([code for act, code in before.items() if act not in after])


def _billable(settlement: Settlement) -> int:
    return sum([one.billable for one in settlement.sequences])
