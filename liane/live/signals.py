"""Signals live for minutes: browsers that come back later get fresh counts anyway."""

import datetime as dt

from django.utils import timezone

from liane.core.models import Signal

KEEP = dt.timedelta(minutes=10)


def forget() -> int:
    """Remove the signals that every live process has seen. Returns how many."""
    return Signal.objects.filter(at__lt=timezone.now() - KEEP).delete()[0]
