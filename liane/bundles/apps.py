"""Bundles: what a sequence is worth, to whom each cent goes, and why."""

from django.apps import AppConfig


class BundlesConfig(AppConfig):
    name = "liane.bundles"

    def ready(self) -> None:
        """Offer the run of a protocol's examples, which the pathways show while one is drafted."""
        from liane.bundles.engine import run_examples
        from liane.core import registry

        registry.protocol_examples.append(run_examples)
