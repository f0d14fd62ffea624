"""Messages from and to other systems."""

from datetime import timedelta
from typing import Any

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "liane.exchange"

    def ready(self) -> None:
        """Offer identity vigilance its queue, and the record what is received and sent."""
        from liane.core import registry
        from liane.core.registry import EntryKind, Job, NavEntry, Panel, TodaySection
        from liane.exchange import checks, failures, pages, unseen
        from liane.exchange.handing import leaving
        from liane.exchange.handing import queries as handing
        from liane.exchange.insi import pages as insi
        from liane.exchange.mss import incoming, outgoing
        from liane.exchange.received import queries as received

        registry.add_jobs(
            Job(
                "exchange.send",
                timedelta(seconds=30),
                leaving.send_waiting,
                label="Envois de documents",
            )
        )
        registry.service_checks.append(checks.lines)
        registry.hand_on.append(handing.path)
        registry.panels.append(
            Panel("insi", "identity", 10, "exchange/insi/panel.html", insi.panel)
        )
        registry.mail_dressers.append(outgoing.dress)
        registry.mail_openers.append(incoming.open_part)
        registry.add_kinds(
            EntryKind(
                "document.received", "Document reçu", "document", "inbox", load=received.by_ids,
                in_timeline=False,
            ),
            EntryKind(
                "document.handed", "Envoi", "document", "send", load=handing.by_ids,
                in_timeline=False,
            ),
        )  # fmt: skip
        registry.panels.append(
            Panel("received", "documents", 10, "exchange/received/panel.html", received.panel)
        )
        registry.add_jobs(
            Job(
                "exchange.retry",
                timedelta(minutes=30),
                failures.retry_all,
                label="Messages d’hôpitaux réessayés",
            )
        )
        registry.today.append(
            TodaySection(
                "identities", "side", 3, "exchange/today.html", pages.today,  # type: ignore[arg-type]
                roles=unseen.SETTLING | {"manager"},
            )
        )  # fmt: skip
        registry.nav.append(
            NavEntry(
                "Identités",
                "/parametres/identites/",
                "key",
                80,
                roles=frozenset({"identity"}),
                badge=_waiting,
            )
        )


def _waiting(request: Any) -> int:
    from liane.exchange import queries

    return queries.count_open()
