"""Who may keep a plan, and to whom its actions may be entrusted, as choices of a form."""

from uuid import UUID

from liane.careplans.models import Action, Plan
from liane.circle.models import Membership
from liane.core import acting
from liane.directory.models import Practice
from liane.tasks import choices

KEEPERS = {"care", "coordinator", "case_manager"}


def around(person_id: UUID) -> choices.Choices:
    """Professionals, structures and posts of the circle. Three queries."""
    return [(value, label) for value, label in choices.around(person_id) if ":" in value and not
            value.startswith("role:")]  # fmt: skip


def for_tasks(person_id: UUID) -> choices.Choices:
    """The same, with the roles of the circle. Three queries."""
    return choices.around(person_id)


def chosen(action: Action) -> str:
    """The choice that an action holds."""
    for name in ("practice", "organisation", "post"):
        if pk := getattr(action, f"{name}_id"):
            return f"{name}:{pk}"
    return ""


def referents(person_id: UUID, plan: Plan | None = None) -> choices.Choices:
    """The care team's professionals, oneself first, the present référent included. Two queries."""
    members = Membership.objects.filter(
        person_id=person_id, status=Membership.Status.ACTIVE, contact=None, outside_team=False
    ).values_list("practice_id", "organisation_id")
    practices = {practice for practice, _ in members if practice is not None}
    organisations = {organisation for _, organisation in members if organisation is not None}
    rows = Practice.objects.filter(role__in=KEEPERS, ended_on=None, professional__active=True)
    found = rows.filter(pk__in=practices) | rows.filter(
        organisation_id__in=organisations, role__in=KEEPERS
    )
    if plan is not None:
        found |= Practice.objects.filter(pk=plan.referent_id)
    mine = set(acting.current().holders)
    people = sorted(
        found.select_related("professional", "organisation").distinct(),
        key=lambda one: (one.pk not in mine, one.professional.family),
    )
    return [(str(one.pk), f"{one.professional.name} · {one.organisation.name}") for one in people]
