"""Assessments: questionnaires answered about a person, scored, compared over time."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AssessmentsConfig(AppConfig):
    name = "liane.assessments"

    def ready(self) -> None:
        """Offer the tab, the panel, journal kinds and notices; install the questionnaires."""
        from liane.assessments import catalogue, panels, queries
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import EntryKind, NoticeKind, Panel, Tab

        post_migrate.connect(
            catalogue.install_after_migrate, dispatch_uid="liane.assessments.catalogue"
        )
        social, clinical = (
            panels.readers(Area.SOCIAL_ASSESSMENT), panels.readers(Area.CLINICAL_NOTE),
        )  # fmt: skip
        registry.tabs.append(Tab("Évaluations", "evaluations/", 45, social | clinical))
        registry.panels.append(
            Panel("assessments", "side", 40, "assessments/panel.html", panels.record)
        )
        template = "assessments/entry.html"
        for kind, roles in (("social", social), ("clinical", clinical)):
            registry.add_kinds(
                EntryKind(
                    f"assessment.{kind}", "Évaluation", "note", "task", template,
                    queries.by_ids, roles=roles,
                ),
                EntryKind(
                    f"assessment.{kind}.amended", "Évaluation corrigée", "note", "task", template,
                    queries.by_ids, roles=roles,
                ),
            )  # fmt: skip
            registry.add_notices(
                NoticeKind(
                    f"assessment.{kind}", "Évaluations", panels.sentence, panels.link, push=False
                ),
                NoticeKind(
                    f"assessment.{kind}.amended", "Évaluations", panels.sentence, panels.link,
                    push=False,
                ),
            )  # fmt: skip
        registry.add_kinds(
            EntryKind(
                "assessment.withdrawn", "Évaluation annulée", "note", "task", template,
                queries.by_ids, roles=social | clinical, in_timeline=False,
            )
        )  # fmt: skip
