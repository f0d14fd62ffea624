"""My bundles: what was billed for me, who paid, and my own share."""

from uuid import UUID

from django.http import Http404, HttpResponse

from liane.bundles import queries as bundles
from liane.core.areas import Area
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.portal.pages import READ, _own, _page


@route(Policy.PORTAL, audit="money", methods=READ)
def mine(request: Request) -> HttpResponse:
    """My share, sequence by sequence."""
    person = _own(request, Area.MONEY, "money")
    return _page(request, "bundles", person, shares=bundles.shares(person.pk))


@route(Policy.PORTAL, audit="money", methods=READ)
def paper(request: Request, invoice_id: UUID) -> HttpResponse:
    """The PDF of one of my invoices."""
    _own(request, Area.MONEY, "money")
    found = bundles.person_paper(invoice_id)
    if found is None:
        raise Http404
    return file_response(found.file, inline=True, request=request)
