"""Taking a file in, keeping it, opening it, checking it again, sweeping what nobody kept.

    stored = receive(upload, person_id=patient.id, organisation_id=actor.organisation_id)
    with transaction.atomic():
        keep(stored)
        Document.objects.create(file=stored, …)

:func:`receive` does the slow part (checks, scanner, encryption, disk) before the transaction; the
file is durable before its row commits. What was received and never kept, :func:`sweep` removes.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone

from liane.core import keys
from liane.core.errors import Refused
from liane.core.files import audio, images, kinds, names, pdf, scanner, texts, vault
from liane.core.files.kinds import DOCUMENTS, Family, Kind
from liane.core.models import StoredFile

State = StoredFile.State
INFECTED = (
    "L’antivirus a reconnu un logiciel malveillant dans ce fichier : ne l’ouvrez pas, "
    "et demandez-en un nouvel envoi à son auteur."
)
ORPHAN_AGE = dt.timedelta(hours=24)
THUMBNAIL = ".thumb"


@dataclass(frozen=True)
class Checked:
    """A file that passed Liane's own checks: what will be stored of it."""

    name: str
    kind: Kind
    content: bytes
    thumbnail: bytes = b""


def receive(
    upload: "UploadedFile[bytes]",
    *,
    person_id: UUID | None,
    organisation_id: UUID | None,
    families: frozenset[Family] = DOCUMENTS,
) -> StoredFile:
    """Check, scan and encrypt an uploaded file; returns its row, not saved yet (see :func:`keep`).

    Call it outside any transaction: the scanner and the disk take their time. Raises `Refused`
    (field ``file``) with what was wrong and how to mend it; nothing is then kept.
    """
    return receive_bytes(
        read_bounded(upload),
        name=upload.name or "",
        declared=upload.content_type or "",
        person_id=person_id,
        organisation_id=organisation_id,
        families=families,
    )


def receive_bytes(
    content: bytes,
    *,
    name: str,
    declared: str = "",
    person_id: UUID | None,
    organisation_id: UUID | None,
    families: frozenset[Family] = DOCUMENTS,
) -> StoredFile:
    """:func:`receive` for bytes that came otherwise (a mail's attachment, an imported document)."""
    checked = check(content, name=name, declared=declared, families=families)
    verdict = scanner.scan(content)
    if verdict is scanner.Verdict.INFECTED:
        raise Refused(INFECTED, field="file", code="file-infected")
    safe = verdict is scanner.Verdict.CLEAN
    stored = StoredFile(
        name=checked.name,
        content_type=checked.kind.stored_type,
        size=len(checked.content),
        digest=content_digest(checked.content),
        state=State.SAFE if safe else State.QUARANTINE,
        checked_at=timezone.now() if safe else None,
        organisation_id=organisation_id,
        person_id=person_id,
        has_thumbnail=bool(checked.thumbnail),
        path=vault.fresh_path(),
    )
    _seal(stored, checked.content, checked.thumbnail)
    return stored


def _seal(stored: StoredFile, content: bytes, thumbnail: bytes) -> None:
    """Write the file under a key of its own, bound to its row, its person and its house."""
    key, context = secrets.token_bytes(keys.KEY_BYTES), _context(stored)
    stored.wrapped_key = keys.wrap(key, organisation_id=stored.organisation_id, context=context)
    vault.write(stored.path, vault.sealed(content, key=key, context=context))
    if thumbnail:
        small = vault.sealed(thumbnail, key=_small_key(key), context=context + b"\0thumb")
        vault.write(stored.path + THUMBNAIL, small)


def remove(stored: StoredFile) -> None:
    """Take a kept file away, its row and its bytes, inside the caller's transaction."""
    path = stored.path
    stored.delete()
    transaction.on_commit(lambda: _leave(path))


def _leave(path: str) -> None:
    vault.remove(path)
    vault.remove(path + THUMBNAIL)


def made(content: bytes, *, name: str, content_type: str, organisation_id: UUID) -> StoredFile:
    """A file that Liane itself wrote, encrypted as the others; its row is not saved yet."""
    stored = StoredFile(
        name=name, content_type=content_type, size=len(content), digest=content_digest(content),
        state=State.SAFE, checked_at=timezone.now(), organisation_id=organisation_id,
        path=vault.fresh_path(),
    )  # fmt: skip
    _seal(stored, content, b"")
    return stored


def keep(stored: StoredFile) -> StoredFile:
    """Save the row of a received file, inside the transaction of the verb that attaches it.

    A file that was kept before anything held it (:func:`assign`) stays as it is.
    """
    if not connection.in_atomic_block:
        raise ValueError("files.keep must be called inside the transaction of what it belongs to.")
    if stored._state.adding:
        stored.save(force_insert=True)
    return stored


