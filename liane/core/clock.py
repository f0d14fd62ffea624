"""Time as the people concerned live it: local days in the installation's zone."""

import datetime as dt

from django.utils import timezone


def today() -> dt.date:
    """The local date now."""
    return timezone.localdate()


def day_bounds(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Start of ``day`` and of the next one, aware, in local time."""
    zone = timezone.get_current_timezone()
    start = dt.datetime.combine(day, dt.time(), tzinfo=zone)
    return start, dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)


def now() -> dt.datetime:
    """This moment, aware."""
    return timezone.now()
