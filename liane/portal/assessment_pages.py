"""The assessments whose results were shared with me; what I think of a support."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from liane.assessments import giving
from liane.assessments import queries as assessments
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.portal import opinions as waiting
from liane.portal.pages import READ, _mine, _own, _page


@route(Policy.PORTAL, audit="assessment", methods=READ)
def mine(request: Request) -> HttpResponse:
    """Results that their author shared; everything else stays with the professionals."""
    person = _mine(request, Area.IDENTITY, "assessment")
    return _page(request, "assessments", person, told=assessments.shared(person.pk))


@route(Policy.PORTAL, audit="assessment", methods=READ)
def opinions(request: Request) -> HttpResponse:
    """The supports that wait for my opinion."""
    person = _own(request, Area.SOCIAL_ASSESSMENT, "assessment")
    return _page(request, "opinions", person, asked=waiting.asked(person))


@route(Policy.PORTAL, audit="assessment")
def give(request: Request, accompaniment_id: UUID) -> HttpResponse:
    """Say what I think of one support, once, to whom I choose."""
    person = _own(request, Area.SOCIAL_ASSESSMENT, "assessment")
    support, questions = waiting.one(person, accompaniment_id), giving.questionnaire()
    if support is None or questions is None:
        messages.info(request, "Cet avis n’est plus attendu : il a déjà été donné, ou c’est passé.")
        return redirect("portal")
    named, error = request.POST.get("named") == "1", ""
    if request.method == "POST":
        given = giving.Given(support.pk, support.organisation_id, named)
        try:
            giving.give(person, questions, request.POST, given)
        except Refused as refusal:
            error = refusal.message
        else:
            messages.success(request, "Merci : votre avis est enregistré.")
            return redirect("portal")
    screen = giving.screen(person, questions, request.POST if request.method == "POST" else None)
    context = {"support": support, "screen": screen, "named": named, "error": error}
    return _page(request, "opinion", person, status=422 if error else 200, **context)
