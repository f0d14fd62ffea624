"""Who may write a plan, validate it, answer for the person; what a line must hold.

Rights by area: ``circle.rules`` (``care_plan``). Here, what the sentences of the table add: home
help reads its own actions and writes nothing; the person and carers write words and answers only.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from liane.careplans.models import Plan
from liane.circle.access import in_circle, require_write
from liane.circle.reach import Reach
from liane.core import acting, clock
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.routes import PORTAL_ROLES
from liane.directory.models import Practice
from liane.patients.models import AttendingDoctor
from liane.patients.queries import attending_doctor

LONGEST = 2_000
OWN = frozenset({"person", "legal"})
"""Roles whose answer binds: the person, and who represents them by law."""


def writes(actor: Actor, person_id: UUID) -> bool:
    """True when pages may offer the actor to change the plan."""
    return actor.role not in PORTAL_ROLES and Reach.of(actor).may_write(Area.CARE_PLAN, person_id)


def require_team(person_id: UUID) -> None:
    """Raise unless the actor writes the plan itself: the care team, never from the portal."""
    require_write(person_id, Area.CARE_PLAN)
    if acting.current().role in PORTAL_ROLES:
        raise NotAllowed("Dites-le dans vos propres mots : l’équipe le reprendra dans le plan.")


def require_open(plan: Plan) -> None:
    """Raise on a closed plan."""
    if not plan.is_open:
        raise Refused("Ce plan est clos : ouvrez-en un nouveau.", code="closed")


def doctor_of(person_id: UUID) -> AttendingDoctor | None:
    """The attending doctor now."""
    return attending_doctor(person_id, clock.today())


def may_validate(actor: Actor, doctor: AttendingDoctor | None) -> bool:
    """The attending doctor, or who replaces them now."""
    if actor.is_system:
        return doctor is not None and actor.holder_id == doctor.practice_id
    return doctor is not None and actor.role == "care" and doctor.practice_id in actor.holders


def voice_of(actor: Actor) -> str:
    """Who speaks when this actor writes down words or an answer (`Words.Voice`)."""
    if actor.role in OWN:
        return "person"
    return "carer" if actor.role in PORTAL_ROLES else "recorded"


def cleaned(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a line, tidied. Raises Refused for what cannot be."""
    tidy = {
        name: value.replace("\r\n", "\n").replace("\0", "").strip()
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }
    for name, value in tidy.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise Refused(f"Ce texte dépasse {LONGEST} caractères : résumez-le.", field=name)
    said = {"problem": "statement", "objective": "text", "action": "text"}.get(kind)
    if said in tidy and not tidy[said]:
        raise Refused("Écrivez quelques mots.", field=said)
    starts, due = tidy.get("starts_on"), tidy.get("due_on")
    if isinstance(starts, dt.date) and isinstance(due, dt.date) and due < starts:
        raise Refused("La fin est avant le début : corrigez l’une des deux dates.", field="due_on")
    return tidy


def require_known(person_id: UUID, values: Mapping[str, Any]) -> None:
    """Raise unless whoever an action is entrusted to is in the circle, and alone to have it."""
    given = [values.get(name) for name in ("practice", "organisation", "post")]
    chosen = [holder for holder in given if holder is not None]
    if not chosen:
        return
    if len(chosen) > 1:
        raise Refused("Choisissez une seule personne ou structure.", field="assignee")
    holders = set(chosen)
    named = values.get("practice")
    practice = Practice.objects.filter(pk=named).first() if named is not None else None
    if practice is not None:
        holders |= {practice.organisation_id, practice.professional_id}
    if not in_circle(person_id, holders):
        raise Refused(
            "Cette personne ou structure n’est pas dans le cercle : invitez-la d’abord.",
            field="assignee",
            code="not-in-circle",
        )


def require_referent(person_id: UUID, practice_id: UUID) -> None:
    """Raise unless this professional may keep the plan: in the circle, and of the care team."""
    practice = Practice.objects.filter(
        pk=practice_id, ended_on=None, professional__active=True
    ).first()
    holders = (
        []
        if practice is None
        else [practice.pk, practice.organisation_id, practice.professional_id]
    )
    if practice is None or practice.role not in {"care", "coordinator", "case_manager"}:
        raise Refused("Choisissez un professionnel de l’équipe de soins.", field="referent")
    if not in_circle(person_id, holders):
        raise Refused(
            "Ce professionnel n’est pas dans le cercle : invitez-le d’abord.", field="referent"
        )
