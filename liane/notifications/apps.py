import datetime as dt

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "liane.notifications"

    def ready(self) -> None:
        from liane.core import registry
        from liane.core.registry import Job, NavEntry, Reader, SettingsSection, TodaySection
        from liane.notifications import queries, reader, services

        registry.readers.append(Reader("notifications", reader.read))
        registry.badges["notifications"] = queries.unread_count
        registry.frame["notifications"] = NavEntry("Notifications", "/notifications/", "bell", 0)
        registry.today.append(
            TodaySection(
                "sent_urgent", "top", 20, "notifications/today_sent.html", queries.sent_urgent
            )
        )
        registry.seen_hooks.append(services.seen)
        registry.settings_sections.append(
            SettingsSection(
                "notifications", "Notifications", 30, "notifications/section.html", queries.section
            )
        )
        registry.add_jobs(
            Job(
                "escalate-urgent",
                every=dt.timedelta(seconds=30),
                run=services.escalate,
                label="Relances urgentes",
            ),
            Job(
                "mail-digests",
                every=dt.timedelta(minutes=10),
                run=services.digests,
                label="Résumés par courriel",
            ),
        )
