"""Who may plan, move, cancel and mark visits; which steps an appointment may take."""

from uuid import UUID

from liane.agenda.models import Appointment, Planned
from liane.circle.access import in_circle, require_write
from liane.core import acting
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.routes import PORTAL_ROLES
from liane.core.states import Machine
from liane.directory.models import Practice
from liane.interventions.rules import in_team

Status = Appointment.Status
LIFE = Machine(
    {
        Status.PLANNED: {Status.DONE, Status.CANCELLED, Status.SUSPENDED, Status.MISSED},
        Status.SUSPENDED: {Status.PLANNED, Status.DONE, Status.CANCELLED},
        Status.MISSED: {Status.DONE, Status.PLANNED},
        Status.DONE: {Status.PLANNED, Status.SUSPENDED, Status.MISSED},
    }
)
"""Planned, then done, missed, suspended or cancelled; a slip of the thumb goes back."""


def require_planning(person_id: UUID, intervenant_id: UUID | None) -> None:
    """Raise unless the actor may plan visits of this intervenant with this person.

    The care team plans for everybody; home help and other outside members their own visits; the
    person and carers plan nothing (the person moves, carers declare absences).
    """
    actor = acting.current()
    require_write(person_id, Area.AGENDA)
    if actor.role in PORTAL_ROLES:
        raise NotAllowed("Demandez ce rendez-vous à un professionnel de votre cercle.")
    if intervenant_id not in actor.holders and not in_team(actor, person_id, Area.AGENDA):
        raise NotAllowed("Vous ne planifiez que vos propres visites auprès de cette personne.")


def require_moving(visit: Planned) -> None:
    """Raise unless the actor may move this visit: as planning, and the person her own."""
    actor = acting.current()
    if actor.role in {"person", "legal"}:
        require_write(visit.person_id, Area.AGENDA)
        return
    require_planning(visit.person_id, visit.intervenant_id)


def may_move(actor: Actor, visit: Planned) -> bool:
    """True when pages may offer to move this visit: the person moves her own."""
    return actor.role in {"person", "legal"} or may_change(actor, visit)


def may_change(actor: Actor, visit: Planned) -> bool:
    """True when pages may offer to change or cancel this visit."""
    if actor.role in PORTAL_ROLES:
        return False
    return visit.intervenant_id in actor.holders or in_team(actor, visit.person_id, Area.AGENDA)


def holders_of(
    practice: Practice | None, organisation_id: UUID | None, post_id: UUID | None
) -> list[UUID]:
    """The identifiers through which a grant may reach an intervenant."""
    if practice is not None:
        return [practice.pk, practice.organisation_id, practice.professional_id]
    return [holder for holder in (organisation_id, post_id) if holder is not None]


def require_in_circle(person_id: UUID, holders: list[UUID]) -> None:
    """Raise Refused unless the intervenant is in the person's circle: they could not see it."""
    if not in_circle(person_id, holders):
        raise Refused(
            "Cette personne ou structure n’est pas dans le cercle : invitez-la d’abord.",
            field="intervenant",
            code="not-in-circle",
        )


def audience_of(visit: Planned) -> Audience:
    """Who is told about a visit: the care team, the person, her carers.

    Whoever comes from outside the team is told besides (`queries.told_of`), and no other of them.
    """
    return Audience(visit.for_team, visit.for_outside, visit.for_person, visit.for_carers)
