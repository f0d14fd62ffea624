"""What the journal tells of circles: kinds of entries, and how they become notifications."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from liane.circle.models import Membership
from liane.core.registry import EntryKind, NoticeKind, add_kinds, add_notices


def _member(entry: Any) -> Collection[UUID]:
    """The holder that the entry is about."""
    return list(Membership.objects.filter(pk=entry.object_id).values_list("holder_id", flat=True))


def _of(person: Any) -> str:
    return f"le cercle de {person.short_name}" if person is not None else "un cercle"


def _invited(entry: Any, person: Any) -> str:
    if person is None:
        return f"{entry.actor_label} vous invite dans un cercle."
    return f"{entry.actor_label} a invité quelqu’un dans {_of(person)}."


def _requested(entry: Any, person: Any) -> str:
    return f"{entry.actor_label} demande à rejoindre {_of(person)}."


def _joined(entry: Any, person: Any) -> str:
    return f"{entry.actor_label} a ouvert {_of(person)} à un nouveau membre."


def _removed(entry: Any, person: Any) -> str:
    if person is None:
        return "Vous ne faites plus partie d’un cercle."
    return f"Un membre ne fait plus partie du cercle de {person.short_name}."


def _broken(entry: Any, person: Any) -> str:
    whose = f"le dossier de {person.short_name}" if person is not None else "un dossier"
    return f"{entry.actor_label} a ouvert {whose} en urgence."


def _died(entry: Any, person: Any) -> str:
    return (
        f"{person.short_name} est décédé(e)."
        if person is not None
        else "Une personne suivie est décédée."
    )


def _circle(entry: Any) -> str:
    return f"/personnes/{entry.person_id}/cercle/"


def register() -> None:
    """Called once, when the application starts."""
    add_kinds(
        EntryKind("circle.invited", "Invitation dans le cercle", "circle", "people", told=_member),
        EntryKind("circle.requested", "Demande à rejoindre le cercle", "circle", "people"),
        EntryKind("circle.joined", "Nouveau membre du cercle", "circle", "people", told=_member),
        EntryKind("circle.declined", "Invitation déclinée", "circle", "people"),
        EntryKind("circle.refused", "Demande refusée", "circle", "people", told=_member),
        EntryKind("circle.left", "Départ du cercle", "circle", "people"),
        EntryKind("circle.removed", "Retrait du cercle", "circle", "people", told=_member),
        EntryKind("circle.opposed", "Opposition de la personne", "circle", "shield"),
        EntryKind("circle.opposition_lifted", "Opposition levée", "circle", "shield"),
        EntryKind("glass.broken", "Accès d’urgence", "circle", "alert"),
        EntryKind(
            "glass.to_review", "Accès d’urgence à examiner", "circle", "shield",
            in_timeline=False, roles=frozenset({"dpo"}),
        ),
    )  # fmt: skip
    add_notices(
        NoticeKind("circle.invited", "Invitations", _invited, lambda entry: "/"),
        NoticeKind("circle.requested", "Demandes à rejoindre", _requested, _circle),
        NoticeKind("circle.joined", "Nouveaux membres", _joined, _circle, push=False),
        NoticeKind("circle.removed", "Retraits d’un cercle", _removed, lambda entry: "/"),
        NoticeKind("glass.broken", "Accès d’urgence", _broken,
                   lambda entry: f"/personnes/{entry.person_id}/acces/"),
        NoticeKind("glass.to_review", "Accès d’urgence à examiner",
                   lambda entry, person: "Un accès d’urgence attend votre examen.",
                   lambda entry: "/acces/urgences/"),
        NoticeKind("person.died", "Décès", _died,
                   lambda entry: f"/personnes/{entry.person_id}/", digest=False),
    )  # fmt: skip
