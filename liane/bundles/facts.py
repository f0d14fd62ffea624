"""What the engine needs of enrolments, read through pathways in a bounded number of queries."""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.bundles.engine.facts import Case
from liane.pathways import cases
from liane.pathways.models import Enrolment
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.plan import Plan, compile_protocol


@dataclass(frozen=True)
class Facts:
    """One enrolment, its case, and the plan of the version that governs it."""

    enrolment: Enrolment
    case: Case
    protocol: Protocol
    plan: Plan

    @property
    def fingerprint(self) -> str:
        """A digest of the facts and of the version, whatever order facts were entered in."""
        acts = sorted(repr(tuple(act)) for act in self.case.acts)
        rest = [_plain(part) for part in self.case._replace(acts=())]
        text = repr((self.protocol.key, self.protocol.version, rest, acts))
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value whose text is the same for the same facts."""
    return sorted(value.items()) if isinstance(value, dict) else value


def read(enrolments: Collection[UUID], until: dt.date) -> Iterator[Facts]:
    """The facts of these enrolments; each version is compiled once."""
    plans: dict[int, Plan] = {}
    for one in cases.cases_of(enrolments, until):
        plan = plans.get(id(one.protocol))
        if plan is None:
            plan = plans[id(one.protocol)] = compile_protocol(one.protocol)
        yield Facts(one.enrolment, one.case, one.protocol, plan)
