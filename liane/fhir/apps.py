"""FHIR R4, for the tools that professionals use every day."""

from django.apps import AppConfig


class FhirConfig(AppConfig):
    name = "liane.fhir"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the resources."""
        from liane.fhir import resources

        resources.load()
