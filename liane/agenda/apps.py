"""The agenda: visits planned, held, moved, done; series; rounds from elsewhere; feeds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "liane.agenda"

    def ready(self) -> None:
        """Offer pages, panels, journal kinds, notifications, jobs and the death step."""
        from liane.agenda import importing, panels, replacing, schedules, services
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import (
            Job,
            LiveRenderer,
            MessageAction,
            NavEntry,
            Panel,
            Reader,
            SettingsSection,
            Tab,
            TodaySection,
        )

        registry.nav.append(NavEntry("Agenda", "/agenda/", "calendar", 30, area=Area.AGENDA))
        registry.tabs.append(Tab("Agenda", "agenda/", 30))
        registry.today.append(
            TodaySection("resumptions", "top", 15, "agenda/today_resumptions.html",
                         panels.resumptions)  # type: ignore[arg-type]
        )  # fmt: skip
        registry.today.append(
            TodaySection("round", "main", 20, "agenda/today.html", panels.today)  # type: ignore[arg-type]
        )
        registry.today.append(
            TodaySection("note-visit", "action", 20, "agenda/action.html", panels.note_today)  # type: ignore[arg-type]
        )
        registry.panels.append(
            Panel("agenda", "side", 20, "agenda/panel.html", panels.upcoming)  # type: ignore[arg-type]
        )
        registry.panels.append(
            Panel("note-visit", "action", 20, "agenda/action.html", panels.action)  # type: ignore[arg-type]
        )
        registry.absence_steps += [replacing.for_absence, schedules.after_absence]
        registry.readers.append(Reader("agenda.slots", schedules.read))
        registry.death_steps.append(services.stop_for_death)
        registry.add_jobs(
            Job(
                "agenda.horizon",
                timedelta(hours=12),
                services.extend_all,
                label="Visites récurrentes prolongées",
            ),
            Job(
                "agenda.imports",
                timedelta(hours=12),
                importing.purge,
                label="Imports de tournées oubliés",
            ),
            Job(
                "agenda.slots", timedelta(hours=1), schedules.refresh_all, label="Créneaux proposés"
            ),
        )
        registry.live_renderers["resumption"] = LiveRenderer("resumption", panels.fresh_resumption)
        registry.live_renderers["agenda"] = LiveRenderer("agenda", panels.fresh_row)
        registry.message_actions.append(
            MessageAction("appointment", "Planifier une visite", "calendar", panels.from_message)
        )
        registry.settings_sections.append(
            SettingsSection("agenda", "Agenda", 25, "agenda/settings.html", panels.settings)
        )
        _kinds()
        _notices()


def _kinds() -> None:
    from liane.agenda import queries
    from liane.core.registry import EntryKind, add_kinds

    visits = {
        "visit.planned": ("Visite planifiée", "calendar"),
        "visit.moved": ("Visite déplacée", "swap"),
        "visit.cancelled": ("Visite annulée", "close"),
        "visit.missed": ("Visite non faite", "alert"),
        "visit.reassigned": ("Autre intervenant", "swap"),
    }
    series = {
        "series.planned": ("Visites planifiées", "calendar"),
        "series.changed": ("Visites modifiées", "swap"),
        "series.ended": ("Visites arrêtées", "close"),
    }
    causes = {
        "visits.suspended": ("Visites suspendues", "hospital"),
        "visits.restored": ("Visites de nouveau prévues", "undo"),
        "visits.resumed": ("Les visites reprennent", "check"),
        "visits.declined": ("Des visites ne reprennent pas", "close"),
    }
    for load, kinds in (
        (queries.by_ids, visits),
        (queries.series_by_ids, series),
        (queries.causes_by_ids, causes),
    ):
        told = None if load is queries.causes_by_ids else queries.told_of
        add_kinds(
            *(
                EntryKind(kind, label, "visit", icon, "agenda/entry.html", load, told=told)
                for kind, (label, icon) in kinds.items()
            )
        )
    add_kinds(EntryKind("visits.stopped", "Les visites sont arrêtées", "visit", "calendar"))


def _notices() -> None:
    from liane.core.registry import NoticeKind, add_notices

    said = {
        "visit.planned": ("Visite planifiée", "a planifié une visite chez", False),
        "visit.moved": ("Visite déplacée", "a déplacé une visite chez", True),
        "visit.cancelled": ("Visite annulée", "a annulé une visite chez", True),
        "visit.missed": ("Visite non faite", "n’a pas pu faire sa visite chez", True),
        "visit.reassigned": ("Remplacement", "a confié des visites chez", True),
        "series.planned": ("Visites planifiées", "a planifié des visites chez", False),
        "series.changed": ("Visites modifiées", "a modifié des visites chez", True),
        "series.ended": ("Visites arrêtées", "a arrêté des visites chez", True),
        "visits.resumed": ("Reprise des visites", "reprend ses visites chez", True),
        "visits.declined": ("Pas de reprise", "ne reprend pas ses visites chez", True),
    }
    add_notices(
        *(
            NoticeKind(kind, label, _says(what), _link, push=push)
            for kind, (label, what, push) in said.items()
        ),
        NoticeKind("visits.stopped", "Visites arrêtées", _stopped, _link),
    )


def _says(what: str) -> Callable[[Any, Any], str]:
    return lambda entry, person: f"{entry.actor_label} {what} {person.short_name}"


def _stopped(entry: Any, person: Any) -> str:
    return f"Les visites chez {person.short_name} sont arrêtées"


def _link(entry: Any) -> str:
    return f"/personnes/{entry.person_id}/agenda/"
