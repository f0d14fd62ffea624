"""Naming a person in a form to somebody who must not know who: sealed, dated, bound to them."""

import base64
import json
from uuid import UUID

from django.utils import timezone

from liane.core import acting, keys
from liane.core.ids import parse

CONTEXT = b"circle.token"
MINUTES = 30


def give(person_id: UUID) -> str:
    """A token for this person, good for half an hour, in the hands of the current account only."""
    content = {
        "person": str(person_id),
        "user": str(acting.current().user_id),
        "until": timezone.now().timestamp() + MINUTES * 60,
    }
    sealed = keys.seal(json.dumps(content).encode(), context=CONTEXT)
    return base64.urlsafe_b64encode(sealed).decode()


def take(token: str) -> UUID | None:
    """The person that :func:`give` named to the current account, or None."""
    try:
        content = json.loads(keys.open_(base64.urlsafe_b64decode(token), context=CONTEXT))
    except (ValueError, keys.CannotOpenError):
        return None
    if content["user"] != str(acting.current().user_id):
        return None
    return parse(content["person"]) if content["until"] > timezone.now().timestamp() else None
