"""What the engine needs of enrolments, read through pathways in a bounded number of queries."""

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from liane.bundles.engine.facts import Case
from liane.core import rows
from liane.pathways import cases, catalogue
from liane.pathways.acts import Enrolled, Paid, Paying, Teams
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.plan import Plan


class Facts(NamedTuple):
    """One enrolment, its case (acts named by the text of their identifiers), and the plan of the
    version that governs it."""

    enrolment: Enrolled
    case: Case
    protocol: Protocol
    plan: Plan

    @property
    def fingerprint(self) -> str:
        """A digest of the facts and of the version, whatever order facts were entered in."""
        case = self.case
        said = [
            self.protocol.key, self.protocol.version, *case[:2], (), *case[3:],
            [*map(tuple, sorted(case.acts, key=itemgetter(0)))],
        ]  # fmt: skip
        text = orjson.dumps(said, default=_plain, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple) else repr(value)


@dataclass
class Reader:
    """Reads chunk after chunk; who signed which project is read once, as of the first chunk.

    ``name`` makes the identifier of an act of what was read (`str`: as it is).
    """

    name: Callable[[Any], Any] = rows.text
    paid: dict[UUID, Paid] = field(default_factory=dict)

    def read(self, enrolments: Collection[UUID], until: dt.date) -> Iterator[Facts]:
        """The facts of these enrolments, read at once; each is made when it comes."""
        for one in cases.many(enrolments, until, self._paying, self.name):
            yield Facts(*one, catalogue.plan_of(one.protocol))

    def _paying(self, projects: Collection[UUID]) -> Paying:
        unknown = set(projects) - self.paid.keys()
        if unknown:
            found = Teams.of(unknown)
            self.paid |= {project: found.paying(project) for project in unknown}
        return self.paid.__getitem__
