from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "liane.desk"

    def ready(self) -> None:
        from liane.core.registry import NavEntry, Tab, nav, tabs
        from liane.directory.models import Practice

        nav.append(NavEntry("Aujourd’hui", "/", "home", 10))
        tabs.append(
            Tab("Résumé", "", 0, roles=frozenset(Practice.Role.values) - {Practice.Role.IDENTITY})
        )
