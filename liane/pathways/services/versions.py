"""Verbs of a structure's own versions of a protocol: draft, complete, correct, publish, withdraw.

A draft begins from a version at hand. Its text is checked at each save; its examples are run
again, with the settlement rules (`registry.protocol_examples`). Whoever publishes is not
whoever wrote: two persons have read an amount before anything is paid with it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import yaml
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, registry
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.pathways import catalogue, rules
from liane.pathways.models import Completion, ProtocolVersion
from liane.pathways.protocols import checking, library
from liane.pathways.protocols.checking import Checked
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.reading import Faulty
from liane.pathways.states import VERSION, VersionStatus

LONGEST = 400_000


def look(text: str) -> Checked:
    """Read a text, check it, run its examples with the settlement rules. Nothing is written."""
    rooms = registry.protocol_examples
    return checking.check(
        text[:LONGEST],
        lambda protocol: tuple(ran for run in rooms for ran in run(protocol)),
    )


def is_good(looked: Checked) -> bool:
    """It may be published: no error, and every example gives what it says."""
    return looked.protocol is not None and not looked.errors


def draft(key: str, based_on: str, number: str, *, note: str = "") -> ProtocolVersion:
    """Begin a version of one's structure from one at hand. Raises Refused for a number taken."""
    actor = acting.current()
    house = actor.organisation_id
    if house is None:
        raise Http404
    rules.require_runs(actor, house)
    protocol = catalogue.find(key, based_on, house)
    if protocol is None:
        raise Http404
    wanted = number.strip()
    taken = ProtocolVersion.objects.filter(organisation_id=house, key=key, number=wanted).exists()
    if taken or catalogue.find(key, wanted or "?", house) is not None:
        raise Refused("Ce numéro de version est déjà pris.", field="number")
    text = _renumbered(text_of(protocol, house), wanted)
    _readable(text)
    with transaction.atomic():
        row: ProtocolVersion = ProtocolVersion.objects.create(
            organisation_id=house, key=key, number=wanted, based_on=protocol.version, text=text,
            note=note.strip()[:300], **author_of(actor),
        )  # fmt: skip
        row.history.create(after=row.status, **author_of(actor))
    return row


def write(version_id: UUID, text: str, *, expect: int | None = None) -> ProtocolVersion:
    """Replace the text of a draft. It must be readable; errors beyond are kept and shown."""
    protocol = _readable(text)
    with transaction.atomic():
        row = _mine(version_id, expect)
        if (protocol.key, protocol.version) != (row.key, row.number):
            raise Refused(f"Gardez « key: {row.key} » et « version: {row.number} ».", field="text")
        row.text, row.version = text, row.version + 1
        row.save(update_fields=["text", "version"])
    return row


def complete(
    version_id: UUID, values: Mapping[str, tuple[str, str]], *, expect: int | None = None
) -> ProtocolVersion:
    """Fill values that no source gave: path → (value, the source it comes from), in the draft."""
    for value, source in values.values():
        if value.strip() and not source.strip():
            raise Refused("Dites d’où vient chaque valeur : un texte, une convention, une date.")
    said = {path: value.strip() for path, (value, _) in values.items() if value.strip()}
    if not said:
        raise Refused("Complétez au moins une valeur.")
    with transaction.atomic():
        row = _mine(version_id, expect)
        try:
            filled = library.completed(library.read(row.text), said)
        except LookupError as error:
            raise Refused(f"« {error} » n’est pas à compléter.") from None
        except Faulty as error:
            raise Refused(
                "Valeur refusée : un montant s’écrit en euros avec deux décimales (450.00). "
                + " ".join(one.message for one in error.faults[:2])
            ) from None
        row.text, row.version = as_text(filled), row.version + 1
        row.save(update_fields=["text", "version"])
        for path, value in said.items():
            Completion.objects.create(
                version=row, path=path, value=value, source=values[path][1].strip()[:300],
                **author_of(acting.current()),
            )  # fmt: skip
    return row


def publish(version_id: UUID, *, valid_from: dt.date | None = None) -> ProtocolVersion:
    """A second person publishes: the text is fixed for good, and may be used by projects."""
    actor = acting.current()
    with transaction.atomic():
        row = _mine(version_id, None)
        if row.author_user_id is not None and row.author_user_id == actor.user_id:
            raise NotAllowed("Une deuxième personne relit et publie : ce ne peut pas être vous.")
        looked = look(row.text)
        if not is_good(looked):
            raise Refused("Cette version a encore une erreur, ou un exemple qui échoue.")
        assert looked.protocol is not None  # noqa: S101  (is_good)
        transition(row, VERSION, VersionStatus.PUBLISHED)
        row.published_at = timezone.now()
        row.valid_from = valid_from or looked.protocol.valid_from
        row.save(update_fields=["published_at", "valid_from"])
    return row


def withdraw(version_id: UUID, *, reason: str) -> ProtocolVersion:
    """No new project takes this version; those decided under it keep it."""
    if not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        row = _mine(version_id, None, draft_only=False)
        transition(row, VERSION, VersionStatus.WITHDRAWN, reason=reason.strip()[:500])
    return row


def text_of(protocol: Protocol, organisation_id: UUID | None) -> str:
    """The text of a version at hand, as it was written when it is known."""
    row = ProtocolVersion.objects.filter(
        organisation_id__in=[organisation_id], key=protocol.key, number=protocol.version
    ).first()
    if row is not None:
        return str(row.text)
    return library.text_of(protocol.key, protocol.version)


def as_text(protocol: Protocol) -> str:
    """A definition as YAML that reads the same."""
    said: Any = protocol.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return _dumped(said)


def _dumped(said: Any) -> str:
    return yaml.safe_dump(_days(said), allow_unicode=True, sort_keys=False, width=100)


def _days(value: Any) -> Any:
    """Days written as days, so that the text reads as it was."""
    if isinstance(value, dict):
        return {name: _days(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_days(part) for part in value]
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _renumbered(text: str, number: str) -> str:
    """The same text with its ``version:`` line changed."""
    lines = text.splitlines(keepends=True)
    for place, line in enumerate(lines):
        if line.startswith("version:"):
            lines[place] = f"version: {number}\n"
            return "".join(lines)
    raise Refused("Ce protocole ne dit pas sa version.", field="number")


def _readable(text: str) -> Protocol:
    try:
        return library.read(text[:LONGEST])
    except Faulty as error:
        said = "\n".join(str(one) for one in error.faults[:8])
        raise Refused(said, field="text") from None


def _mine(version_id: UUID, expect: int | None, *, draft_only: bool = True) -> ProtocolVersion:
    actor = acting.current()
    rows = ProtocolVersion.objects.within(Reach.of(actor)).select_for_update()
    row: ProtocolVersion | None = rows.filter(pk=version_id).first()
    if row is None:
        raise Http404
    rules.require_runs(actor, row.organisation_id)
    if draft_only and row.status != VersionStatus.DRAFT:
        raise Refused("Une version publiée ne change plus : partez d’elle pour en faire une autre.")
    if expect is not None and row.version != expect:
        raise Refused("Un collègue a enregistré entre-temps : relisez le texte.", code="conflict")
    return row
