"""Lists of persons under reach: my persons, a tolerant search, look-alikes as one may see them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When

from liane.circle import rules, tokens
from liane.circle.models import Membership
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.text import normalise, trigrams
from liane.patients.models import Patient, PatientTrigram, PersonLink, Wish
from liane.patients.queries import Candidate, last_wish

PAGE = 50
"""Persons of one page."""

FOUND = 30
"""Persons that a search shows at most."""


@dataclass(frozen=True)
class Page:
    """One page of persons; ``after`` names the next one (an identifier, never a name)."""

    people: Sequence[Patient]
    after: UUID | None


@dataclass(frozen=True)
class Lookalike:
    """A look-alike as the current actor may see it.

    ``person`` is None out of reach: nothing is told then but that somebody is there, and ``token``
    lets one ask to join the circle. ``refused_on`` is the day of a refusal on the same traits.
    """

    person: Patient | None
    reasons: tuple[str, ...]
    token: str = ""
    refused_on: dt.date | None = None


WIDE = 2_000
"""From this reach on, a list walks the index of names and asks for each person's grant: the cost
stays that of one page. Below it, the grants drive (20,000 persons: 6 against 96 ms of CPU at a
reach of 19,800; 29 against 5 ms at a reach of 100)."""


def seen(reach: Reach, *, walking: bool) -> QuerySet[Patient]:
    """Persons for a list; ``full`` is false where only the usual name and town may be shown."""
    full = reach.grants(rules.full_identity(reach.actor.role))
    people = reach.patients() if walking else reach.listing()
    return people.annotate(full=Exists(full.filter(person_id=OuterRef("pk"))))


def _wide(reach: Reach) -> bool:
    return reach.persons()[: WIDE + 1].count() > WIDE


def mine(reach: Reach, after: UUID | None = None, size: int = PAGE) -> Page:
    """My persons by name, page by page. Three queries, four from the second page on."""
    people = seen(reach, walking=_wide(reach)).filter(~Q(pk__in=_absorbed()))
    if after is not None:
        start = reach.patients().filter(pk=after).values_list("search", flat=True).first() or ""
        people = people.filter(Q(search__gt=start) | Q(search=start, pk__gt=after))
    found = list(people.order_by("search", "id")[: size + 1])
    _noted(found[:size])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)


def search(reach: Reach, text: str, born: dt.date | None = None) -> list[Patient]:
    """Persons within reach by name (accents, order and one typing error forgiven) and birth date.

    Those whose usual name begins so come first: « michel » is Mme Michelle before M. Michel Dupuy.
    At most three queries: all the words first, then what resembles them.
    """
    people = seen(reach, walking=True)
    if born is not None:
        people = people.filter(birth_date=born)
    grams = _sure(text)
    if not grams:
        found = list(people.order_by("search", "id")[:FOUND]) if born is not None else []
    else:
        exact = people
        for gram in grams:
            named = PatientTrigram.objects.filter(gram=gram).values("person_id")
            exact = exact.filter(pk__in=named)
        first = Case(When(search__startswith=normalise(text).split()[0], then=0), default=1)
        found = list(exact.order_by(first, "search", "id")[:FOUND])
        if not found:
            found = _resembling(reach, people, text)
    _noted(found)
    return found


def _absorbed() -> QuerySet[PersonLink, UUID]:
    """Records that another one stands for: not shown twice in a list."""
    return PersonLink.objects.filter(ended_at=None).values_list("duplicate_id", flat=True)


def _sure(text: str) -> list[str]:
    """Trigrams that every person named ``text`` has: those of each word's beginning."""
    grams: list[str] = []
    for word in normalise(text).split()[:4]:
        padded = f"  {word}"
        grams += [padded[i : i + 3] for i in range(min(len(padded) - 2, 6))][-4:]
    return list(dict.fromkeys(grams))


def _resembling(reach: Reach, people: QuerySet[Patient], text: str) -> list[Patient]:
    grams = sorted(trigrams(text))
    near = (
        PatientTrigram.objects.filter(gram__in=grams, person_id__in=reach.persons())
        .values("person_id")
        .annotate(common=Count("gram", distinct=True))
        .filter(common__gte=max(2, ceil(len(grams) * 0.45)))
        .order_by("-common", "person_id")
        .values_list("person_id", flat=True)[:FOUND]
    )
    order = {pk: place for place, pk in enumerate(near)}
    return sorted(people.filter(pk__in=list(order)), key=lambda person: order[person.pk])


def _noted(people: Sequence[Patient]) -> None:
    ledger.read([person.pk for person in people], "list")


def lookalikes(candidates: Sequence[Candidate]) -> list[Lookalike]:
    """What the current actor may learn of the persons who look like the one being created."""
    reach = Reach.of(acting.current())
    ids = [one.person.pk for one in candidates]
    known = {person.pk: person for person in reach.patients().filter(pk__in=ids)}
    found = []
    for one in candidates:
        person = known.get(one.person.pk)
        if person is not None:
            found.append(Lookalike(person, one.likeness.reasons))
            continue
        found.append(Lookalike(None, (), tokens.give(one.person.pk), _refused(one)))
    ledger.read(ids, "lookalike")
    return found


def _refused(one: Candidate) -> dt.date | None:
    if one.likeness.score < 90 and not one.likeness.same_matricule:
        return None
    with acting.acting(acting.system("duplicate detection")):
        wish = last_wish(one.person.pk)
        followed = Membership.objects.filter(person_id=one.person.pk, status="active").exists()
    if wish is None or wish.answer != Wish.Answer.REFUSES or followed:
        return None
    return wish.at.date()


def closed(person_id: UUID | None) -> Patient | None:
    """The person, where a refusal closed the record and nobody follows it; None otherwise."""
    if person_id is None:
        return None
    with acting.acting(acting.system("asking again")):
        wish = last_wish(person_id)
        followed = Membership.objects.filter(person_id=person_id, status="active").exists()
        if wish is None or wish.answer != Wish.Answer.REFUSES or followed:
            return None
        return Patient.objects.filter(pk=person_id).first()


def in_emergency(
    birth_name: str, given_name: str, born: dt.date, ins_digests: Sequence[str] = ()
) -> Patient | None:
    """The one person with exactly these strict traits, or this matricule; None when not one.

    Read as the system: the caller shows nothing of it but what was typed.
    """
    with acting.acting(acting.system("emergency access")):
        people = Patient.objects.filter(died_on=None)
        if ins_digests:
            found = list(people.filter(ins_digest__in=ins_digests)[:2])
        else:
            family, given = normalise(birth_name), normalise(given_name)
            found = [
                person
                for person in people.filter(birth_date=born)
                if normalise(person.birth_name) == family
                and given in normalise(person.given_names).split()
            ]
    return found[0] if len(found) == 1 else None


def limited(reach: Reach, person_id: UUID) -> bool:
    """True when the actor may see of this person's identity the usual name and address only."""
    return not reach.holds(rules.full_identity(reach.actor.role), person_id)
