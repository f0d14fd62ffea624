"""Verbs of what organisations offer: added, corrected, confirmed, withdrawn, and whether there is
room."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.core import acting
from liane.core.errors import Conflict, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.directory import needs
from liane.directory.index import index_services
from liane.directory.models import Correspondent, HealthcareService, Organisation, ServiceArea
from liane.directory.saying import change, confirm_said, curates, end_said, note, who
from liane.directory.territories import PLACES, PRECISION, Level, named

Availability = HealthcareService.Availability
OFFER_FIELDS = {
    "need": "besoin", "name": "intitulé", "where": "où", "skills": "savoir-faire",
    "conditions": "conditions", "price": "coût", "referral": "comment orienter",
    "capacity": "places en tout", "correspondent_id": "interlocuteur",
}  # fmt: skip
LONGEST_DELAY = 1_000
"""Days."""


def add(
    organisation: Organisation,
    said: Mapping[str, Any],
    areas: Iterable[str] = (),
    *,
    key: UUID | None = None,
) -> HealthcareService:
    """Say what an organisation offers; the same ``key`` says it once. ``areas``: ``commune:40088``.

    Raises NotAllowed outside professionals, Refused for an unknown need or territory.
    """
    curates()
    wanted = sorted(set(areas))
    values = _checked(said, organisation.pk)

    def do() -> HealthcareService:
        made = HealthcareService.objects.create(
            organisation=organisation, confirmed_by=who(), **values,
            **author_of(acting.current()),
        )  # fmt: skip
        _serve(made, wanted)
        note(made.pk, "offre", "", made.name)
        index_services([made.pk])
        return made

    content = [str(organisation.pk), dict(said), wanted]
    return once(key, "directory.offer", content, HealthcareService, do)[0]


def correct(
    service_id: UUID, said: Mapping[str, Any], areas: Iterable[str] | None = None, *,
    expect: int | None = None,
) -> list[str]:  # fmt: skip
    """Correct an offer; what is said is thereby confirmed. Returns the names of what changed.

    Raises Conflict when somebody corrected it since version ``expect``.
    """
    curates()
    with transaction.atomic():
        row = _open(service_id)
        if expect is not None and expect != row.version:
            raise Conflict("Cette offre vient d’être corrigée par quelqu’un d’autre : relisez-la.")
        values = _checked(said, row.organisation_id)
        changed = change(row, values, OFFER_FIELDS)
        if areas is not None and _serve(row, sorted(set(areas))):
            changed.append("areas")
        if "need" in changed:
            row.needs_version = needs.CURRENT
        row.version += 1
        confirm_said(row)
        row.save()
        index_services([row.pk])
    return changed


def say_places(
    service_id: UUID, availability: str, *, free: int | None = None, delay: int | None = None
) -> HealthcareService:
    """Say whether there is room now: ``free`` places, ``delay`` in days. Dated, and by whom."""
    curates()
    if availability not in Availability.values or availability == Availability.UNKNOWN:
        raise Refused("Dites s’il y a de la place.", field="availability")
    if delay is not None and not 0 <= delay <= LONGEST_DELAY:
        raise Refused("Le délai se dit en jours, de 0 à 1 000.", field="delay_days")
    if free is not None and not 0 <= free <= 9_999:
        raise Refused("Le nombre de places va de 0 à 9 999.", field="free_places")
    if free and availability in {Availability.FULL, Availability.CLOSED}:
        raise Refused("Complet ou fermé : il ne reste pas de place libre.", field="free_places")
    with transaction.atomic():
        row = _open(service_id)
        before = places_words(row)
        row.availability, row.free_places, row.delay_days = availability, free, delay
        row.places_at, row.places_by = timezone.now(), who()
        row.version += 1
        row.save()
        note(row.pk, "disponibilité", before, places_words(row))
    return row


def places_words(row: HealthcareService) -> str:
    """« des places, 3 libres, sous 7 jours »."""
    words = [str(row.get_availability_display())]
    if row.free_places is not None:
        words.append(f"{row.free_places} {'libre' if row.free_places < 2 else 'libres'}")
    if row.delay_days is not None:
        words.append(f"sous {row.delay_days} {'jour' if row.delay_days < 2 else 'jours'}")
    return ", ".join(words)


def confirm(service_id: UUID) -> HealthcareService:
    """« Toujours vrai »: said again today, by whom."""
    curates()
    with transaction.atomic():
        row = _open(service_id)
        note(row.pk, "relu", row.confirmed_at.strftime("%d/%m/%Y"), "toujours vrai")
        confirm_said(row)
        row.save(update_fields=["confirmed_at", "confirmed_by"])
    return row


def withdraw(service_id: UUID, why: str) -> HealthcareService:
    """The offer no longer exists; what was said of it stays readable."""
    curates()
    with transaction.atomic():
        row = _open(service_id)
        end_said(row, why)
        index_services([row.pk])
    return row


def _checked(said: Mapping[str, Any], organisation_id: UUID) -> dict[str, Any]:
    values = {name: said[name] for name in OFFER_FIELDS if name in said}
    values = {name: value.strip() if isinstance(value, str) else value
              for name, value in values.items()}  # fmt: skip
    if not needs.known(values.get("need", "")):
        raise Refused("Choisissez le besoin dans la liste.", field="need")
    values["name"] = values.get("name") or needs.label(values["need"])
    if values.get("where", HealthcareService.Where.HOME) not in HealthcareService.Where.values:
        raise Refused("Dites où : à domicile, sur place ou à distance.", field="where")
    person = values.get("correspondent_id")
    theirs = Correspondent.objects.filter(pk__in=[person], organisation_id=organisation_id)
    if person is not None and not theirs.exists():
        raise Refused("Cet interlocuteur n’est pas de cette structure.", field="correspondent")
    return values


def _serve(row: HealthcareService, keys: list[str]) -> bool:
    """Set the territories of an offer. True when they changed."""
    before = sorted(f"{area.level}:{area.code}" for area in row.areas.all())
    if before == keys:
        return False
    pairs = []
    for text in keys:
        level, _, code = text.partition(":")
        if level not in PRECISION or not PLACES[Level(level)].objects.filter(pk=code).exists():
            raise Refused("Ce territoire n’est pas dans la liste.", field="areas")
        pairs.append((level, code))
    row.areas.all().delete()
    ServiceArea.objects.bulk_create(
        ServiceArea(service=row, level=level, code=code) for level, code in pairs
    )
    note(row.pk, "territoire", _names(before), _names(keys))
    return True


def _names(keys: list[str]) -> str:
    """Territories in words, for the history."""
    pairs = (key.partition(":") for key in keys)
    return ", ".join(one.name for one in named((level, code) for level, _, code in pairs))


def _open(service_id: UUID) -> HealthcareService:
    rows = HealthcareService.objects.select_for_update().filter(pk=service_id, ended_at=None)
    found = rows.first()
    if found is None:
        raise Http404
    return found
