"""Verbs of those whom to call in an organisation: added, corrected, ended."""

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404

from liane.core import acting
from liane.core.errors import Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.directory.models import Correspondent, Organisation
from liane.directory.saying import change, confirm_said, curates, end_said, note, who

PERSON_FIELDS = {
    "name": "nom", "function": "fonction", "topic": "pour quoi l’appeler", "phone": "téléphone",
    "email": "messagerie",
}  # fmt: skip


def add(
    organisation: Organisation, said: Mapping[str, str], *, key: UUID | None = None
) -> Correspondent:
    """Say whom to call in an organisation. The same ``key`` says it once."""
    curates()
    values = _reachable(said)

    def do() -> Correspondent:
        made = Correspondent.objects.create(
            organisation=organisation, confirmed_by=who(), **values,
            **author_of(acting.current()),
        )  # fmt: skip
        note(made.pk, "interlocuteur", "", made.name)
        return made

    content = [str(organisation.pk), dict(said)]
    return once(key, "directory.correspondent", content, Correspondent, do)[0]


def correct(correspondent_id: UUID, said: Mapping[str, str]) -> list[str]:
    """Correct how somebody is reached; confirmed thereby. Returns what changed."""
    curates()
    values = _reachable(said)
    with transaction.atomic():
        row = _person(correspondent_id)
        changed = change(row, values, PERSON_FIELDS)
        confirm_said(row)
        row.save()
    return changed


def end(correspondent_id: UUID, why: str) -> Correspondent:
    """They are no longer whom to call."""
    curates()
    with transaction.atomic():
        row = _person(correspondent_id)
        end_said(row, why)
    return row


def _reachable(said: Mapping[str, str]) -> dict[str, str]:
    values = {name: said.get(name, "").strip() for name in PERSON_FIELDS}
    if not values["name"]:
        raise Refused("Donnez un nom, ou au moins une fonction.", field="name")
    values["phone"] = "".join(char for char in values["phone"] if char.isdigit() or char == "+")
    if values["phone"] and not 8 <= len(values["phone"]) <= 15:
        raise Refused("Ce numéro de téléphone est incomplet.", field="phone")
    if values["email"]:
        try:
            validate_email(values["email"])
        except ValidationError:
            raise Refused("Cette adresse de messagerie est incomplète.", field="email") from None
    return values


def _person(correspondent_id: UUID) -> Correspondent:
    rows = Correspondent.objects.select_for_update().filter(pk=correspondent_id, ended_at=None)
    found = rows.first()
    if found is None:
        raise Http404
    return found
