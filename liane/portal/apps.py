from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "liane.portal"

    def ready(self) -> None:
        from liane.core.registry import NavEntry, badges, nav
        from liane.core.routes import PORTAL_ROLES

        talking = PORTAL_ROLES - {"carer_read"}
        nav.extend(
            [
                NavEntry("Accueil", "/portail/", "home", 10, roles=PORTAL_ROLES),
                NavEntry(
                    "Messages", "/messages/", "message", 20, roles=talking,
                    badge=badges.get("messages"),
                ),
                NavEntry("Visites", "/portail/rendez-vous/", "calendar", 30, roles=PORTAL_ROLES),
                NavEntry("Cercle", "/portail/cercle/", "people", 40, roles=PORTAL_ROLES),
            ]
        )  # fmt: skip
