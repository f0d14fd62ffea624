"""Periodic work of money."""

from django.utils import timezone

from liane.bundles import settling


def settle() -> None:
    """Settle every enrolment whose facts or time changed."""
    settling.run(timezone.localdate())
