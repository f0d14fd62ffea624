"""The meetings that my professionals told me of: when, where, who comes, why."""

from django.http import HttpResponse

from liane.core.areas import Area
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.meetings import queries as meetings
from liane.portal.pages import READ, _mine, _page


@route(Policy.PORTAL, audit="care_plan", methods=READ)
def mine(request: Request) -> HttpResponse:
    """Meetings around me, once the convener told me."""
    person = _mine(request, Area.CARE_PLAN, "care_plan")
    return _page(request, "meetings", person, meetings=meetings.shared(person.pk))
