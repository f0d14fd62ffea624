"""Applications of others."""

from datetime import timedelta

from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "liane.clients"

    def ready(self) -> None:
        """Two periodic jobs: what ended is forgotten."""
        from liane.clients import calls, issuing
        from liane.core import registry
        from liane.core.registry import Job

        registry.add_jobs(
            Job("clients.tokens", timedelta(days=1), issuing.forget),
            Job("clients.calls", timedelta(days=1), calls.forget),
        )