def assign(stored: StoredFile, person_id: UUID) -> StoredFile:
    """Say about whom a kept file is, when nobody knew at first: it is sealed again for her.

    Inside the caller's transaction; what lay under the former seal goes once it is committed.
    """
    if not connection.in_atomic_block or stored.person_id is not None:
        raise ValueError("files.assign takes a file about nobody, inside a transaction.")
    content = read_file(stored)
    small = read_file(stored, thumbnail=True) if stored.has_thumbnail else b""
    former = stored.path
    stored.person_id, stored.path = person_id, vault.fresh_path()
    _seal(stored, content, small)
    stored.save(update_fields=["person_id", "path", "wrapped_key"])
    transaction.on_commit(lambda: _leave(former))
    return stored


def check(content: bytes, *, name: str, declared: str, families: frozenset[Family]) -> Checked:
    """What may be stored of ``content``. Raises `Refused`. Touches neither disk nor database."""
    if not content:
        raise Refused(
            "Ce fichier est vide : choisissez-le à nouveau.", field="file", code="file-empty"
        )
    _within_limit(len(content))
    shown = names.clean(name)
    kind = kinds.agreed(content, suffix=names.suffix(shown), declared=declared, families=families)
    kept_name = names.stored(shown, kind.stored_suffix)
    if kind.family is Family.IMAGE:
        drawn, small = images.redraw(content, kind)
        _within_limit(len(drawn))
        return Checked(kept_name, kind, drawn, small)
    if kind.family is Family.PDF:
        return Checked(kept_name, kind, pdf.checked(content))
    if kind.family is Family.AUDIO:
        return Checked(kept_name, kind, audio.checked(content, kind))
    return Checked(kept_name, kind, texts.normalised(content))


def read_bounded(upload: "UploadedFile[bytes]") -> bytes:
    """The bytes of ``upload``, never more than the limit in memory. Raises `Refused`."""
    _within_limit(upload.size or 0)
    content = bytearray()
    for piece in upload.chunks():
        content += piece
        _within_limit(len(content))
    if upload.size is not None and len(content) != upload.size:
        raise Refused(
            "Ces fichiers sont trop lourds ensemble : envoyez-les un par un.",
            field="file",
            code="file-too-many",
        )
    return bytes(content)


def content_digest(content: bytes) -> str:
    """A keyed digest of a file's content: equal for equal files, and says nothing else."""
    return keys.digest(hashlib.sha256(content).hexdigest(), purpose="file")


def open_file(stored: StoredFile, *, thumbnail: bool = False) -> Iterator[bytes]:
    """The decrypted pieces of ``stored``. Raises `keys.CannotOpenError`; checks no right."""
    context = _context(stored)
    key = keys.unwrap(
        bytes(stored.wrapped_key), organisation_id=stored.organisation_id, context=context
    )
    if thumbnail:
        return vault.opened(
            stored.path + THUMBNAIL, key=_small_key(key), context=context + b"\0thumb"
        )
    return vault.opened(stored.path, key=key, context=context)


def read_file(stored: StoredFile, *, thumbnail: bool = False) -> bytes:
    """The whole of :func:`open_file`."""
    return b"".join(open_file(stored, thumbnail=thumbnail))


def recheck(most: int = 50) -> Counter[str]:
    """Scan again what waits in quarantine, oldest first; returns how many have which state now.

    Periodic work of the worker, and idempotent. A refused file leaves the disk; its row says why.
    """
    states: Counter[str] = Counter()
    waiting = StoredFile.objects.filter(state=State.QUARANTINE).order_by("id")[:most]
    for stored in waiting:
        verdict = scanner.scan(read_file(stored))
        if verdict is scanner.Verdict.SILENT:
            states[State.QUARANTINE] += 1
            break
        _decide(stored, infected=verdict is scanner.Verdict.INFECTED)
        states[stored.state] += 1
    return states


def sweep(older_than: dt.timedelta = ORPHAN_AGE) -> int:
    """Remove from disk what was received and never kept; returns the number of files removed."""
    removed = 0
    for paths in batched(vault.older_than(older_than.total_seconds()), 500):
        wanted = {path.removesuffix(THUMBNAIL) for path in paths}
        held = set(StoredFile.objects.filter(path__in=wanted).values_list("path", flat=True))
        for path in paths:
            if path.removesuffix(THUMBNAIL) not in held:
                vault.remove(path)
                removed += 1
    return removed


def _decide(stored: StoredFile, *, infected: bool) -> None:
    stored.state = State.REFUSED if infected else State.SAFE
    stored.why = INFECTED if infected else ""
    stored.checked_at = timezone.now()
    stored.save(update_fields=["state", "why", "checked_at"])
    if infected:
        _leave(stored.path)


def _within_limit(size: int) -> None:
    limit = settings.LIANE_FILE_MAX_BYTES
    if size > limit:
        raise Refused(
            f"Ce fichier dépasse {limit // 1_000_000} Mo : réduisez-le, ou envoyez-le en plusieurs "
            "parties.",
            field="file",
            code="file-size",
        )


def _context(stored: StoredFile) -> bytes:
    return f"file\0{stored.organisation_id}\0{stored.person_id}\0{stored.id}".encode()


def _small_key(key: bytes) -> bytes:
    return hmac.new(key, b"thumbnail", "sha256").digest()
