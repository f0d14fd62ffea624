from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "liane.desk"

    def ready(self) -> None:
        from liane.core.registry import NavEntry, Tab, nav, tabs

        nav.append(NavEntry("Aujourd’hui", "/", "home", 10))
        tabs.append(Tab("Résumé", "", 0))
