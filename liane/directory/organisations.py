"""Verbs of organisations themselves: one that the directory did not know."""

from django.db import transaction

from liane.core.errors import Refused
from liane.directory.index import index_organisations
from liane.directory.models import Commune, Organisation
from liane.directory.saying import curates, note


def add(*, name: str, kind: str, town: Commune, phone: str = "", line: str = "") -> Organisation:
    """A structure that the directory did not know. Raises Refused when it knows it already."""
    curates()
    name = name.strip()[:200]
    if len(name) < 3:
        raise Refused("Donnez le nom de la structure.", field="name")
    if kind not in Organisation.Kind.values or kind == Organisation.Kind.OPERATOR:
        raise Refused("Choisissez le type de structure.", field="kind")
    digits = "".join(char for char in phone if char.isdigit() or char == "+")
    if digits and not 8 <= len(digits) <= 15:
        raise Refused("Ce numéro de téléphone est incomplet.", field="phone")
    with transaction.atomic():
        if Organisation.objects.filter(name__iexact=name, insee=town.code).exists():
            raise Refused("L’annuaire connaît déjà cette structure : cherchez-la.", field="name")
        made = Organisation.objects.create(
            name=name, kind=kind, line=line.strip()[:200], city=town.name, insee=town.code,
            postcode=(town.postcodes.split() or [""])[0], phone=digits,
        )  # fmt: skip
        note(made.pk, "structure", "", name)
        index_organisations([made.pk])
    return made
