"""Follow-up: the file active of an organisation that supports persons, its non-shared file."""

from datetime import timedelta

from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "liane.followups"

    def ready(self) -> None:
        """Offer pages, panels, journal kinds, notifications, jobs and what follows elsewhere."""
        from liane.circle import rules as circle_rules
        from liane.circle.past import counted
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import Job, LeftPart, NavEntry, Panel, Reader, Tab, TodaySection
        from liane.followups import panels, queries, rules, services, steps, telling

        keepers = frozenset(
            role
            for role, rights in circle_rules.RIGHTS.items()
            if "r" in rights.get(Area.WORKING_FILE, "")
        )
        registry.nav.append(
            NavEntry("File active", "/file-active/", "people", 52,
                     roles=frozenset(rules.FOLLOWERS), on_phone=False, area=Area.WORKING_FILE)
        )  # fmt: skip
        registry.list_tabs.append(
            NavEntry("Accompagnements", "/file-active/", "people", 10,
                     roles=keepers, area=Area.WORKING_FILE, badge=panels.keeps)
        )  # fmt: skip
        registry.tabs.append(Tab("Suivi", "accompagnement/", 58, keepers))
        registry.panels.append(Panel("followup", "side", 22, "followups/panel.html", panels.record))
        registry.structure_panels.append(
            Panel("followup", "main", 10, "followups/structure.html", panels.structure)
        )
        registry.today.append(
            TodaySection("followups", "side", 8, "followups/today.html", panels.today)
        )
        registry.left_parts.append(
            LeftPart(
                "contacts", "Contacts notés par ma structure", ("contact", "contacts"), 30,
                "followups/left.html",
                lambda ids: counted(queries.past_contacts(), ids), queries.left_contacts,
            )
        )  # fmt: skip
        registry.readers.append(Reader("followups", steps.read))
        registry.add_jobs(
            Job(
                "followups.remind",
                timedelta(minutes=10),
                telling.remind,
                label="Rappels de la file active",
            ),
            Job(
                "followups.watch",
                timedelta(hours=1),
                telling.watch,
                label="Veille de la file active",
            ),
        )
        registry.support_steps.append(services.support)
        registry.support_exits.append(queries.exit_of)
        registry.takeovers.append(services.hand_over)
        registry.death_steps.append(services.stop_for_death)
        _kinds(keepers)


def _kinds(keepers: frozenset[str]) -> None:
    from liane.core.registry import EntryKind, NoticeKind, add_kinds, add_notices
    from liane.followups import queries, telling

    told = {
        "followup.opened": ("Accompagnement ouvert", False),
        "followup.assigned": ("Personne confiée", True),
        "followup.reminder": ("Rappel du jour", True),
        "followup.nothing": ("Rien de prévu", False),
        "followup.ended": ("Fin d’accompagnement", True),
    }
    for kind, (label, push) in told.items():
        add_kinds(
            EntryKind(kind, label, "followup", "people", in_timeline=False, told=telling.told_of)
        )
        add_notices(
            NoticeKind(kind, label, telling.sentence, telling.link, push=push, escalates=False)
        )
    add_kinds(
        EntryKind("followup.level", "Niveau changé", "followup", "people", load=queries.by_ids,
                  in_timeline=False, roles=keepers),
        EntryKind("followup.stage", "Étape changée", "followup", "people", load=queries.by_ids,
                  in_timeline=False, roles=keepers),
        EntryKind("followup.contact", "Contact noté", "followup", "phone",
                  load=queries.contacts_by_ids, in_timeline=False, roles=keepers),
    )  # fmt: skip
