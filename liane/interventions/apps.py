"""Interventions: the acts that feed timeline, reports and billing."""

from collections.abc import Callable
from typing import Any

from django.apps import AppConfig


class InterventionsConfig(AppConfig):
    name = "liane.interventions"

    def ready(self) -> None:
        """Offer the journal kinds and the notifications of acts."""
        from liane.circle.past import counted
        from liane.core import registry
        from liane.core.registry import EntryKind, LeftPart, NoticeKind, add_kinds, add_notices
        from liane.interventions.queries import attending_doctor_of, by_ids, left, past

        registry.left_parts.append(
            LeftPart(
                "acts", "Mes actes", ("acte", "actes"), 10, "interventions/left.html",
                lambda ids: counted(past(), ids), left,
            )
        )  # fmt: skip
        template = "interventions/entry.html"
        add_kinds(
            EntryKind("visit.done", "Visite faite", "visit", "check", template, by_ids),
            EntryKind("visit.problem", "Problème en visite", "visit", "alert", template, by_ids),
            EntryKind(
                "visit.undone", "Visite finalement non faite", "visit", "undo", template, by_ids,
                in_timeline=False,
            ),
        )  # fmt: skip
        add_notices(
            NoticeKind(
                "visit.problem", "Problème signalé en visite",
                _says("signale un problème chez"),
                _record, urgent=True, calls=attending_doctor_of, calling=_says_to_the_doctor,
            ),
            NoticeKind(
                "visit.done", "Visite faite",
                _says("a fait une visite chez"),
                _record, push=False, digest=False,
            ),
            NoticeKind(
                "visit.undone", "Visite finalement non faite",
                _says("retire une visite notée chez"),
                _record, digest=False,
            ),
        )  # fmt: skip


def _says(what: str) -> Callable[[Any, Any], str]:
    return lambda entry, person: f"{entry.actor_label} {what} {person.short_name}"


def _says_to_the_doctor(entry: Any, person: Any) -> str:
    return (
        f"Pour vous, médecin traitant : {entry.actor_label} signale un problème "
        f"chez {person.short_name}"
    )


def _record(entry: Any) -> str:
    return f"/personnes/{entry.person_id}/"
