"""A client-made key makes a send happen once, whatever the network does."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction

from liane.core.errors import Replayed
from liane.core.inserting import insert, together
from liane.core.models import Idempotency
from liane.core.prepared import prepared

T = TypeVar("T", bound=models.Model)


def once(
    key: UUID | None, verb: str, content: Any, model: type[T], do: Callable[[], T]
) -> tuple[T, bool]:
    """Do ``do()`` once for ``key``; a second call gives the first one's object and False.

    ``content`` is what the client sent, as JSON-able data: the same key with another content
    raises :class:`Replayed` (HTTP 422). The object, the key and the journal entry commit together.
    """
    if key is None:
        with transaction.atomic():
            return do(), True
    text = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    found = _done.first(key)
    if found is None:
        try:
            with transaction.atomic(), together():
                made = do()
                insert(Idempotency(key=key, verb=verb, digest=digest, result_id=made.pk))
                return made, True
        except IntegrityError:
            found = _done.first(key)
            if found is None:
                raise
    if found.verb != verb or found.digest != digest:
        raise Replayed
    return model._base_manager.get(pk=found.result_id), False


@prepared
def _done(key: UUID) -> models.QuerySet[Idempotency]:
    return Idempotency.objects.filter(key=key)
