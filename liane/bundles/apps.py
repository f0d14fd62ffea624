"""Bundles: what a sequence is worth, to whom each cent goes, and why."""

from datetime import timedelta

from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "liane.bundles"

    def ready(self) -> None:
        """Offer the page of money, its journal kinds, its runs, and a protocol's examples run."""
        from liane.bundles import jobs, pages, payee_links, rules
        from liane.bundles.engine import run_examples
        from liane.core import registry
        from liane.core.registry import EntryKind, Job, LinkPart, NavEntry, TodaySection

        registry.protocol_examples.append(run_examples)
        registry.protocol_trials.append("/forfaits/simulations/{}/".format)
        registry.nav.append(
            NavEntry("Forfaits", "/forfaits/", "note", 55, roles=rules.FIGURES, on_phone=False)
        )
        registry.today.append(
            TodaySection("bundles", "main", 15, "bundles/today.html", pages.today,  # type: ignore[arg-type]
                         roles=rules.KEEPERS)
        )  # fmt: skip
        registry.link_parts.append(
            LinkPart("bundles/_link_lines.html", payee_links.shown, payee_links.answer,
                     payee_links.waiting)
        )  # fmt: skip
        registry.link_parts.append(
            LinkPart("bundles/_link_sheet.html", payee_links.years, lambda data, practice: False,
                     lambda: (), asks=False)
        )  # fmt: skip
        registry.add_jobs(
            Job(
                "bundles.settle", timedelta(minutes=15), jobs.settle, label="Décomptes des forfaits"
            )
        )
        told = {
            "bundle.rights": "Droits à l’assurance maladie saisis",
            "bundle.prepared": "Facture préparée",
            "bundle.issued": "Facture émise",
            "bundle.returned": "Retour du payeur",
            "bundle.received": "Versement confirmé",
            "bundle.share": "Participation perçue",
            "bundle.payout": "Ordre de virement préparé",
        }
        registry.add_kinds(
            *(EntryKind(kind, label, "money", "note", in_timeline=False)
              for kind, label in told.items())
        )  # fmt: skip
