"""Tasks: given to somebody, a role, a structure or a post; done, or refused with a reason."""

from datetime import timedelta

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "liane.tasks"

    def ready(self) -> None:
        """Offer pages, panels, journal kinds, notifications and « en faire une tâche »."""
        from liane.core import registry
        from liane.core.registry import (
            EntryKind,
            Job,
            LiveRenderer,
            MessageAction,
            NavEntry,
            NoticeKind,
            Panel,
            TodaySection,
        )
        from liane.tasks import panels, queries, services

        registry.nav.append(NavEntry("Tâches", "/taches/", "task", 60, on_phone=False))
        registry.today.append(TodaySection("tasks", "side", 5, "tasks/today.html", panels.today))
        registry.panels.append(Panel("tasks", "side", 30, "tasks/panel.html", panels.record))
        registry.message_actions.append(
            MessageAction("task", "En faire une tâche", "task", panels.from_message)
        )
        registry.add_jobs(
            Job("tasks.remind", timedelta(minutes=10), services.remind, label="Rappels de tâches")
        )
        registry.takeovers.append(services.hand_over)
        registry.live_renderers["tasks"] = LiveRenderer("tasks", panels.fresh_row)
        kinds = {
            "task.created": ("Tâche confiée", True),
            "task.claimed": ("Tâche prise en charge", False),
            "task.done": ("Tâche faite", False),
            "task.refused": ("Tâche refusée", True),
            "task.reopened": ("Tâche rouverte", True),
            "task.due": ("Tâche du jour", True),
        }
        for kind, (label, push) in kinds.items():
            registry.add_kinds(
                EntryKind(
                    kind, label, "task", "task", load=queries.by_ids, in_timeline=False,
                    told=queries.told_of,
                )
            )  # fmt: skip
            registry.add_notices(NoticeKind(kind, label, panels.sentence, panels.link, push=push))
