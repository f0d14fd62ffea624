"""Pathways: protocols as data, the team of a project, who is followed and what is due."""

from datetime import timedelta

from django.apps import AppConfig


class PathwaysConfig(AppConfig):
    name = "liane.pathways"

    def ready(self) -> None:
        """Offer pages, panels, journal kinds, jobs and what follows elsewhere."""
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import ActDesk, Job, NavEntry, Panel, Reader, Tab, TodaySection
        from liane.pathways import asking, exclusive, links, notices, panels, progress, rules
        from liane.pathways.services import coding, counting, life, projects, slots

        registry.nav.append(
            NavEntry("Parcours", "/parcours/", "heart", 53, roles=frozenset(rules.READERS),
                     on_phone=False)
        )  # fmt: skip
        registry.list_tabs.append(
            NavEntry("Parcours coordonnés", "/file-active/parcours/", "heart", 20,
                     roles=frozenset(rules.FOLLOWERS), area=Area.INTERVENTION,
                     badge=panels.followed)
        )  # fmt: skip
        registry.tabs.append(Tab("Parcours", "parcours/", 56, frozenset(notices.READERS)))
        registry.panels.append(Panel("pathway", "main", 30, "pathways/panel.html", panels.record))
        registry.today.append(
            TodaySection("pathways", "side", 9, "pathways/today.html", panels.today)
        )
        registry.act_desks.append(
            ActDesk(counting.codes, asking.deduced, counting.recorded, counting.undone,
                    asking.choices, coding.answer, exclusive.barred, exclusive.kept,
                    exclusive.flagged)
        )  # fmt: skip
        registry.add_jobs(
            Job("pathways.due", timedelta(minutes=15), progress.refresh_due, label="Séances dues"),
            Job(
                "pathways.silence",
                timedelta(hours=6),
                projects.settle_silence,
                label="Projets de parcours restés sans réponse",
            ),
            Job("pathways.month", timedelta(hours=6), links.open_month, label="Liens du mois"),
            Job(
                "pathways.mail",
                timedelta(minutes=2),
                links.send_waiting,
                label="Courriels des parcours",
            ),
            Job(
                "pathways.slots",
                timedelta(minutes=15),
                slots.lapse,
                label="Créneaux de parcours expirés",
            ),
        )
        registry.readers.append(Reader("pathways", slots.unplanned))
        registry.takeovers.append(life.hand_over)
        registry.death_steps.append(life.stop_for_death)
        notices.register()
