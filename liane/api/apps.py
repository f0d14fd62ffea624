from datetime import timedelta

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "liane.api"

    def ready(self) -> None:
        """Webhooks: a section of the settings, a reader of the journal, two periodic jobs."""
        from liane.api import sending, webhook_pages, webhooks
        from liane.core import registry
        from liane.core.registry import Job, Reader, SettingsSection

        registry.settings_sections.append(
            SettingsSection(
                "webhooks", "Appels sortants", 75, "api/section.html", webhook_pages.section
            )
        )
        registry.readers.append(Reader("api.webhooks", webhooks.read))
        registry.add_jobs(
            Job(
                "api.webhooks",
                timedelta(seconds=10),
                sending.send_due,
                label="Appels aux applications",
            ),
            Job(
                "api.webhooks_log",
                timedelta(days=1),
                sending.forget,
                label="Journal des appels oublié",
            ),
        )
