"""Bringing the national extraction in: batches, the same file twice changes nothing.

What users corrected (telephone, address…) stays: the national value does not overwrite it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import batched
from uuid import UUID

from django.db import transaction

from liane.directory.extraction import Activity, Site, read
from liane.directory.index import index_organisations, index_professionals
from liane.directory.models import Change, Organisation, Practice, Professional
from liane.directory.services import CONTACT_FIELDS

BATCH = 1_000
PERSON_FIELDS = ("title", "family", "given", "profession", "specialty", "specialty_name")
SITE_FIELDS = ("name", "kind", "siret", "line", "postcode", "city", "insee", "phone", "email")


@dataclass
class Report:
    """What became of each line of the file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """The last line of output of every import of Liane."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
        }


@dataclass
class _Touched:
    """Rows made or changed by one batch."""

    made: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)


def load(lines: Iterable[str], where: str = "") -> Report:
    """Import every line; each batch commits by itself. Raises BadFileError before writing."""
    report = Report()
    for batch in batched(read(lines), BATCH):  # noqa: B911
        good: list[Activity] = []
        for number, outcome in batch:
            if isinstance(outcome, str):
                place = f"{where}:{number}" if where else str(number)
                report.rejected.append({"where": place, "why": outcome})
            else:
                good.append(outcome)
        if good:
            with transaction.atomic():
                _batch(good, report)
    return report


def _batch(activities: Sequence[Activity], report: Report) -> None:
    touched = _Touched()
    people = _professionals(activities, touched)
    sites = _organisations([item.site for item in activities if item.site is not None], touched)
    wanted = {
        (people[item.rpps].pk, sites[item.site.external_id].pk): item.site
        for item in activities
        if item.site is not None
    }
    known = set(
        Practice.objects.filter(
            professional_id__in={pair[0] for pair in wanted},
            organisation_id__in={pair[1] for pair in wanted},
        ).values_list("professional_id", "organisation_id")
    )
    new = [
        Practice(
            professional_id=person,
            organisation_id=place,
            city=site.city,
            postcode=site.postcode,
            line=site.line,
            insee=site.insee,
        )
        for (person, place), site in wanted.items()
        if (person, place) not in known
    ]
    Practice.objects.bulk_create(new, batch_size=BATCH)
    fresh = {(practice.professional_id, practice.organisation_id) for practice in new}
    for item in activities:
        _count(item, people, sites, touched, fresh, report)
    moved = {practice.professional_id for practice in new}
    index_professionals(moved | {person.pk for person in people.values()} & _all(touched))
    index_organisations({place.pk for place in sites.values()} & _all(touched))


def _all(touched: _Touched) -> set[UUID]:
    return touched.made | touched.changed


def _count(
    item: Activity,
    people: dict[str, Professional],
    sites: dict[str, Organisation],
    touched: _Touched,
    fresh: set[tuple[UUID, UUID]],
    report: Report,
) -> None:
    person = people[item.rpps].pk
    place = sites[item.site.external_id].pk if item.site is not None else None
    if person in touched.made or (place is not None and (person, place) in fresh):
        report.created += 1
    elif person in touched.changed or place in touched.changed:
        report.updated += 1
    else:
        report.unchanged += 1


def _professionals(activities: Sequence[Activity], touched: _Touched) -> dict[str, Professional]:
    wanted = {item.rpps: item for item in activities}
    found = {
        str(person.rpps): person for person in Professional.objects.filter(rpps__in=list(wanted))
    }
    new, changed = [], []
    for number, item in wanted.items():
        values = {name: getattr(item, name) for name in PERSON_FIELDS}
        person = found.get(number)
        if person is None:
            found[number] = Professional(rpps=number, **values)
            new.append(found[number])
        elif _differs(person, values):
            changed.append(person)
    Professional.objects.bulk_create(new, batch_size=BATCH)
    if changed:
        Professional.objects.bulk_update(changed, PERSON_FIELDS, batch_size=200)
    touched.made |= {person.pk for person in new}
    touched.changed |= {person.pk for person in changed}
    return found


def _organisations(sites: Sequence[Site], touched: _Touched) -> dict[str, Organisation]:
    wanted = {site.external_id: site for site in sites}
    found = {
        place.external_id: place
        for place in Organisation.objects.filter(external_id__in=list(wanted))
    }
    by_finess = {
        place.finess: place
        for place in Organisation.objects.filter(
            finess__in=[site.finess for site in wanted.values() if site.finess]
        )
    }
    kept = _corrected([place.pk for place in (*found.values(), *by_finess.values())])
    new: dict[UUID, Organisation] = {}
    changed: dict[UUID, Organisation] = {}
    for key, site in wanted.items():
        place = found.get(key) or by_finess.get(site.finess if site.finess else "-")
        if place is None:
            values = {name: getattr(site, name) for name in SITE_FIELDS}
            place = Organisation(external_id=key, finess=site.finess, **values)
            new[place.pk] = place
            if site.finess:
                by_finess[site.finess] = place
        elif place.external_id and place.pk not in new:
            values = {
                name: getattr(site, name)
                for name in SITE_FIELDS
                if (place.pk, CONTACT_FIELDS.get(name, "")) not in kept and getattr(site, name)
            }
            if _differs(place, values):
                changed[place.pk] = place
        found[key] = place
    Organisation.objects.bulk_create(new.values(), batch_size=BATCH)
    if changed:
        Organisation.objects.bulk_update(changed.values(), SITE_FIELDS, batch_size=200)
    touched.made |= set(new)
    touched.changed |= set(changed)
    return found


def _corrected(ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """(row, field in words) that users corrected."""
    return set(Change.objects.filter(object_id__in=list(ids)).values_list("object_id", "what"))


def _differs(row: Professional | Organisation, values: dict[str, object]) -> bool:
    """Set ``values`` on the row; True when something was different."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
