"""The statement of one payee over a year: what was counted, billed, paid, refused, and why.

Read by whoever is paid, signed in or behind the month's link. What they may know of a bundle is
their own lines and their own acts: the parts of others are not here.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from liane.bundles import checks, queries, sentences, stored
from liane.bundles.models import SettledLine
from liane.bundles.queries import LineView
from liane.bundles.states import LineState
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.models import AccessRow
from liane.interventions.models import Intervention
from liane.pathways import cases, catalogue
from liane.pathways.models import Counted

MOST = 500
"""Lines of one statement: a year of a busy practice has a tenth of it."""
DEAD = frozenset({LineState.REISSUED, LineState.CANCELLED})


@dataclass(frozen=True)
class Why:
    """What a line rests on: the rule of the sharing key, and its article or where it is written."""

    rule: str
    article: str


@dataclass(frozen=True)
class Entry:
    """One line of an invoice, with the acts that it pays."""

    view: LineView
    person: str
    acts: Sequence[tuple[dt.date, str]]
    why: Sequence[Why]
    text: str
    """The text that governs: its reference and version."""

    @property
    def counts(self) -> bool:
        """False for a line that another piece settled: it is shown and not added."""
        return self.view.state not in DEAD


@dataclass(frozen=True)
class Refused:
    """One act that did not count, in the words of the engine: rule and article are in them."""

    on: dt.date
    person: str
    text: str


@dataclass
class Sheet:
    """A year of one payee. Amounts are in cents."""

    payee: str
    year: int
    entries: Sequence[Entry] = field(default_factory=list)
    refused: Sequence[Refused] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """What the payers were asked for them."""
        return sum(one.view.asked for one in self.entries if one.counts)

    @property
    def paid(self) -> int:
        """What was paid of it."""
        return sum(one.view.paid for one in self.entries if one.counts)

    @property
    def shares(self) -> int:
        """What persons pay the structure, which pays it out."""
        return sum(one.view.line.patient_cents for one in self.entries if one.counts)

    @property
    def left(self) -> int:
        """What is still waited for from the payers."""
        return self.asked - self.paid


def years() -> list[int]:
    """The years in which something was billed for the actor, newest first. Three queries."""
    actor = acting.current()
    views = queries.own_views(_own_lines(), actor)
    return sorted({_year(one) for one in views}, reverse=True)


def of_year(year: int) -> Sheet:
    """The statement of whoever acts, recorded as taken away. A bounded number of queries."""
    actor = acting.current()
    holders = queries.payee_holders(actor)
    views = [one for one in queries.own_views(_own_lines(), actor) if _year(one) == year]
    reach = Reach.of(actor)
    with acting.acting(acting.system("relevé du bénéficiaire")):
        refused = _refused(holders, {one.line.invoice.enrolment_id for one in views}, year)
    people = {one.line.person_id for one in views} | {act.person_id for act, _ in refused}
    names = {one.pk: one.short_name for one in reach.patients().filter(pk__in=people)}
    ledger.read(people, "money", action=AccessRow.Action.EXPORT)
    with acting.acting(acting.system("relevé du bénéficiaire")):
        entries = _entries(views, names)
    return Sheet(
        views[0].line.payee_label if views else actor.label, year, entries,
        [Refused(act.day, names.get(act.person_id, queries.OUTSIDE), text)
         for act, text in sorted(refused, key=lambda one: one[0].at)],
    )  # fmt: skip


def _own_lines() -> list[UUID]:
    return queries.own_lines(MOST)


def _year(view: LineView) -> int:
    return timezone.localdate(view.line.invoice.issued_at).year


def _entries(views: Collection[LineView], names: dict[UUID, str]) -> list[Entry]:
    wanted = {act for view in views for act in view.line.acts.split()}
    acts = {str(one.pk): one for one in Intervention.objects.filter(pk__in=wanted)}
    definitions = queries.definitions_of([one.line.invoice.sequence for one in views])
    why = _why(views)
    made = []
    for view in views:
        line, invoice = view.line, view.line.invoice
        said = definitions.get(invoice.enrolment_id)
        paid = [acts[act] for act in line.acts.split() if act in acts]
        text = said.legal.reference if said is not None else invoice.protocol
        made.append(Entry(
            view, names.get(line.person_id, queries.OUTSIDE),
            sorted((one.day, catalogue.label_of(said, one.code) if said else one.code)
                   for one in paid),
            why.get((invoice.enrolment_id, invoice.sequence.key, line.payee_holder_id, line.role),
                    []),
            f"{text}, règles {invoice.version}",
        ))  # fmt: skip
    return made


type Key = tuple[UUID, str, UUID, str]


def _why(views: Collection[LineView]) -> dict[Key, list[Why]]:
    """The rules and articles of the settled lines behind these. One query."""
    rows = SettledLine.objects.filter(
        enrolment_id__in={one.line.invoice.enrolment_id for one in views},
        payee_holder_id__in={one.line.payee_holder_id for one in views},
    ).order_by("settled__number", "id")
    found: dict[Key, dict[Why, None]] = defaultdict(dict)
    for row in rows:
        key = (row.enrolment_id, row.sequence, row.payee_holder_id, row.role)
        found[key][Why(sentences.rule(row.rule), row.article)] = None
    return {key: list(said) for key, said in found.items()}


def _refused(
    holders: Collection[UUID], enrolments: set[UUID], year: int
) -> list[tuple[Intervention, str]]:
    """The acts that these holders did in the year and that did not count, each with why."""
    counted = Counted.objects.filter(
        intervention__performed_by_id__in=holders, ended_at=None, intervention__at__year=year
    )
    asked = enrolments | set(counted.values_list("enrolment_id", flat=True))
    texts = checks.last_texts(list(asked))
    found: dict[UUID, str] = {}
    for read in cases.cases_of(list(asked), timezone.localdate()):
        text = texts.get(read.enrolment.pk)
        if text is None:
            continue
        answer = stored.settlement(read.enrolment.pk, text)
        spoken = sentences.speak(read.protocol, read.case, answer, str)
        found |= {
            row.act: said.text
            for row, said in zip(answer.refusals, spoken.refusals, strict=True)
            if isinstance(row.act, UUID)
        }
    mine = Intervention.objects.filter(
        pk__in=list(found), performed_by_id__in=holders, at__year=year
    ).standing()
    return [(act, found[act.pk]) for act in mine]
