"""Applications of others."""

from datetime import timedelta

from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "liane.clients"

    def ready(self) -> None:
        """Offer the page of managers, the panel of records, and two jobs that forget."""
        from liane.clients import calls, issuing, launching, pages
        from liane.core import registry
        from liane.core.registry import Job, Panel, SettingsSection

        registry.settings_sections.append(
            SettingsSection("applications", "Applications", 60, "clients/section.html",
                            pages.section)
        )  # fmt: skip
        registry.panels.append(
            Panel("applications", "side", 90, "clients/panel.html", launching.panel)
        )
        registry.add_jobs(
            Job(
                "clients.tokens", timedelta(days=1), issuing.forget, label="Jetons périmés oubliés"
            ),
            Job(
                "clients.calls",
                timedelta(days=1),
                calls.forget,
                label="Appels des applications oubliés",
            ),
        )
