"""What applications declare: structures, professionals and places of work that nobody knew yet.

A structure or a professional of the national directory is not theirs to rewrite: its contact data
alone are corrected, as on the pages. What a house declared itself it may change. Nothing here gives
an account, nor a place in a structure to somebody who has one: that takes an invitation.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from liane.core import acting
from liane.core.errors import Refused
from liane.directory import identifiers, rules
from liane.directory.index import index_organisations, index_professionals
from liane.directory.models import Change, Organisation, Practice, Professional
from liane.directory.saying import curates, note

ORGANISATION = ("name", "kind", "finess", "siret", "active")
CONTACT = ("line", "postcode", "city", "insee", "phone", "email")
DECLARED = "déclaré par une application"


def declared_here(object_id: UUID) -> bool:
    """True when the house of the current actor declared this row."""
    mine = acting.current().organisation_id
    return Change.objects.filter(
        object_id=object_id, what=DECLARED, author_organisation_id=mine
    ).exists()


def organisation(values: Mapping[str, Any]) -> Organisation:
    """A structure that nobody knew. Raises Refused (``known``) for a FINESS or SIRET known here."""
    curates()
    given = _texts(values, (*ORGANISATION, *CONTACT))
    if len(given.get("name", "").strip()) < 2:
        raise Refused("Donnez le nom de la structure.", field="name")
    for number in ("finess", "siret"):
        if given.get(number) and Organisation.objects.filter(**{number: given[number]}).exists():
            raise Refused("L’annuaire connaît déjà cette structure.", field=number, code="known")
    if given.get("kind", "other") == Organisation.Kind.OPERATOR:
        given["kind"] = Organisation.Kind.OTHER
    with transaction.atomic():
        made = Organisation.objects.create(**given, parent=values.get("parent"))
        note(made.pk, DECLARED, "", made.name)
        index_organisations([made.pk])
    return made


def change_organisation(place: Organisation, values: Mapping[str, Any]) -> Organisation:
    """Change what differs: contact data by any professional, the rest by who declared it."""
    curates()
    given = _texts(values, (*ORGANISATION, *CONTACT))
    changed = {name: value for name, value in given.items() if getattr(place, name) != value}
    if "parent" in values and values["parent"] != place.parent:
        changed["parent"] = values["parent"]
    _own(place.pk, set(changed) - set(CONTACT), "cette structure")
    with transaction.atomic():
        for name, value in changed.items():
            note(place.pk, name, getattr(place, name), value)
            setattr(place, name, value)
        if changed:
            place.save(update_fields=list(changed))
            index_organisations([place.pk])
    return place


def professional(values: Mapping[str, Any]) -> Professional:
    """A professional whom nobody knew; the house vouches for who has no RPPS number."""
    curates()
    given = _texts(values, ("title", "family", "given", "profession", "specialty"))
    if not given.get("family") or not given.get("given"):
        raise Refused("Indiquez le prénom et le nom.", field="family")
    number = identifiers.rpps(str(values["rpps"])) if values.get("rpps") else None
    if number and Professional.objects.filter(rpps=number).exists():
        raise Refused("L’annuaire connaît déjà ce numéro RPPS.", field="rpps", code="known")
    with transaction.atomic():
        made = Professional.objects.create(
            **given, rpps=number, active=bool(values.get("active", True)),
            vouched_by_id=None if number else acting.current().organisation_id,
        )  # fmt: skip
        note(made.pk, DECLARED, "", made.name)
        index_professionals([made.pk])
    return made


def change_professional(person: Professional, values: Mapping[str, Any]) -> Professional:
    """Change what differs of a professional whom this house declared."""
    curates()
    given: dict[str, Any] = _texts(values, ("title", "family", "given", "profession", "specialty"))
    if "active" in values:
        given["active"] = bool(values["active"])
    changed = {name: value for name, value in given.items() if getattr(person, name) != value}
    _own(person.pk, set(changed), "ce professionnel")
    with transaction.atomic():
        for name, value in changed.items():
            note(person.pk, name, getattr(person, name), value)
            setattr(person, name, value)
        if changed:
            person.save(update_fields=list(changed))
            index_professionals([person.pk])
    return person


def practice(person: Professional, place: Organisation, values: Mapping[str, Any]) -> Practice:
    """Where a professional works. Refused for who has an account: they join by invitation."""
    curates()
    _house(place.pk)
    if person.user_id is not None:
        raise Refused(
            "Ce professionnel a un compte : sa structure l’invite, ou le dit elle-même.",
            code="not-allowed",
        )
    known = person.practices.filter(organisation=place, ended_on=None)
    if known.exists():
        raise Refused("Ce professionnel travaille déjà dans cette structure.", code="known")
    with transaction.atomic():
        made = Practice.objects.create(
            professional=person, organisation=place, **_texts(values, ("function", *CONTACT)),
            role=values.get("role", Practice.Role.CARE),
            started_on=values.get("started_on"), ended_on=values.get("ended_on"),
        )  # fmt: skip
        note(made.pk, DECLARED, "", f"{person} · {place}")
        index_professionals([person.pk])
    return made


def change_practice(row: Practice, values: Mapping[str, Any]) -> Practice:
    """Change what differs of a place of work that this house declared."""
    curates()
    given: dict[str, Any] = _texts(values, ("function", *CONTACT))
    given |= {name: values[name] for name in ("started_on", "ended_on") if name in values}
    changed = {name: value for name, value in given.items() if getattr(row, name) != value}
    _own(row.pk, set(changed) - set(CONTACT), "ce lieu d’exercice")
    if row.professional.user_id is not None and changed:
        _house(row.organisation_id)
    with transaction.atomic():
        for name, value in changed.items():
            note(row.pk, name, _text(getattr(row, name)), _text(value))
            setattr(row, name, value)
        if changed:
            row.save(update_fields=list(changed))
            index_professionals([row.professional_id])
    return row


def _house(place_id: UUID) -> None:
    """One's own structure, or one that one declared: nobody staffs the house of others."""
    actor = acting.current()
    rules.require(
        actor.is_system or actor.organisation_id == place_id or declared_here(place_id),
        "Seule une structure dit qui travaille chez elle.",
    )


def _own(key: UUID, changed: set[str], what: str) -> None:
    if changed and not acting.current().is_system and not declared_here(key):
        raise Refused(
            f"L’annuaire national, ou une autre structure, tient {what} à jour "
            f"({', '.join(sorted(changed))}) : seules ses coordonnées se corrigent ici.",
            code="not-allowed",
        )


def _texts(values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in names:
        if name not in values:
            continue
        value = values[name]
        if isinstance(value, str):
            field = next(
                found for model in (Organisation, Practice, Professional)
                for found in model._meta.fields if found.name == name
            )  # fmt: skip
            value = value.strip()[: field.max_length or 200]
        made[name] = value
    return made


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value or "")
