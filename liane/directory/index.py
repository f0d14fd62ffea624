"""The directory's search index, kept with the rows in the same transaction.

A small vocabulary (each word once, with its trigrams) and the places where each word stands. What
people type is compared with the vocabulary, never with every row: at 100,000 professionals a
search looks at a few dozen words, then at the rows of those words through an index.
"""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import transaction

from liane.core.text import normalise, trigrams
from liane.directory import bulk, needs
from liane.directory.models import (
    HealthcareService,
    Organisation,
    Posting,
    Practice,
    Professional,
    Word,
    WordGram,
)

Kind = Posting.Kind
BATCH = 2_000
Places = Mapping[str, bool]
"""Words of one row: True where the word belongs to the name, False where to the town."""


class Vocabulary:
    """Numbers of words, kept between the batches of a long import (a bounded number of them)."""

    def __init__(self, room: int = 400_000) -> None:
        self.room = room
        self.numbers: dict[str, int] = {}

    def of(self, words: set[str]) -> dict[str, int]:
        """The number of each word; new words enter the vocabulary."""
        missing = words - self.numbers.keys()
        if missing:
            if len(self.numbers) + len(missing) > self.room:
                self.numbers.clear()
                missing = words
            self.numbers.update(_vocabulary(missing))
        return self.numbers


def index_new(kind: str, found: Mapping[UUID, Places], vocabulary: Vocabulary) -> None:
    """Index rows that have just been made, many at once; the caller holds the transaction."""
    numbers = vocabulary.of({word for places in found.values() for word in places})
    rows = [
        (numbers[word], kind, pk, in_name)
        for pk, places in found.items()
        for word, in_name in places.items()
    ]
    rows.sort(key=lambda row: row[0])
    bulk.insert(Posting, ("word_id", "kind", "object_id", "in_name"), rows)


def words_of(*texts: str) -> set[str]:
    """The words of these texts, as they are kept and compared."""
    return {word[:60] for text in texts for word in normalise(text).split() if len(word) > 1}


def index_professionals(ids: Iterable[UUID]) -> None:
    """(Re)index these professionals: names, and towns of the places where they work."""
    wanted = set(ids)
    found: dict[UUID, dict[str, bool]] = {}
    for pk, family, given in Professional.objects.filter(pk__in=wanted).values_list(
        "pk", "family", "given"
    ):
        found[pk] = dict.fromkeys(words_of(family, given), True)
    towns = Practice.objects.filter(professional_id__in=wanted).values_list(
        "professional_id", "city", "organisation__city"
    )
    for pk, own, city in towns:
        for word in words_of(own, city):
            found[pk].setdefault(word, False)
    _write(Kind.PROFESSIONAL, wanted, found)


def index_organisations(ids: Iterable[UUID]) -> None:
    """(Re)index these organisations: name, kind in words, town."""
    wanted = set(ids)
    found: dict[UUID, dict[str, bool]] = {}
    for organisation in Organisation.objects.filter(pk__in=wanted):
        places = dict.fromkeys(words_of(organisation.name, organisation.get_kind_display()), True)
        for word in words_of(organisation.city):
            places.setdefault(word, False)
        found[organisation.pk] = places
    _write(Kind.ORGANISATION, wanted, found)


def index_services(ids: Iterable[UUID]) -> None:
    """(Re)index these offers: name, need and how people say it, skills. Those ended leave."""
    wanted = set(ids)
    found: dict[UUID, dict[str, bool]] = {}
    for one in HealthcareService.objects.filter(pk__in=wanted, ended_at=None):
        need = needs.version(one.needs_version).get(one.need)
        places = dict.fromkeys(words_of(one.name, one.need_words), True)
        for word in words_of(one.skills, need.words if need is not None else ""):
            places.setdefault(word, False)
        found[one.pk] = places
    _write(Kind.SERVICE, wanted, found)


def index_all() -> None:
    """Index everything again, in batches."""
    for model, verb in (
        (Professional, index_professionals),
        (Organisation, index_organisations),
        (HealthcareService, index_services),
    ):
        ids = list(model.objects.values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH):
            verb(ids[start : start + BATCH])


def _write(kind: str, ids: set[UUID], found: Mapping[UUID, Places]) -> None:
    with transaction.atomic():
        numbers = _vocabulary({word for places in found.values() for word in places})
        if ids:
            Posting.objects.filter(kind=kind, object_id__in=ids).delete()
        Posting.objects.bulk_create(
            [
                Posting(word_id=numbers[word], kind=kind, object_id=pk, in_name=in_name)
                for pk, places in found.items()
                for word, in_name in places.items()
            ],
            batch_size=BATCH,
        )


def _vocabulary(words: set[str]) -> dict[str, int]:
    """The number of each word; new words enter the vocabulary with their trigrams."""
    numbers = _known(words)
    missing = sorted(words - numbers.keys())
    if not missing:
        return numbers
    Word.objects.bulk_create(
        [Word(text=word) for word in missing], batch_size=BATCH, ignore_conflicts=True
    )
    made = _known(missing)
    already = set(
        WordGram.objects.filter(word_id__in=made.values()).values_list("word_id", flat=True)
    )
    grams = [
        (number, gram)
        for word, number in made.items()
        if number not in already
        for gram in trigrams(word)
    ]
    bulk.insert(WordGram, ("word_id", "gram"), grams)
    return numbers | made


def _known(words: Collection[str]) -> dict[str, int]:
    ordered = sorted(words)
    found: dict[str, int] = {}
    for start in range(0, len(ordered), BATCH):
        found.update(
            Word.objects.filter(text__in=ordered[start : start + BATCH]).values_list("text", "pk")
        )
    return found
