"""Care plans: problems, objectives, actions, who validated, what came back."""

from datetime import timedelta

from django.apps import AppConfig


class CareplansConfig(AppConfig):
    name = "liane.careplans"

    def ready(self) -> None:
        """Offer the tab, panels, journal kinds, notifications, jobs and the journal's reader."""
        from liane.careplans import links, panels, returns, services
        from liane.circle import rules
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import Job, LiveRenderer, Panel, Reader, Tab, TodaySection

        readers = frozenset(
            role for role, rights in rules.RIGHTS.items() if "r" in rights.get(Area.CARE_PLAN, "")
        )
        registry.tabs.append(Tab("Plan", "plan/", 35, readers))
        registry.today.append(
            TodaySection("careplans", "side", 15, "careplans/today.html", panels.today)
        )
        registry.panels.append(Panel("careplan", "side", 25, "careplans/panel.html", panels.record))
        registry.readers.append(Reader("careplans", returns.read))
        registry.add_jobs(
            Job(
                "careplans.silence",
                timedelta(hours=1),
                services.note_silences,
                label="Plans restés sans réponse",
            ),
            Job(
                "careplans.reviews",
                timedelta(hours=1),
                services.note_reviews,
                label="Révisions de plans",
            ),
            Job(
                "careplans.mails",
                timedelta(minutes=1),
                links.send_waiting,
                label="Courriels des plans",
            ),
        )
        registry.live_renderers["careplan"] = LiveRenderer("careplan", panels.moved)
        _kinds(readers)


def _kinds(readers: frozenset[str]) -> None:
    from liane.careplans import panels, queries
    from liane.core.registry import EntryKind, NoticeKind, add_kinds, add_notices

    shown = {
        "plan.opened": ("Plan de coordination ouvert", "note"),
        "plan.shared": ("Partage du plan changé", "eye"),
        "plan.sent": ("Plan transmis au médecin traitant", "send"),
        "plan.validated": ("Plan validé par le médecin traitant", "check"),
        "plan.returned": ("Plan à reprendre, dit le médecin traitant", "undo"),
        "plan.unanswered": ("Plan transmis, sans réponse : il s’applique", "clock"),
        "plan.agreed": ("Accord de la personne sur son plan", "check"),
        "plan.not_agreed": ("Plan : la personne n’a pas donné son accord", "alert"),
        "plan.opinion": ("Avis d’un proche sur le plan", "people"),
        "plan.started": ("Plan en vigueur", "check"),
        "plan.reviewed": ("Plan révisé", "edit"),
        "plan.closed": ("Plan clos", "lock"),
    }
    entry = "careplans/entry.html"
    add_kinds(
        *(
            EntryKind(kind, label, "plan", icon, entry, queries.by_ids, roles=readers)
            for kind, (label, icon) in shown.items()
        ),
        EntryKind(
            "plan.words", "En ses propres mots", "plan", "message", "careplans/entry_words.html",
            queries.words_by_ids, roles=readers,
        ),
        EntryKind(
            "plan.moved", "Action du plan", "plan", "task", "careplans/entry.html",
            queries.actions_by_ids, in_timeline=False, roles=readers,
        ),
        EntryKind(
            "plan.to_validate", "Plan à valider", "plan", "check", entry, queries.by_ids,
            in_timeline=False, roles=readers, told=queries.told_doctor,
        ),
        EntryKind(
            "plan.review_due", "Plan à réviser", "plan", "clock", entry, queries.by_ids,
            in_timeline=False, roles=readers, told=queries.told_referent,
        ),
    )  # fmt: skip
    pushed = {"plan.to_validate", "plan.returned", "plan.not_agreed", "plan.review_due"}
    told = (
        "plan.to_validate", "plan.validated", "plan.returned", "plan.unanswered", "plan.agreed",
        "plan.not_agreed", "plan.review_due", "plan.words", "plan.opened", "plan.started",
        "plan.closed",
    )  # fmt: skip
    labels = {kind: label for kind, (label, _) in shown.items()} | {
        "plan.words": "Mots du plan",
        "plan.to_validate": "Plan à valider",
        "plan.review_due": "Plan à réviser",
    }
    add_notices(
        *(
            NoticeKind(
                kind, labels[kind], panels.sentence, panels.link,
                push=kind in pushed, digest=kind in pushed,
            )
            for kind in told
        )
    )  # fmt: skip
