"""What a session must show before anything opens: a second factor, or a demo persona's door.

Nothing else in Liane decides this: pages, live streams and exports ask :func:`passed`.
"""

import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from django.conf import settings

RECORDS = "account_authentication_methods"
RECORDS_OF = "account_authentication_methods_user"
"""Where django-allauth keeps, in the session, how its user proved who they are."""
PERSONA = "persona"


def passed(session: Mapping[str, Any], user: Any) -> bool:
    """True when this session of ``user`` used a passkey, a code or a recovery code.

    A demo persona passes by the door of /demo/ only, and only while LIANE_DEMO=1.
    """
    if settings.LIANE_DEMO and user.is_persona and session.get(PERSONA) == str(user.pk):
        return True
    if str(session.get(RECORDS_OF, "")).replace("-", "") != user.pk.hex:
        return False
    return any(record.get("method") == "mfa" for record in session.get(RECORDS, []))


def remember(session: MutableMapping[str, Any], user_id: Any, kind: str) -> None:
    """Note in ``session`` that ``user_id`` has just proved a second factor of ``kind``."""
    session[RECORDS] = [
        *session.get(RECORDS, []),
        {"method": "mfa", "type": kind, "at": time.time(), "reauthenticated": True},
    ]
    session[RECORDS_OF] = str(user_id)


def enter_as_persona(session: MutableMapping[str, Any], user: Any) -> None:
    """Let a demo persona in without a second factor."""
    session[PERSONA] = str(user.pk)
