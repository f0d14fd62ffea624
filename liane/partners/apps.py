"""Relations of an organisation: partners, conventions, campaigns, unmet needs."""

from datetime import timedelta

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "liane.partners"

    def ready(self) -> None:
        """Offer rubrics of the directory, panels, the reminder of conventions, and two jobs."""
        from liane.core import registry
        from liane.core.registry import (
            EntryKind,
            Job,
            NavEntry,
            NoticeKind,
            Panel,
            TodaySection,
            add_jobs,
            add_kinds,
            add_notices,
        )
        from liane.partners import campaigns, panels, rules, services, telling

        keepers, noting = frozenset(rules.KEEPERS), frozenset(rules.NOTING)
        registry.directory_tabs += [
            NavEntry("Besoins sans réponse", "/annuaire/besoins/", "alert", 40, roles=noting),
            NavEntry("Partenaires", "/annuaire/relations/", "people", 50, roles=keepers),
            NavEntry("Campagnes", "/annuaire/campagnes/", "send", 60, roles=keepers),
        ]
        registry.structure_panels.append(
            Panel("partners", "main", 5, "partners/structure.html", panels.structure)
        )
        registry.request_panels.append(
            Panel("unmet", "main", 10, "partners/request.html", panels.request)
        )
        registry.today.append(
            TodaySection("partners", "side", 40, "partners/today.html", panels.today)
        )
        label = "Convention à renouveler"
        add_kinds(
            EntryKind("partners.renew", label, "partners", "file", in_timeline=False,
                      told=telling.told_of)
        )  # fmt: skip
        add_notices(
            NoticeKind("partners.renew", label, telling.sentence, telling.link, push=False,
                       escalates=False)
        )  # fmt: skip
        add_jobs(
            Job(
                "partners.remind",
                timedelta(hours=1),
                services.remind,
                label="Conventions à renouveler",
            ),
            Job(
                "partners.mail",
                timedelta(minutes=1),
                campaigns.send_waiting,
                label="Courriels des campagnes",
            ),
        )
