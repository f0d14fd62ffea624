"""Who holds a role in a circle, and who may settle a task."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.circle.models import Membership
from liane.core.acting import Actor
from liane.core.prepared import prepared
from liane.core.routes import PORTAL_ROLES
from liane.directory.models import Practice
from liane.tasks.models import CircleRole, Task

PROFESSIONS = {
    CircleRole.DOCTOR: "10",
    CircleRole.NURSE: "60",
    CircleRole.PHARMACIST: "21",
    CircleRole.PHYSIO: "70",
}
ROLES = {
    CircleRole.COORDINATOR: Practice.Role.COORDINATOR,
    CircleRole.CASE_MANAGER: Practice.Role.CASE_MANAGER,
    CircleRole.SECRETARY: Practice.Role.SECRETARY,
}


def holds(role: str, profession: str, working_as: str) -> bool:
    """True when somebody of this profession, working in this capacity, holds a circle role."""
    if role in ROLES:
        return working_as == ROLES[CircleRole(role)]
    return working_as == Practice.Role.CARE and profession == PROFESSIONS[CircleRole(role)]


def roles_of(actor: Actor) -> list[str]:
    """The circle roles that the actor holds. One query."""
    if actor.professional_id is None:
        return []
    profession = _profession.first(actor.professional_id)
    return [role for role in CircleRole.values if holds(role, profession or "", actor.role)]


@prepared
def _profession(professional_id: UUID) -> QuerySet[Practice, str]:
    rows = Practice.objects.filter(professional_id=professional_id).order_by("pk")
    return rows.values_list("professional__profession", flat=True)[:1]


def holders_of_role(person_id: UUID, role: str) -> list[UUID]:
    """The practices of a person's circle that hold a role: members and staff of members."""
    members = Membership.objects.filter(
        person_id=person_id, status=Membership.Status.ACTIVE, contact=None, outside_team=False
    ).values_list("practice_id", "organisation_id")
    practices = {practice for practice, _ in members if practice is not None}
    organisations = {organisation for _, organisation in members if organisation is not None}
    found = Practice.objects.filter(
        Q(pk__in=practices) | Q(organisation_id__in=organisations), professional__active=True
    ).values_list("pk", "professional__profession", "role")
    return [pk for pk, profession, working_as in found if holds(role, profession, working_as)]


def is_mine(task: Task, actor: Actor, roles: Iterable[str]) -> bool:
    """True when the task was given to the actor, in any way."""
    given = {task.practice_id, task.organisation_id, task.post_id} - {None}
    return bool(given & set(actor.holders)) or (bool(task.role) and task.role in set(roles))


def may_settle(task: Task, actor: Actor, roles: Iterable[str]) -> bool:
    """Those who were asked, and whoever asked; never from the portal."""
    if actor.is_system:
        return True
    if actor.role in PORTAL_ROLES:
        return False
    return is_mine(task, actor, roles) or task.author_holder_id in actor.holders
