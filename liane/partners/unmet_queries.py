"""Reads of unmet needs: by territory, one by one, of one request. Queries are counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, QuerySet

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.directory import needs
from liane.directory.models import Commune
from liane.partners import rules
from liane.partners.models import UnmetNeed
from liane.partners.states import Unmet

SHOWN = 100


@dataclass(frozen=True)
class Lack:
    """One need in one territory: how many times, from which communes."""

    need: str
    label: str
    number: int
    communes: list[str]


@dataclass
class Territory:
    """An EPCI (or what lies in none) and what is missing there, most often first."""

    code: str
    name: str
    lacks: list[Lack] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many in all."""
        return sum(one.number for one in self.lacks)


def reached() -> QuerySet[UnmetNeed]:
    """Unmet needs of the actor's organisation that it may read."""
    actor = acting.current()
    rows: QuerySet[UnmetNeed] = UnmetNeed.objects.within(Reach.of(actor))
    if actor.organisation_id is None or not rules.notes_needs(actor):
        return rows.none()
    return rows.filter(organisation_id=actor.organisation_id)


def by_territory() -> list[Territory]:
    """What is missing now, by intercommunality then by need. Two queries at any size."""
    rows = reached().filter(status=Unmet.OPEN).order_by()
    said = list(rows.values_list("insee", "need").annotate(number=Count("pk")))
    ledger.read([None], "working_file")
    towns = Commune.objects.select_related("epci").in_bulk({insee for insee, *_ in said})
    found: dict[str, Territory] = {}
    grouped: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for insee, need, number in said:
        town = towns.get(insee)
        epci = town.epci if town is not None else None
        code, name = (epci.code, epci.name) if epci is not None else ("", "Hors intercommunalité")
        found.setdefault(code, Territory(code, name))
        grouped.setdefault((code, need), []).append((number, town.name if town else insee))
    for (code, need), parts in grouped.items():
        found[code].lacks.append(
            Lack(need, needs.label(need), sum(n for n, _ in parts), sorted(t for _, t in parts))
        )
    for one in found.values():
        one.lacks.sort(key=lambda lack: (-lack.number, lack.label))
    return sorted(found.values(), key=lambda one: (-one.number, one.name))


def listed(status: str = Unmet.OPEN, need: str = "", epci: str = "") -> list[UnmetNeed]:
    """Unmet needs one by one, the latest first; persons shown are recorded. Two queries."""
    rows = reached().filter(status=status)
    if need:
        rows = rows.filter(need=need)
    if epci:
        rows = rows.filter(insee__in=Commune.objects.filter(epci_id=epci).values("code"))
    return _read(rows.select_related("person").order_by("-at", "-pk")[:SHOWN])


def of_request(referral_id: UUID) -> list[UnmetNeed]:
    """What was missing for a request. One query."""
    return _read(reached().filter(referral_id=referral_id).order_by("-at", "-pk"))


def one(unmet_id: UUID) -> UnmetNeed | None:
    """One unmet need, recorded as read. One query."""
    return next(iter(_read(reached().filter(pk=unmet_id))), None)


def _read(rows: Iterable[UnmetNeed]) -> list[UnmetNeed]:
    found = list(rows)
    ledger.read({row.person_id for row in found if row.person_id is not None}, "working_file")
    return found
