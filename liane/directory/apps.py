from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "liane.directory"

    def ready(self) -> None:
        from liane.core.registry import NavEntry, account_links, directory_tabs, nav

        office = frozenset(
            {"coordinator", "case_manager", "secretary", "manager", "identity", "technical_admin"}
        )
        professional = office | {"care", "social", "billing", "dpo"}
        nav.append(NavEntry("Annuaire", "/annuaire/", "list", 80, roles=office, on_phone=False))
        directory_tabs += [
            NavEntry("Personnes et structures", "/annuaire/", "people", 10),
            NavEntry("Offres", "/annuaire/offres/", "search", 20, roles=professional),
            NavEntry("Territoires", "/annuaire/territoires/", "map", 30),
        ]
        account_links += [
            NavEntry("Annuaire", "/annuaire/", "list", 20, roles=professional),
            NavEntry("Mes absences", "/annuaire/absences/", "calendar", 30, roles=professional),
            NavEntry(
                "Remplacements",
                "/annuaire/remplacements/",
                "swap",
                40,
                roles=frozenset({"care", "manager"}),
            ),
        ]
