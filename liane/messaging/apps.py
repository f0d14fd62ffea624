from datetime import timedelta

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "liane.messaging"

    def ready(self) -> None:
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import (
            EntryKind,
            Job,
            LiveRenderer,
            MessageDesk,
            NavEntry,
            NoticeKind,
            Panel,
            Reader,
            Tab,
            TodaySection,
        )
        from liane.messaging import checks, imap, outside, panels, queries, services

        registry.service_checks.append(checks.lines)
        registry.nav.append(
            NavEntry("Messages", "/messages/", "message", 20, badge=panels.badge, area=Area.THREAD)
        )
        registry.nav.append(
            NavEntry(
                "Courrier", "/messages/courrier/", "send", 70, roles=frozenset({"technical_admin"})
            )
        )
        registry.tabs.append(Tab("Messages", "messages/", 20))
        registry.panels.append(
            Panel("messages", "main", 10, "messaging/panel_record.html", panels.record_panel)
        )
        registry.today += [
            TodaySection("urgent", "top", 10, "messaging/today_urgent.html", panels.today_urgent),
            TodaySection("messages", "side", 10, "messaging/today.html", panels.today_messages),
        ]
        sent = EntryKind(
            "message.sent", "Message", "message", "message", "messaging/entry.html", queries.told
        )
        quiet = [
            EntryKind(kind, label, "message", "message", load=load, in_timeline=False)
            for kind, label, load in (
                ("message.acknowledged", "Message vu", queries.load),
                ("message.withdrawn", "Message retiré", queries.load),
                ("document.validated", "Document validé", queries.load),
                ("link.revoked", "Lien coupé", queries.load_threads),
                ("message.turned", "Message transformé", queries.load),
                ("thread.opened", "Conversation ouverte", queries.load_threads),
                ("thread.claimed", "Conversation prise en charge", queries.load_threads),
            )
        ]
        registry.add_kinds(sent, *quiet)
        registry.add_notices(
            NoticeKind(
                "message.sent",
                "Messages",
                panels.sentence,
                panels.link,
                calls=queries.called_in,
                calling=panels.calling,
            )
        )
        registry.message_desk.append(MessageDesk(services.text_of, services.became))
        registry.letters.append(services.letter)
        registry.thread_recipients.append(queries.participants_of)
        registry.thread_flags.append(queries.flags_of)
        registry.badges["messages"] = panels.badge
        registry.readers += [
            Reader("mail", outside.queue),
        ]
        registry.add_jobs(
            Job(
                "mail.send",
                timedelta(seconds=10),
                outside.send_waiting,
                label="Courriels aux correspondants",
            ),
            Job("mail.fetch", timedelta(minutes=1), imap.fetch, label="Relève des réponses"),
        )
        shown = LiveRenderer("message.sent", panels.render_message, "messages", panels.shown_in)
        registry.live_renderers[shown.kind] = shown
        for kind, render in (
            ("message.withdrawn", panels.render_change),
            ("document.validated", panels.render_change),
            ("thread.read", panels.render_receipts),
            ("message.seen", panels.render_receipts),
        ):
            live = LiveRenderer(kind, render, targets=panels.conversation)
            registry.live_renderers[kind] = live
