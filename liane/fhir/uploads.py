"""Files that come as a Binary before anything says whom they are about."""

import base64
import binascii
import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from liane.core import acting
from liane.core.acting import Actor
from liane.core.files import kinds, names, store
from liane.core.models import StoredFile, author_of
from liane.fhir.models import Upload
from liane.fhir.outcomes import unprocessable

LIFE = dt.timedelta(days=1)


def decoded(data: Any, where: str) -> bytes:
    """The bytes of a base64 element. Raises Problem 422."""
    try:
        content = base64.b64decode("".join(str(data or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise unprocessable("This is not base64.", where) from None
    if not content:
        raise unprocessable("Give the content here, in base64.", where)
    return content


def named(title: str, declared: str) -> str:
    """A file name from a title, which has no ending of a kind: that of the declared type is added.

    A title that ends as a file of some kind keeps its ending, and is judged by it.
    """
    plain = declared.partition(";")[0].strip().lower()
    kind = next((one for one in kinds.KINDS if plain in one.declared), None)
    ending = names.suffix(names.clean(title))
    is_file_name = 1 < len(ending) <= 4 and ending.isalnum() and not ending.isdecimal()
    if kind is None or is_file_name:
        return title
    return f"{title}.{kind.stored_suffix}"


def mine(actor: Actor) -> QuerySet[Upload]:
    """What this actor sent, and made nothing of yet."""
    rows = Upload.objects.filter(author_holder_id=actor.holder_id, author_user_id=actor.user_id)
    return rows if actor.holder_id is not None else rows.none()


def take(content: bytes, declared: str) -> StoredFile:
    """Check, scan, encrypt and keep a file about nobody yet. Raises `Refused`."""
    actor = acting.current()
    received = store.receive_bytes(
        content, name=named("document", declared), declared=declared, person_id=None,
        organisation_id=actor.organisation_id,
    )  # fmt: skip
    with transaction.atomic():
        stored = store.keep(received)
        Upload.objects.create(file=stored, **author_of(actor))
    return stored


def claim(file_id: UUID, person_id: UUID) -> StoredFile | None:
    """A file that the caller sent becomes a file about this person. None: it is none of theirs."""
    row = mine(acting.current()).select_related("file").filter(file_id=file_id).first()
    if row is None:
        return None
    row.delete()
    return store.assign(row.file, person_id)


def sweep() -> None:
    """Remove what nobody made anything of."""
    with acting.acting(acting.system("fhir uploads")):
        old = Upload.objects.filter(created_at__lt=timezone.now() - LIFE).select_related("file")
        for row in old[:500]:
            with transaction.atomic():
                file = row.file
                row.delete()
                store.remove(file)
