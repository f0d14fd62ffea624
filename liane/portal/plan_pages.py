"""My plan, in plain words: what we aim at, who does what, what I say of it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from liane.careplans import queries as careplans
from liane.careplans import services
from liane.careplans.forms import WordsForm
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request, client_key
from liane.core.routes import Policy, route
from liane.patients.models import Patient
from liane.portal import plans
from liane.portal.pages import READ, _mine, _page

POST = ("POST",)


@route(Policy.PORTAL, audit="care_plan", methods=READ)
def plan(request: Request) -> HttpResponse:
    """The plan as it was last sent, once it is shared; my words; my answer."""
    return _shown(request, _mine(request, Area.CARE_PLAN, "care_plan"), WordsForm(prefix="words"))


def _shown(request: Request, person: Patient, form: WordsForm, status: int = 200) -> HttpResponse:
    writes = bool(request.actor.write.get(Area.CARE_PLAN))
    if request.actor.role not in {"person", "legal"}:
        form.fields["both"].label = f"{person.short_name} peut le lire aussi"
    return _page(
        request, "plan", person, view=plans.view(person), words_form=form,
        speaks=writes, status=status,
    )  # fmt: skip


@route(Policy.PORTAL, audit="care_plan", methods=POST)
def words(request: Request) -> HttpResponse:
    """What matters to me, in my own words."""
    person = _mine(request, Area.CARE_PLAN, "care_plan")
    form = WordsForm(request.POST, prefix="words")
    if not form.is_valid():
        return _shown(request, person, form, 422)
    data = form.cleaned_data
    services.give_words(
        person.pk, text=data["text"], topic=data["topic"], both=data["both"],
        key=client_key(request),
    )  # fmt: skip
    messages.success(request, "C’est noté. Votre équipe le lira.")
    return redirect("portal_plan")


@route(Policy.PORTAL, audit="care_plan", methods=POST)
def answer(request: Request) -> HttpResponse:
    """Do I agree with this plan? I may change my mind."""
    person = _mine(request, Area.CARE_PLAN, "care_plan")
    found = careplans.current(person.pk)
    version = careplans.standing(found).version if found is not None else None
    if version is None or str(version.pk) != request.POST.get("version"):
        raise Http404
    try:
        services.agree(
            version.pk, answer=request.POST.get("answer", ""), text=request.POST.get("text", "")
        )
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Votre réponse est notée.")
    return redirect("portal_plan")
