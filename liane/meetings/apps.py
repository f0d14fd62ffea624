"""Meetings around a person: poll, shared sheet, decisions, minutes."""

from datetime import timedelta

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "liane.meetings"

    def ready(self) -> None:
        """Offer the tab, panels, journal kinds, notifications, jobs and engagements."""
        from liane.circle import rules
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import Job, LiveRenderer, Panel, Tab, TodaySection
        from liane.meetings import calendars, links, minutes, panels, services

        readers = frozenset(
            role for role, rights in rules.RIGHTS.items() if "r" in rights.get(Area.CARE_PLAN, "")
        )
        registry.tabs.append(Tab("Concertations", "concertations/", 37, readers))
        registry.today.append(
            TodaySection("meetings", "side", 12, "meetings/today.html", panels.today)
        )
        registry.panels.append(Panel("meetings", "side", 27, "meetings/panel.html", panels.record))
        registry.add_jobs(
            Job(
                "meetings.silence",
                timedelta(hours=1),
                minutes.note_silences,
                label="Comptes rendus restés sans réponse",
            ),
            Job(
                "meetings.mails",
                timedelta(minutes=1),
                links.send_waiting,
                label="Courriels des réunions",
            ),
        )
        registry.live_renderers["meeting"] = LiveRenderer("meeting", panels.moved)
        registry.engagements.append(calendars.engagements)
        registry.death_steps.append(services.stop_for_death)
        _kinds(readers)


def _kinds(readers: frozenset[str]) -> None:
    from liane.core.registry import EntryKind, NoticeKind, add_kinds, add_notices
    from liane.meetings import panels, queries

    entry = "meetings/entry.html"
    shown = {
        "meeting.convened": ("Réunion de concertation convoquée", "people"),
        "meeting.dated": ("Date de la concertation fixée", "calendar"),
        "meeting.cancelled": ("Concertation annulée", "close"),
        "meeting.held": ("Concertation tenue", "people"),
        "meeting.minuted": ("Compte rendu de concertation à approuver", "edit"),
        "meeting.approved": ("Compte rendu de concertation approuvé", "check"),
        "meeting.sent": ("Compte rendu de concertation envoyé", "send"),
    }
    named = {
        "meeting.to_answer": ("Réunion : dates à donner", True),
        "meeting.fixed": ("Réunion : date fixée", True),
        "meeting.called_off": ("Réunion annulée", True),
        "meeting.poll_full": ("Réunion : tout le monde a répondu", False),
        "meeting.to_approve": ("Compte rendu à approuver", True),
        "meeting.commented": ("Compte rendu : correction demandée", True),
        "meeting.to_send": ("Compte rendu approuvé, à envoyer", False),
        "meeting.minutes": ("Compte rendu de réunion", True),
    }
    add_kinds(
        *(
            EntryKind(kind, label, "plan", icon, entry, queries.by_ids, roles=readers)
            for kind, (label, icon) in shown.items()
        ),
        *(
            EntryKind(
                kind, label, "plan", "people", entry, queries.by_ids, in_timeline=False,
                told=queries.told_of,
            )
            for kind, (label, _) in named.items()
        ),
        EntryKind(
            "meeting.person", "Réunion de vos professionnels", "plan", "people", entry,
            queries.by_ids, in_timeline=False,
        ),
    )  # fmt: skip
    add_notices(
        *(
            NoticeKind(kind, label, panels.sentence, panels.link, push=push, digest=push)
            for kind, (label, push) in named.items()
        ),
        NoticeKind("meeting.person", "Réunion de vos professionnels", panels.sentence, panels.link),
    )
