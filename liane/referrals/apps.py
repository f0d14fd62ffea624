"""Requests for support: from anybody around a person, to the organisation that answers for her."""

from datetime import timedelta

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "liane.referrals"

    def ready(self) -> None:
        """Offer pages, panels, journal kinds, notifications, message action and the job."""
        from liane.core import registry
        from liane.core.registry import (
            EntryKind,
            Job,
            MessageAction,
            NavEntry,
            NoticeKind,
            Panel,
            SettingsSection,
            TodaySection,
        )
        from liane.referrals import panels, queries, rules, seeking, telling

        registry.nav.append(
            NavEntry("Demandes", "/demandes/", "inbox", 50, roles=frozenset(rules.ASKING),
                     on_phone=False, badge=panels.badge)
        )  # fmt: skip
        registry.badges["demandes"] = panels.badge
        registry.today.append(
            TodaySection("referrals", "main", 10, "referrals/today.html", panels.today)
        )
        registry.today.append(
            TodaySection("offers", "top", 30, "referrals/today_offers.html", panels.offers)
        )
        registry.panels += [
            Panel("referrals", "side", 25, "referrals/panel.html", panels.record),
            Panel("referral", "action", 30, "referrals/action.html", panels.action),
        ]
        registry.settings_sections.append(
            SettingsSection("offres", "Recherches d’un professionnel", 40,
                            "referrals/settings.html", panels.settings)
        )  # fmt: skip
        registry.message_actions.append(
            MessageAction("referral", "Demander un appui", "send", panels.from_message,
                          roles=frozenset(rules.ASKING))
        )  # fmt: skip
        registry.add_jobs(
            Job(
                "referrals.widen",
                timedelta(minutes=5),
                seeking.widen_due,
                label="Recherches élargies",
            )
        )
        told = frozenset(rules.EVERYBODY)
        kinds = {
            "referral.sent": ("Nouvelle demande", True),
            "referral.received": ("Demande reçue", False),
            "referral.qualified": ("Demande étudiée", False),
            "referral.answered": ("Réponse à une demande", True),
            "referral.refused": ("Demande refusée", True),
            "referral.done": ("Demande terminée", False),
            "referral.revoked": ("Demande annulée", True),
            "referral.reopened": ("Demande rouverte", True),
            "referral.assigned": ("Demande confiée", True),
            "referral.taken_over": ("Demandes reprises", True),
        }
        for kind, (label, push) in kinds.items():
            registry.add_kinds(
                EntryKind(kind, label, "referral", "inbox", load=queries.by_ids,
                          in_timeline=False, roles=told, told=telling.told_of)
            )  # fmt: skip
            registry.add_notices(
                NoticeKind(kind, label, panels.sentence, panels.link, push=push, escalates=False)
            )
        registry.add_kinds(
            EntryKind("referral.position", "Position sur une orientation", "referral", "inbox",
                      load=queries.by_ids, in_timeline=False, roles=told, told=telling.nobody)
        )  # fmt: skip
        registry.add_kinds(
            EntryKind(telling.STORY, "Demande d’appui", "referral", "inbox",
                      "referrals/entry.html", queries.steps_by_ids)
        )  # fmt: skip
        registry.add_kinds(
            EntryKind("quest.begun", "Recherche d’un professionnel", "referral", "search")
        )
        quests = {
            "quest.offered": ("Recherche d’un professionnel", True),
            "quest.accepted": ("Professionnel trouvé", True),
            "quest.widened": ("Recherche élargie", False),
            "quest.desk": ("Recherche confiée à l’appui", True),
        }
        for kind, (label, push) in quests.items():
            registry.add_kinds(
                EntryKind(kind, label, "referral", "search", in_timeline=False, roles=told,
                          told=seeking.told_of)
            )  # fmt: skip
            registry.add_notices(
                NoticeKind(kind, label, panels.quest_sentence, panels.quest_link, push=push,
                           escalates=False)
            )  # fmt: skip
