"""FHIR R4, for the tools that professionals use every day."""

from datetime import timedelta

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class FhirConfig(AppConfig):
    name = "liane.fhir"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare resources and operations; note in versions what the pages change."""
        from liane.core import registry
        from liane.core.registry import Job, Panel, Reader
        from liane.exchange import fhir_import
        from liane.fhir import (
            checking,
            everything,
            expanding,
            extracting,
            importing,
            notifying,
            operations,
            resources,
            sdc,
            sdo,
            sdo_giving,
            seen,
            subscription_pages,
            tddui,
            unions,
            uploads,
        )
        from liane.fhir.bulk import kept, kickoff

        pre_migrate.connect(unions.drop_before_migrate, dispatch_uid="liane.fhir.unions.drop")
        post_migrate.connect(unions.install_after_migrate, dispatch_uid="liane.fhir.unions")
        resources.load()
        operations.register(
            everything.EVERYTHING,
            checking.VALIDATE,
            expanding.EXPAND,
            sdc.POPULATE,
            extracting.EXTRACT,
            extracting.APPLY,
            tddui.GIVE,
            tddui.TAKE,
            sdo_giving.GIVE,
            sdo.TAKE,
            kickoff.EXPORT,
        )
        fhir_import.takers.append((importing.takes, importing.take))
        registry.readers.append(Reader("fhir", seen.read))
        registry.add_jobs(
            Job(
                "fhir.uploads", timedelta(hours=1), uploads.sweep, label="Dépôts inachevés retirés"
            ),
            Job("fhir.exports", timedelta(hours=1), kept.sweep, label="Exports expirés effacés"),
        )
        registry.readers.append(Reader("fhir.subscriptions", notifying.read))
        registry.add_jobs(
            Job(
                "fhir.subscriptions",
                timedelta(seconds=10),
                notifying.send_due,
                label="Abonnements servis",
            ),
            Job(
                "fhir.subscriptions_log",
                timedelta(days=1),
                notifying.forget,
                label="Journal des abonnements oublié",
            ),
        )
        registry.application_panels.append(
            Panel("subscriptions", "main", 10, "fhir/subscriptions.html", subscription_pages.panel)
        )
