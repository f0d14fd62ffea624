"""How persons are found by name: one normalised line, and the trigrams of its words."""

from collections.abc import Iterable, Iterator

from liane.core import acting
from liane.core.inserting import insert_values
from liane.core.text import normalise, trigrams
from liane.patients.models import Patient, PatientTrigram


def searchable(person: Patient) -> str:
    """Used name, birth name, given names: what people may type, normalised, in reading order."""
    parts = [person.used_name, person.birth_name, person.used_given, person.given_names]
    words = dict.fromkeys(word for part in parts for word in normalise(part).split())
    return " ".join(words)[:400]


def rows(person: Patient) -> Iterator[PatientTrigram]:
    """The trigram rows of a person whose ``search`` is set."""
    for gram in sorted(trigrams(person.search)):
        yield PatientTrigram(gram=gram, person_id=person.pk)


def index(people: Iterable[Patient]) -> None:
    """Write the trigrams of persons who have none yet (their ``search`` must be set)."""
    grams = [(gram, one.pk) for one in people for gram in sorted(trigrams(one.search))]
    insert_values(PatientTrigram, sorted(grams))


def reindex(person: Patient) -> None:
    """Rewrite the search line of a person whose names changed; the caller saves the person."""
    person.search = searchable(person)
    with acting.acting(acting.system("search index")):
        PatientTrigram.objects.filter(person_id=person.pk).delete()
    index([person])
