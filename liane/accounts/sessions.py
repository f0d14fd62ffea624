"""Django's sessions in the database, each read by a prepared query (`SESSION_ENGINE`)."""

import datetime as dt

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from liane.core.prepared import prepared


class SessionStore(db.SessionStore):
    """A session in the table of Django's own backend."""

    def _get_session_from_db(self) -> Session | None:
        """The living session of this key; without one, the key is forgotten, as Django does."""
        key = self.session_key
        found = _living.first(key, timezone.now()) if key else None
        if found is None:
            self._session_key = None
        return found


@prepared
def _living(key: str, now: dt.datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
