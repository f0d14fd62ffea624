from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CircleConfig(AppConfig):
    name = "liane.circle"

    def ready(self) -> None:
        from liane.circle import access, compile, notices, panels, reviewing, rls, seat_pages
        from liane.circle.pages import accesses
        from liane.core import guard, registry
        from liane.core.areas import Area
        from liane.core.registry import (
            NavEntry,
            Panel,
            SettingsSection,
            Tab,
            TodaySection,
            frame,
            nav,
            settings_sections,
            tabs,
        )
        from liane.directory.models import Practice

        post_migrate.connect(rls.install_after_migrate, dispatch_uid="liane.circle.rls")
        guard.install(check=access.require_write, follow=compile.follow)
        notices.register()
        nav.append(
            NavEntry(
                "Personnes",
                "/personnes/",
                "people",
                40,
                area=Area.IDENTITY,
                roles=frozenset(Practice.Role.values),
            )
        )
        frame["person_search"] = NavEntry(
            "Chercher",
            "/personnes/",
            "search",
            10,
            area=Area.IDENTITY,
            roles=frozenset(Practice.Role.values),
        )
        tabs.append(Tab("Cercle", "cercle/", 60))
        tabs.append(Tab("Identité", "identite/", 80))
        tabs.append(Tab("Accès", "acces/", 90))
        nav.append(
            NavEntry(
                "Accès de l’équipe", "/acces/equipe/", "shield", 70, roles=frozenset({"manager"})
            )
        )
        nav.append(
            NavEntry(
                "Protection des données",
                "/acces/urgences/",
                "shield",
                70,
                roles=frozenset({"dpo"}),
            )
        )
        registry.panels.append(
            Panel("around", "side", 10, "circle/panel_around.html", panels.around)
        )
        registry.service_checks.append(reviewing.lines)
        registry.today.append(
            TodaySection(
                "emergencies", "main", 5, "circle/today_emergencies.html", accesses.today,  # type: ignore[arg-type]
                roles=frozenset({"dpo"}),
            )
        )  # fmt: skip
        registry.today.append(
            TodaySection(
                "invitations", "top", 20, "circle/today_invitations.html", panels.invitations
            )
        )
        frame["seat"] = NavEntry("J’agis pour", "/compte/agir-pour", "building", 10)
        settings_sections.append(
            SettingsSection(
                "agir", "J’agis pour", 10, "circle/section_seats.html", seat_pages.section
            )
        )
        settings_sections.append(
            SettingsSection(
                "traces", "Mes accès", 35, "circle/section_traces.html", accesses.section
            )
        )
