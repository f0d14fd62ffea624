"""A draft priced on what was really done: who would gain, lose, or be blocked. Nothing is written.

Each stored enrolment is settled twice on the same facts: under the version that governs it, and
under the draft. Read by a machine; the answer names payees, never persons cared for.
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import batched
from uuid import UUID

from liane.bundles import helping
from liane.bundles.engine.simulating import Effect, compare_each
from liane.bundles.engine.texts import REASONS
from liane.bundles.facts import Reader
from liane.bundles.payees import names_of
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core import rows as plain
from liane.core.ids import parse
from liane.pathways.models import Enrolment
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.library import gaps
from liane.pathways.protocols.plan import compile_protocol
from liane.pathways.states import READ

CHUNK = 1_000
"""Enrolments read at once."""
NAMELESS = {"sharing": "clé de répartition", "dropout": "règle de fin anticipée"}
"""What a definition may lack without any mark at its place."""


@dataclass(frozen=True)
class Mover:
    """One payee: what they would get more (or less), in cents."""

    name: str
    cents: int


@dataclass(frozen=True)
class Simulation:
    """The effect of a draft, with the names of payees; movers from who gains most."""

    protocol: Protocol
    until: dt.date
    effect: Effect
    movers: Sequence[Mover]

    @property
    def difference(self) -> int:
        """What would be owed more, in cents."""
        return self.effect.after - self.effect.before

    @property
    def unpriced(self) -> list[tuple[str, str, int]]:
        """What the draft leaves to be completed: (path, what, how many enrolments it stops)."""
        said = {one.path: one.what for one in gaps(self.protocol)}
        return [
            (path, said.get(path, NAMELESS.get(path, path)), n)
            for path, n in sorted(self.effect.missing.items())
        ]

    @property
    def refused(self) -> list[tuple[str, int]]:
        """Acts counted today that the draft would refuse, by reason in words."""
        return [(REASONS[code], number) for code, number in self.effect.refused.most_common()]

    @property
    def accepted(self) -> list[tuple[str, int]]:
        """Acts refused today that the draft would count, by the reason of today in words."""
        return [(REASONS[code], number) for code, number in self.effect.accepted.most_common()]


def run(protocol: Protocol, until: dt.date, organisation_id: UUID | None = None) -> Simulation:
    """Price a draft on every enrolment of its pathway, or on those of one structure.

    A large one uses every processor; the answer does not depend on who counted what.
    """
    with _machine(organisation_id):
        rows = Enrolment.objects.filter(
            protocol_key=protocol.key, status__in=READ, included_on__isnull=False
        )
        if organisation_id is not None:
            rows = rows.filter(organisation_id=organisation_id)
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        counter, effect = Counter(protocol, until), Effect()
        there = partial(counted, protocol, until, organisation_id)
        chunks = list(batched(ids, CHUNK))  # noqa: B911
        for part in helping.share(chunks, counter.of, there, helping.helpers(len(ids))):
            effect.add(part)
        effect.settle_order()
        movers = _movers(effect)
    return Simulation(protocol, until, effect, movers)


class Counter:
    """Prices chunk after chunk; what seldom changes is read once."""

    def __init__(self, protocol: Protocol, until: dt.date) -> None:
        self.draft, self.until, self.reader = compile_protocol(protocol), until, Reader(str)

    def of(self, ids: Sequence[UUID]) -> Effect:
        """The effect on these enrolments."""
        with plain.uncollected():
            found = self.reader.read(ids, self.until)
            return compare_each(((one.plan, one.case) for one in found), self.draft, self.until)


def counted(
    protocol: Protocol, until: dt.date, organisation_id: UUID | None, ids: Sequence[UUID]
) -> Effect:
    """The effect on one chunk, in a helper process."""
    with _machine(organisation_id):
        return Counter(protocol, until).of(ids)


def _machine(organisation_id: UUID | None) -> AbstractContextManager[acting.Actor]:
    return acting.acting(acting.system("simulation", organisation_id=organisation_id))


def _movers(effect: Effect) -> list[Mover]:
    known = names_of({pk for payee in effect.payees if (pk := parse(payee))})
    moved = [
        Mover(known.get(parse(payee), payee), cents)  # type: ignore[arg-type]
        for payee, cents in effect.payees.items()
        if cents
    ]
    return sorted(moved, key=lambda one: (-one.cents, one.name))


SHOWN = 50
"""Blocked enrolments named on the page."""


def named(enrolments: Sequence[UUID]) -> list[Enrolment]:
    """Those of these enrolments that the actor reaches, with their persons, recorded as read."""
    rows = Enrolment.objects.within(Reach.of(acting.current())).filter(
        pk__in=list(enrolments)[:SHOWN]
    )
    found = list(rows.select_related("person").order_by("person__birth_name", "pk"))
    ledger.read({row.person_id for row in found}, "money")
    return found
