"""Messages from and to other systems."""

from datetime import timedelta
from typing import Any

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "liane.exchange"

    def ready(self) -> None:
        """Offer identity vigilance its queue."""
        from liane.core import registry
        from liane.core.registry import Job, NavEntry
        from liane.exchange import failures

        registry.add_jobs(Job("exchange.retry", timedelta(minutes=30), failures.retry_all))
        registry.nav.append(
            NavEntry(
                "Identités",
                "/parametres/identites/",
                "key",
                80,
                roles=frozenset({"identity"}),
                badge=_waiting,
            )
        )


def _waiting(request: Any) -> int:
    from liane.exchange import queries

    return queries.count_open()
