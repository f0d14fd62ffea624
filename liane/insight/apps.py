"""The activity report: a face that reads the rooms below and writes nothing of theirs."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "liane.insight"

    def ready(self) -> None:
        """Offer the page to those who read figures."""
        from liane.core import registry
        from liane.core.registry import NavEntry
        from liane.insight import rules

        registry.nav.append(
            NavEntry("Pilotage", "/pilotage/", "filter", 75, roles=rules.READERS, on_phone=False)
        )
