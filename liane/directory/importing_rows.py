"""Rows of one batch of the national extraction: professionals, places, who works where.

New rows are written by `bulk`; those known are compared, and written when something changed.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from liane.core.ids import uuid7
from liane.directory import bulk
from liane.directory.departing import GONE
from liane.directory.extraction import Activity, Site
from liane.directory.index import (
    Vocabulary,
    index_new,
    index_organisations,
    index_professionals,
    words_of,
)
from liane.directory.models import (
    Change,
    NationalLine,
    Organisation,
    Posting,
    Practice,
    Professional,
)
from liane.directory.services import CONTACT_FIELDS

PERSON_FIELDS = ("title", "family", "given", "profession", "specialty", "specialty_name")
SITE_FIELDS = ("name", "kind", "siret", "line", "postcode", "city", "insee", "phone", "email")
PLACE_FIELDS = ("line", "postcode", "city", "insee")
LINE_FIELDS = ("digest", "professional_id", "organisation_id", "practice_id", "made", "run")
Pair = tuple[UUID, UUID]
KINDS = dict(Organisation.Kind.choices)


class Rows:
    """Writes the batches of one run."""

    def __init__(self, vocabulary: Vocabulary, run: int) -> None:
        self.vocabulary = vocabulary
        self.run = run
        self._forget()

    def _forget(self) -> None:
        self.people: dict[str, UUID] = {}
        self.places: dict[str, UUID] = {}
        self.practices: dict[Pair, UUID] = {}
        self.made: set[UUID] = set()
        self.changed: set[UUID] = set()
        self.new_pairs: set[Pair] = set()

    def write(self, activities: Sequence[tuple[int, Activity]]) -> tuple[int, int]:
        """Write a batch of (digest, activity); how many lines made something, and changed it."""
        self._forget()
        items = [item for _, item in activities]
        self._write_people({item.rpps: item for item in items})
        self._write_places({one.site.external_id: one.site for one in items if one.site})
        self._write_practices(self._pairs(items))
        self._index(items)
        bulk.insert(NationalLine, LINE_FIELDS, [self._line(*one) for one in activities])
        created = sum(self._is_new(item) for item in items)
        updated = sum(not self._is_new(item) and self._has_changed(item) for item in items)
        return created, updated

    # ------------------------------------------------------------------ what one line is about
    def _pair(self, item: Activity) -> Pair | None:
        if item.site is None:
            return None
        return self.people[item.rpps], self.places[item.site.external_id]

    def _pairs(self, items: Sequence[Activity]) -> dict[Pair, Site]:
        return {pair: one.site for one in items if (pair := self._pair(one)) and one.site}

    def _is_new(self, item: Activity) -> bool:
        return self.people[item.rpps] in self.made or self._pair(item) in self.new_pairs

    def _has_changed(self, item: Activity) -> bool:
        pair = self._pair(item)
        touched = (self.people[item.rpps], *(pair[1:] if pair else ()))
        return any(one in self.changed for one in touched)

    def _line(self, digest: int, item: Activity) -> tuple[object, ...]:
        pair = self._pair(item)
        person, place = pair or (self.people[item.rpps], None)
        practice = self.practices.get(pair) if pair else None
        return digest, person, place, practice, practice in self.made, self.run

    # ------------------------------------------------------------------ professionals
    def _write_people(self, wanted: Mapping[str, Activity]) -> None:
        known = Professional.objects.filter(rpps__in=list(wanted))
        found = {str(person.rpps): person for person in known}
        changed, new = [], []
        for number, item in wanted.items():
            person = found.get(number)
            values = {name: getattr(item, name) for name in PERSON_FIELDS}
            if person is None:
                self.people[number] = uuid7()
                new.append((self.people[number], number, *values.values()))
            else:
                self.people[number] = person.pk
                if _differs(person, values | {"active": True}):
                    changed.append(person)
        bulk.insert(Professional, ("id", "rpps", *PERSON_FIELDS), new)
        self.made |= {row[0] for row in new}
        self.changed |= {person.pk for person in changed}
        if changed:
            Professional.objects.bulk_update(changed, [*PERSON_FIELDS, "active"], batch_size=200)

    # ------------------------------------------------------------------ places
    def _write_places(self, wanted: Mapping[str, Site]) -> None:
        found, by_finess = _known_places(wanted.values())
        kept = corrected([place.pk for place in (*found.values(), *by_finess.values())])
        changed, new = [], []
        given: dict[str, UUID] = {}
        for key, site in wanted.items():
            place = found.get(key) or by_finess.get(site.finess or "-")
            if place is not None:
                self.places[key] = place.pk
                if place.external_id and _differs(place, _allowed(place, site, kept)):
                    changed.append(place)
            elif site.finess and site.finess in given:
                self.places[key] = given[site.finess]
            else:
                self.places[key] = given[site.finess or key] = uuid7()
                values = [getattr(site, name) for name in SITE_FIELDS]
                new.append((self.places[key], key, site.finess, *values))
        bulk.insert(Organisation, ("id", "external_id", "finess", *SITE_FIELDS), new)
        self.made |= {row[0] for row in new}
        self.changed |= {place.pk for place in changed}
        if changed:
            Organisation.objects.bulk_update(changed, [*SITE_FIELDS, "active"], batch_size=200)

    # ------------------------------------------------------------------ who works where
    def _write_practices(self, wanted: Mapping[Pair, Site]) -> None:
        known = Practice.objects.filter(
            professional_id__in={pair[0] for pair in wanted} - self.made,
            organisation_id__in={pair[1] for pair in wanted} - self.made,
        )
        found: dict[Pair, Practice] = {}
        for row in known.order_by("created_at"):
            pair = (row.professional_id, row.organisation_id)
            if pair in wanted and (pair not in found or found[pair].ended_on):
                found[pair] = row
        self._refresh(found, wanted)
        new = []
        for pair, site in wanted.items():
            if pair in found:
                self.practices[pair] = found[pair].pk
                if found[pair].started_on is None:
                    self.made.add(found[pair].pk)
                continue
            self.practices[pair] = uuid7()
            self.made.add(self.practices[pair])
            self.new_pairs.add(pair)
            new.append((self.practices[pair], *pair, *(getattr(site, f) for f in PLACE_FIELDS)))
        bulk.insert(Practice, ("id", "professional_id", "organisation_id", *PLACE_FIELDS), new)

    def _refresh(self, found: Mapping[Pair, Practice], wanted: Mapping[Pair, Site]) -> None:
        """Follow a place that moved; open again what an earlier import ended."""
        ours = [row for row in found.values() if row.started_on is None]
        kept = corrected([row.pk for row in ours])
        changed = []
        for pair, row in found.items():
            if row.started_on is not None:
                continue
            values = {
                name: getattr(wanted[pair], name)
                for name in PLACE_FIELDS
                if (row.pk, CONTACT_FIELDS.get(name, "")) not in kept
            }
            if (row.pk, GONE) in kept and (row.pk, "personnel") not in kept:
                values["ended_on"] = None
            if _differs(row, values):
                changed.append(row)
        if changed:
            Practice.objects.bulk_update(changed, [*PLACE_FIELDS, "ended_on"], batch_size=200)
            self.changed |= {row.professional_id for row in changed}

    # ------------------------------------------------------------------ search
    def _index(self, items: Sequence[Activity]) -> None:
        people: dict[UUID, dict[str, bool]] = {}
        places: dict[UUID, dict[str, bool]] = {}
        for item in items:
            pk = self.people[item.rpps]
            if pk in self.made:
                _words(people, pk, f"{item.family} {item.given}", item.site)
            if item.site and (place := self.places[item.site.external_id]) in self.made:
                label = KINDS[item.site.kind]
                _words(places, place, f"{item.site.name} {label}", item.site)
        index_new(Posting.Kind.PROFESSIONAL, people, self.vocabulary)
        index_new(Posting.Kind.ORGANISATION, places, self.vocabulary)
        moved = {pair[0] for pair in self.new_pairs} - self.made
        known = (self.changed | moved) - self.made
        index_professionals(known & set(self.people.values()))
        index_organisations(known & set(self.places.values()))


def _words(into: dict[UUID, dict[str, bool]], pk: UUID, name: str, site: Site | None) -> None:
    words = into.setdefault(pk, {})
    words.update(dict.fromkeys(words_of(name), True))
    for word in words_of(site.city) if site else ():
        words.setdefault(word, False)


def _known_places(
    sites: Collection[Site],
) -> tuple[dict[str, Organisation], dict[str, Organisation]]:
    """Organisations of these sites: by their national number, and by FINESS."""
    keys = [site.external_id for site in sites]
    numbers = [site.finess for site in sites if site.finess]
    found = {
        place.external_id: place for place in Organisation.objects.filter(external_id__in=keys)
    }
    by_finess = {place.finess: place for place in Organisation.objects.filter(finess__in=numbers)}
    return found, by_finess


def _allowed(place: Organisation, site: Site, kept: set[tuple[UUID, str]]) -> dict[str, object]:
    """What the national directory says of a place, but for what users corrected."""
    said: dict[str, object] = {
        name: getattr(site, name)
        for name in SITE_FIELDS
        if (place.pk, CONTACT_FIELDS.get(name, "")) not in kept and getattr(site, name)
    }
    return said | {"active": True} if (place.pk, GONE) in kept else said


def corrected(ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """(row, field in words) that somebody, or an earlier import, changed."""
    return set(Change.objects.filter(object_id__in=list(ids)).values_list("object_id", "what"))


def _differs(row: Professional | Organisation | Practice, values: Mapping[str, object]) -> bool:
    """Set ``values`` on the row; True when something was different."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
