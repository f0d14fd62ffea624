"""Stays in hospital and other absences from home."""

from datetime import timedelta
from typing import Any

from django.apps import AppConfig


class StaysConfig(AppConfig):
    name = "liane.stays"

    def ready(self) -> None:
        """Offer the banner, the alerts of Aujourd’hui, journal kinds, notices and the reminder."""
        from liane.core import registry
        from liane.core.registry import Job, Panel, TodaySection
        from liane.stays import escalation, panels, services

        registry.death_steps.append(services.stop_for_death)
        registry.panels += [
            Panel("stay", "banner", 10, "stays/_banner.html", panels.banner),  # type: ignore[arg-type]
            Panel("absence", "action", 40, "stays/_action.html", panels.action),  # type: ignore[arg-type]
        ]
        registry.today.append(
            TodaySection("stays", "top", 10, "stays/today.html", panels.today)  # type: ignore[arg-type]
        )
        registry.add_jobs(
            Job(
                "stays.remind",
                timedelta(minutes=1),
                escalation.remind,
                label="Relances d’hospitalisation",
            ),
            Job(
                "stays.holidays",
                timedelta(minutes=5),
                services.end_holidays,
                label="Fins d’absence",
            ),
        )
        _kinds()
        _notices()
        _live()


def _kinds() -> None:
    from liane.core.registry import EntryKind, add_kinds
    from liane.stays import queries, telling

    template = "stays/entry.html"
    add_kinds(
        EntryKind(
            telling.TEAM_KIND, "Absence du domicile", "stay", "hospital", template,
            queries.facts_by_ids,
        ),
        EntryKind(
            telling.OUTSIDE_KIND, "Absence du domicile", "stay", "home", template,
            queries.neutral_by_ids,
        ),
    )  # fmt: skip


def _notices() -> None:
    from liane.core.registry import NoticeKind, add_notices
    from liane.stays import telling

    add_notices(
        NoticeKind(
            telling.TEAM_KIND, "Hospitalisation et absence", _team, _link,
            digest=False, escalates=False,
        ),
        NoticeKind(
            telling.OUTSIDE_KIND, "Personne absente", _outside, _link,
            digest=False, escalates=False,
        ),
    )  # fmt: skip


def _live() -> None:
    from liane.core.registry import LiveRenderer, live_renderers
    from liane.stays import live, telling

    for kind in (telling.TEAM_KIND, telling.OUTSIDE_KIND):
        live_renderers[kind] = LiveRenderer(kind, live.fragments, targets=live.shown_in)


def _team(entry: Any, person: Any) -> str:
    from liane.stays import queries

    return f"{person.short_name} : {queries.fact_sentence(entry.object_id, place=True)}"


def _outside(entry: Any, person: Any) -> str:
    from liane.stays import queries

    return f"{person.short_name} : {queries.fact_sentence(entry.object_id, place=False)}"


def _link(entry: Any) -> str:
    return f"/personnes/{entry.person_id}/"
