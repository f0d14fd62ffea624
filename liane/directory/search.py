"""Searching the directory by name, profession and town, whatever the accents and slips of typing.

Each word typed is read as a profession when it is one, else compared with the vocabulary: itself,
words it begins, words that look alike. The rarest word gives the candidates, the others narrow
them. See `bench/directory_search.py` for what it costs.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from rapidfuzz.distance import OSA

from liane.core.text import normalise, trigrams
from liane.directory.models import Organisation, Posting, Practice, Professional, Word, WordGram
from liane.directory.nomenclatures import SPECIALISTS, SPOKEN

Kind = Posting.Kind
LOOKALIKES = 80
"""Words fetched by shared trigrams before their spelling is compared letter by letter."""
ENOUGH = 0.65
"""Share of letters in common, from 0 to 1, under which a word is another word."""
BEGINNINGS = 60
CANDIDATES = 400
TOO_MANY = 4_000
LITTLE = frozenset(
    {"le", "la", "les", "de", "du", "des", "et", "a", "au", "aux", "d", "l", "mme", "m"}
)


@dataclass(frozen=True)
class Asked:
    """A query understood: professions named, and for each other word its likely spellings."""

    professions: frozenset[str]
    specialties: frozenset[str]
    words: tuple[dict[int, float], ...]
    """For each word: identifiers of vocabulary words with their likeness, 1.0 when the same."""


@dataclass
class Found:
    """Results, best first."""

    professionals: list[Professional] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    more: bool = False


def understand(query: str, town: str = "") -> Asked:
    """Read a query. At most three queries of the vocabulary for each word."""
    text = f" {normalise(query)} "
    professions: set[str] = set()
    specialties: set[str] = set()
    for table, into in ((SPECIALISTS, specialties), (SPOKEN, professions)):
        for phrase, codes in _phrases(table):
            for spelling in (phrase, f"{phrase}s"):
                if f" {spelling} " in text:
                    into |= codes
                    text = text.replace(f" {spelling} ", "  ")
    typed = [word for word in text.split() if word not in LITTLE and len(word) > 1]
    typed += [word for word in normalise(town).split() if word not in LITTLE]
    spellings = []
    for word in dict.fromkeys(typed):
        likely = likely_words(word)
        if not likely and (meant := _misspelt_profession(word)):
            professions |= meant
        else:
            spellings.append(likely)
    return Asked(frozenset(professions), frozenset(specialties), tuple(spellings))


def _phrases(table: dict[str, tuple[str, ...]]) -> list[tuple[str, set[str]]]:
    codes: dict[str, set[str]] = {}
    for code, phrases in table.items():
        for phrase in phrases:
            codes.setdefault(phrase, set()).add(code)
    return sorted(codes.items(), key=lambda pair: -len(pair[0]))


def _misspelt_profession(word: str) -> set[str]:
    if len(word) < 4:
        return set()
    return {
        code
        for code, phrases in SPOKEN.items()
        for phrase in phrases
        if phrase.startswith(word) or OSA.normalized_similarity(phrase, word) >= 0.8
    }


def likely_words(word: str) -> dict[int, float]:
    """Vocabulary words that ``word`` may mean, with their likeness."""
    found = dict.fromkeys(Word.objects.filter(text=word).values_list("pk", flat=True), 1.0)
    if len(word) >= 3:
        beginnings = Word.objects.filter(text__gt=word, text__lt=_after(word))
        for pk in beginnings.order_by("text").values_list("pk", flat=True)[:BEGINNINGS]:
            found.setdefault(pk, 0.9)
    if len(word) >= 4 and 1.0 not in found.values():
        for pk, likeness in _lookalikes(word):
            found.setdefault(pk, likeness)
    return found


def _after(beginning: str) -> str:
    """The first word after all those that begin so, in any collation: letters and digits only.

    >>> _after("aub"), _after("az"), _after("zz")
    ('auc', 'b', 'zzzzzzzzzz')
    """
    kept = beginning.rstrip("z")
    if not kept:
        return "z" * 10
    last = kept[-1]
    return kept[:-1] + ("a" if last == "9" else chr(ord(last) + 1))


def _lookalikes(word: str) -> list[tuple[int, float]]:
    grams = trigrams(word)
    near = (
        WordGram.objects.filter(gram__in=grams)
        .values("word_id")
        .annotate(shared=Count("pk"))
        .filter(shared__gte=max(2, len(grams) // 3))
        .order_by("-shared")
        .values_list("word_id", flat=True)[:LOOKALIKES]
    )
    likely = [
        (pk, OSA.normalized_similarity(word, text))
        for pk, text in Word.objects.filter(pk__in=list(near)).values_list("pk", "text")
    ]
    return [(pk, likeness * 0.85) for pk, likeness in likely if likeness >= ENOUGH]


def search(
    query: str = "",
    *,
    profession: str = "",
    town: str = "",
    with_unregistered: bool = True,
    limit: int = 30,
) -> Found:
    """Professionals and organisations that fit, best first.

    ``with_unregistered``: staff without RPPS number are shown to signed-in professionals only.
    """
    asked = understand(query, town)
    professions = asked.professions | ({profession} if profession else set())
    if not asked.words and not professions and not asked.specialties:
        return Found()
    if not all(asked.words):
        return Found()
    found = Found()
    people = Professional.objects.filter(active=True)
    if professions or asked.specialties:
        people = people.filter(Q(profession__in=professions) | Q(specialty__in=asked.specialties))
    if not with_unregistered:
        people = people.exclude(rpps=None)
    found.professionals, found.more = _best(people, asked.words, limit)
    if not professions and not asked.specialties:
        structures = Organisation.objects.filter(active=True)
        found.organisations, more = _best_organisations(structures, asked.words, limit)
        found.more = found.more or more
    return found


def organisations_named(text: str, limit: int = 10) -> list[Organisation]:
    """Organisations of that name or town, best first; no word is taken for a profession
    (« Aide à domicile de Chalosse » is a name)."""
    words = [word for word in normalise(text).split() if word not in LITTLE]
    scores = scores_of(Kind.ORGANISATION, words) if words else {}
    found = Organisation.objects.filter(active=True, pk__in=_top(scores, CANDIDATES))
    return sorted(found, key=lambda one: (-scores[one.pk], one.name))[:limit]


def scores_of(kind: str, words: Iterable[str]) -> dict[UUID, float]:
    """Rows of a kind in which each word stands, slips of typing forgiven, and how well."""
    return _scores(kind, _by_rarity(kind, [likely_words(word) for word in words])[0])


def _by_rarity(kind: str, words: Sequence[dict[int, float]]) -> tuple[list[dict[int, float]], bool]:
    """The words, rarest first; True when even the rarest stands in too many rows to weigh each."""
    sizes = [_size(kind, spellings) for spellings in words]
    order = sorted(range(len(words)), key=lambda place: sizes[place])
    return [words[place] for place in order], bool(sizes) and min(sizes) >= TOO_MANY


def _size(kind: str, spellings: dict[int, float]) -> int:
    return Posting.objects.filter(kind=kind, word_id__in=list(spellings))[:TOO_MANY].count()


def _scores(kind: str, ordered: Sequence[dict[int, float]]) -> dict[UUID, float]:
    """Rows in which each word stands, with how well."""
    scores: dict[UUID, float] | None = None
    for spellings in ordered:
        scores = _narrow(kind, spellings, scores)
        if not scores:
            return {}
    return scores or {}


def _narrow(
    kind: str, spellings: dict[int, float], within: dict[UUID, float] | None
) -> dict[UUID, float]:
    rows = Posting.objects.filter(kind=kind, word_id__in=list(spellings))
    if within is not None:
        rows = rows.filter(object_id__in=list(within))
    scores: dict[UUID, float] = {}
    for object_id, word_id, in_name in rows.values_list("object_id", "word_id", "in_name")[
        :TOO_MANY
    ]:
        score = spellings[word_id] + (0.1 if in_name else 0.0)
        scores[object_id] = max(scores.get(object_id, 0.0), score)
    if within is None:
        return scores
    return {pk: within[pk] + score for pk, score in scores.items()}


def _top(scores: dict[UUID, float], count: int) -> list[UUID]:
    return sorted(scores, key=lambda pk: -scores[pk])[:count]


def _best(
    rows: QuerySet[Professional], words: Sequence[dict[int, float]], limit: int
) -> tuple[list[Professional], bool]:
    ordered, common = _by_rarity(Kind.PROFESSIONAL, words)
    if ordered and not common:
        scores = _scores(Kind.PROFESSIONAL, ordered)
        chosen = list(rows.filter(pk__in=_top(scores, CANDIDATES)))
        chosen.sort(key=lambda item: (-scores[item.pk], item.family, item.given))
    else:
        for spellings in ordered:
            standing = Posting.objects.filter(kind=Kind.PROFESSIONAL, word_id__in=list(spellings))
            rows = rows.filter(pk__in=standing.values("object_id"))
        chosen = list(rows.order_by("family", "given")[: limit + 1])
    return chosen[:limit], len(chosen) > limit


def _best_organisations(
    rows: QuerySet[Organisation], words: Sequence[dict[int, float]], limit: int
) -> tuple[list[Organisation], bool]:
    scores = _scores(Kind.ORGANISATION, _by_rarity(Kind.ORGANISATION, words)[0])
    chosen = list(rows.filter(pk__in=_top(scores, CANDIDATES)))
    chosen.sort(key=lambda item: (-scores[item.pk], item.name))
    return chosen[:limit], len(chosen) > limit


def with_places(professionals: Collection[Professional]) -> list[Professional]:
    """Attach ``places`` (present practices, organisation included) to each. One query."""
    practices: dict[UUID, list[Practice]] = {}
    current: Iterable[Practice] = (
        Practice.objects.filter(
            Q(ended_on=None) | Q(ended_on__gte=timezone.localdate()),
            professional__in=[item.pk for item in professionals],
            organisation__active=True,
        )
        .select_related("organisation")
        .order_by("created_at")
    )
    for practice in current:
        practices.setdefault(practice.professional_id, []).append(practice)
    for item in professionals:
        item.places = practices.get(item.pk, [])  # type: ignore[attr-defined]
    return list(professionals)
