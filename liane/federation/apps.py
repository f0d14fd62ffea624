"""Pro Santé Connect and FranceConnect."""

from django.apps import AppConfig


class FederationConfig(AppConfig):
    name = "liane.federation"

    def ready(self) -> None:
        """Offer ways to sign in, and close the provider's session with ours."""
        from liane.core import registry
        from liane.federation import pages, providers

        registry.sign_in_ways.append(providers.ways)
        registry.leavers.append(pages.leaving)
