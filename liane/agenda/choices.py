"""Choices offered by the forms of the agenda."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.agenda import queries
from liane.circle.models import Membership
from liane.core import acting
from liane.core.areas import Area
from liane.directory.models import Practice
from liane.interventions.rules import in_team

Choices = list[tuple[str, str]]
WORKING = (
    Practice.Role.CARE,
    Practice.Role.SOCIAL,
    Practice.Role.COORDINATOR,
    Practice.Role.CASE_MANAGER,
)


def practices() -> Choices:
    """The practices that the actor speaks for, named by their structure."""
    return [(str(practice.pk), practice.organisation.name) for practice in queries.my_practices()]


def intervenants(person_id: UUID) -> Choices:
    """Who may come to this person: the circle's professionals, structures and posts.

    Somebody outside the care team is offered only their own practices. Four queries.
    """
    actor = acting.current()
    own = [(f"practice:{pk}", name) for pk, name in practices()]
    if not in_team(actor, person_id, Area.AGENDA):
        return own
    members = list(
        Membership.objects.filter(
            person_id=person_id, status=Membership.Status.ACTIVE, contact=None
        ).select_related("practice__professional", "practice__organisation", "organisation", "post")
    )
    structures = [member.organisation for member in members if member.organisation is not None]
    staff = at_work().filter(organisation__in=structures)
    direct = [member.practice for member in members if member.practice is not None]
    people = {practice.pk: practice for practice in [*direct, *staff]}
    mine = {key for key, _ in own}
    rows = [
        (f"practice:{pk}", f"{practice.professional.name} · {practice.organisation.name}")
        for pk, practice in people.items()
    ]
    rows.sort(key=lambda row: (row[0] not in mine, row[1]))
    rows += [(f"organisation:{place.pk}", f"{place.name} (à attribuer)") for place in structures]
    rows += [(f"post:{member.post_id}", str(member.post)) for member in members if member.post]
    return rows


def performers(person_id: UUID) -> Choices:
    """Who may have done an act for this person: the actor's own practices, then the circle's.

    Four queries.
    """
    own = practices()
    mine = {pk for pk, _ in own}
    others = [
        (key.partition(":")[2], label)
        for key, label in intervenants(person_id)
        if key.startswith("practice:") and key.partition(":")[2] not in mine
    ]
    return [*((pk, f"Moi · {name}") for pk, name in own), *others]


def at_work() -> QuerySet[Practice]:
    """Everybody who visits somebody today, in any structure, by name."""
    today = timezone.localdate()
    return (
        Practice.objects.filter(
            Q(started_on=None) | Q(started_on__lte=today),
            Q(ended_on=None) | Q(ended_on__gte=today),
            role__in=WORKING,
            professional__active=True,
        )
        .select_related("professional", "organisation")
        .order_by("professional__family", "professional__given")
    )
