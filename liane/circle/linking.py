"""Bringing two records together: find the second one, compare them trait by trait, then decide."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils.formats import date_format

from liane.circle import persons
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.text import normalise
from liane.patients import queries
from liane.patients.duplicates import Likeness, compare
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids, traits_of


@dataclass(frozen=True)
class Trait:
    """One line of the comparison: both values in words, and whether they agree."""

    label: str
    left: str
    right: str

    @property
    def same(self) -> bool:
        """True when both say the same, accents and case aside."""
        return normalise(self.left) == normalise(self.right)

    @property
    def unknown(self) -> bool:
        """True when one of them says nothing: neither agrees nor differs."""
        return not self.left or not self.right


@dataclass(frozen=True)
class Comparison:
    """Two records side by side. ``warned``: a twin or namesake is known; ``others``: how many
    other records resemble one of them."""

    other: Patient
    traits: list[Trait]
    likeness: Likeness
    warned: bool
    others: int

    @property
    def careful(self) -> bool:
        """True when somebody else could be meant: the proof must be said twice."""
        return self.warned or self.others > 0


def candidates(person: Patient, text: str) -> list[Patient]:
    """Records that may be the same person: those found by name, else those that look alike."""
    reach = Reach.of(acting.current())
    left_out = set(cluster_ids(person.pk))
    if text:
        return [one for one in persons.search(reach, text) if one.pk not in left_out]
    alike = [one.person.pk for one in queries.lookalikes(traits_of(person), besides=person.pk)]
    found = list(reach.patients().filter(pk__in=alike).exclude(pk__in=left_out))
    ledger.read([one.pk for one in found], "lookalike")
    return sorted(found, key=lambda one: alike.index(one.pk))


def comparison(person: Patient, other_id: UUID) -> Comparison:
    """Both records, side by side. Raises Http404 for one that the actor may not change."""
    reach = Reach.of(acting.current())
    other = reach.patients().filter(pk=other_id).first()
    if other is None or other.pk in cluster_ids(person.pk):
        raise Http404
    if persons.limited(reach, other.pk) or not reach.may_write(Area.IDENTITY, other.pk):
        raise Http404
    ledger.read([other.pk], "identity")
    pair = {person.pk, other.pk}
    alike = {
        one.person.pk
        for each in (person, other)
        for one in queries.lookalikes(traits_of(each), besides=each.pk)
    }
    return Comparison(
        other,
        [Trait(label, left, right) for (label, left), (_, right) in zip(
            _words(person), _words(other), strict=True
        )],
        compare(traits_of(person), traits_of(other)),
        person.twin_warning or other.twin_warning,
        len(alike - pair),
    )  # fmt: skip


def _words(person: Patient) -> list[tuple[str, str]]:
    born = date_format(person.birth_date, "j F Y") if person.birth_date else ""
    return [
        ("Nom de naissance", person.birth_name),
        ("Prénoms", person.given_names),
        ("Nom utilisé", person.used_name),
        ("Sexe", person.get_sex_display() if person.sex else ""),
        ("Date de naissance", born),
        ("Lieu de naissance", f"{person.birth_place_name} {person.birth_place}".strip()),
        ("Statut de l’identité", person.get_ins_status_display()),
        ("Adresse", f"{person.address_line} {person.postcode} {person.city}".strip()),
        ("Téléphone", person.phone),
    ]
