"""Whom one may convene: the professionals of the circle, whatever their structure."""

from uuid import UUID

from liane.circle.models import Membership
from liane.core import acting
from liane.directory.models import Practice
from liane.tasks.choices import Choices

ROLES = {"care", "coordinator", "case_manager", "social"}


def around(person_id: UUID) -> Choices:
    """Members of the circle and the staff of member structures, oneself left out. Two queries."""
    members = Membership.objects.filter(
        person_id=person_id, status=Membership.Status.ACTIVE, contact=None
    ).values_list("practice_id", "organisation_id")
    practices = {practice for practice, _ in members if practice is not None}
    organisations = {organisation for _, organisation in members if organisation is not None}
    rows = Practice.objects.filter(role__in=ROLES, ended_on=None, professional__active=True)
    found = rows.filter(pk__in=practices) | rows.filter(organisation_id__in=organisations)
    mine = set(acting.current().holders)
    people = sorted(
        found.select_related("professional", "organisation").distinct(),
        key=lambda one: (one.pk not in practices, one.professional.family),
    )
    return [(str(one.pk), _words(one)) for one in people if one.pk not in mine]


def _words(one: Practice) -> str:
    what = one.professional.profession_label or one.get_role_display()
    return f"{one.professional.name} · {what}, {one.organisation.name}"
