"""The assessments whose results were shared with me: what, when, by whom, what came out."""

from django.http import HttpResponse

from liane.assessments import queries as assessments
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.portal.pages import READ, _mine, _page


@route(Policy.PORTAL, audit="assessment", methods=READ)
def mine(request: Request) -> HttpResponse:
    """Results that their author shared; everything else stays with the professionals."""
    person = _mine(request, Area.IDENTITY, "assessment")
    return _page(request, "assessments", person, told=assessments.shared(person.pk))
