"""The record's tab « Évaluations »: choose, answer section by section, read the results."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.assessments import filling, queries, services
from liane.assessments.engine import posting
from liane.assessments.forms import ChoiceForm, CompletionForm, ReasonForm
from liane.assessments.models import Response
from liane.circle import persons
from liane.circle.access import access_patient, require_write
from liane.circle.record import frame, reach_of
from liane.core import pdf
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.files import serve
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients.models import Patient

READ = ("GET", "HEAD")
TAB = "evaluations/"


def _person(person_id: UUID) -> Patient:
    """The person, by whichever of the two areas the actor reads."""
    try:
        return access_patient(person_id, Area.SOCIAL_ASSESSMENT, resource="assessment")
    except Http404:
        return access_patient(person_id, Area.CLINICAL_NOTE, resource="assessment")


@route(Policy.PROFESSIONAL, audit="assessment", methods=READ)
def listing(request: Request, person_id: UUID) -> HttpResponse:
    """A person's assessments: those in progress first, then the others by date."""
    person = _person(person_id)
    rows = queries.of_person(person.pk)
    context = frame(request, person, TAB) | {
        "open": [row for row in rows if row.is_open],
        "done": [row for row in rows if row.is_done and not row.is_corrected],
        "tracks": queries.tracks(person.pk),
        "offered": queries.offered(),
        "may_start": _may_start(request, person.pk),
    }
    return render(request, "assessments/list.html", context)


def _may_start(request: Request, person_id: UUID) -> bool:
    reach = reach_of(request)
    areas = (Area.SOCIAL_ASSESSMENT, Area.CLINICAL_NOTE)
    return any(reach.may_write(area, person_id) for area in areas)


@route(Policy.PROFESSIONAL, audit="assessment")
def new(request: Request, person_id: UUID) -> HttpResponse:
    """Choose a questionnaire and start; the one that ``?questionnaire=`` names comes first."""
    person = _person(person_id)
    reach = reach_of(request)
    offered = [row for row in queries.offered() if reach.may_write(Area(row.area), person.pk)]
    offered.sort(key=lambda row: str(row.pk) != request.GET.get("questionnaire"))
    form = ChoiceForm(request.POST or None, offered=offered)
    if request.method == "POST" and form.is_valid():
        chosen = queries.questionnaire_or_404(parse(form.cleaned_data["questionnaire"]))
        try:
            response = services.start(person, chosen, key=client_key(request))
        except Refused as refusal:
            form.add_error("questionnaire", refusal.message)
        else:
            return redirect("assessment-fill", response_id=response.pk)
    context = frame(request, person, TAB) | {"form": form, "offered": offered}
    return render(request, "assessments/new.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="assessment", methods=READ)
def detail(request: Request, response_id: UUID) -> HttpResponse:
    """The results; one in progress leads to its questions, or says where it stands."""
    response = queries.one_or_404(response_id)
    context = frame(request, response.person, TAB) | {
        "response": response,
        "history": queries.history(response),
        "may_write": reach_of(request).may_write(Area(response.area), response.person_id),
        "correction": queries.correction_of(response) if response.is_corrected else None,
        "reason_form": ReasonForm(),
        "pdf_available": pdf.available(),
    }
    if response.is_open:
        if context["may_write"]:
            return redirect("assessment-fill", response_id=response.pk)
        return render(request, "assessments/pending.html", context)
    context["results"] = queries.results(response)
    return render(request, "assessments/results.html", context)


# ------------------------------------------------------------------ answering
@route(Policy.PROFESSIONAL, audit="assessment")
def fill(request: Request, response_id: UUID) -> HttpResponse:
    """One section of an assessment in progress; each POST saves what it shows."""
    response = queries.one_or_404(response_id)
    require_write(response.person_id, Area(response.area))
    if not response.is_open:
        return redirect("assessment", response_id=response.pk)
    if request.method == "POST":
        return _saved(request, response)
    one, settled = queries.resettled(response)
    shown = filling.screen(
        one, settled, _number(request.GET.get("partie")), show_missing="manque" in request.GET
    )
    return _screen(request, shown)


def _saved(request: Request, response: Response) -> HttpResponse:
    one, settled = queries.resettled(response)
    number = _number(request.POST.get("partie"))
    before = filling.screen(one, settled, number).shape()
    posted = posting.read(one.definition, request.POST)
    go = request.POST.get("go", "")
    theirs = [
        place
        for place in posted.values
        if request.POST.get(f"choix-{posting.name_of(place)}") == "autre"
    ]
    add = (
        posting.place_above(one.definition, go.removeprefix("ajouter:"))
        if go.startswith("ajouter:")
        else None
    )
    try:
        services.save(
            response.pk, version=_number(request.POST.get("version")), posted=posted,
            keep_theirs=theirs, decided=request.POST.get("decide") == "1", add=add,
        )  # fmt: skip
    except services.Crossed as crossed:
        return _crossed(request, crossed)
    response = queries.one_or_404(response.pk)
    one, settled = queries.resettled(response)
    shown = filling.screen(one, settled, number, errors=posted.errors, raw=posted.typed)
    if request.htmx:
        return _fragment(request, shown, changed=shown.shape() != before)
    if posted.errors:
        return _screen(request, shown, status=422)
    appeared = shown.places() - set(posted.values)
    return _next(request, shown, go, appeared=bool(appeared))


def _next(request: Request, shown: filling.Screen, go: str, *, appeared: bool) -> HttpResponse:
    response = shown.one.response
    if go == "plus-tard":
        messages.success(request, "C’est enregistré : vous pourrez reprendre ici ou ailleurs.")
        return redirect("assessments", person_id=response.person_id)
    if go == "retour" and shown.before is not None:
        return _to(response, shown.before.number)
    if go in {"suite", "fin"} and appeared:
        messages.info(request, "Vos réponses font apparaître d’autres questions dans cette partie.")
        return _to(response, shown.section.number)
    if go == "suite" and shown.after is not None:
        return _to(response, shown.after.number)
    if go in {"suite", "fin"}:
        return redirect("assessment-complete", response_id=response.pk)
    return _to(response, shown.section.number)


def _to(response: Response, number: int) -> HttpResponseRedirect:
    return redirect(f"/evaluations/{response.pk}/remplir/?partie={number}")


def _screen(request: Request, shown: filling.Screen, status: int = 200) -> HttpResponse:
    response = shown.one.response
    context = frame(request, response.person, TAB) | {"screen": shown, "response": response}
    return render(request, "assessments/fill.html", context, status=status)


def _fragment(request: Request, shown: filling.Screen, *, changed: bool) -> HttpResponse:
    """The answer to an automatic save: the section again only where it is not the same."""
    context = {"screen": shown, "response": shown.one.response, "person": shown.one.response.person}
    if changed or shown.errors:
        answer = render(request, "assessments/_section.html", context | {"saved": True})
        answer.headers["HX-Reswap"] = "outerHTML"
        return answer
    return render(request, "assessments/_saved.html", context | {"apart": True})


def _crossed(request: Request, crossed: services.Crossed) -> HttpResponse:
    response = crossed.response
    typed = [
        (name, value)
        for name in request.POST
        if name not in {"csrfmiddlewaretoken", "version", "go"} and not name.startswith("choix-")
        for value in request.POST.getlist(name)
    ]
    context = frame(request, response.person, TAB) | {
        "response": response,
        "differences": [(posting.name_of(one.place), one) for one in crossed.differences],
        "typed": typed,
        "go": request.POST.get("go", ""),
        "message": crossed.message,
    }
    if request.htmx:
        answer = render(request, "assessments/_crossed.html", context, status=422)
        answer.headers["HX-Reswap"] = "outerHTML"
        return answer
    return render(request, "assessments/crossed.html", context, status=409)


@route(Policy.PROFESSIONAL, audit="assessment")
def complete(request: Request, response_id: UUID) -> HttpResponse:
    """Read everything again, say the date, complete."""
    response = queries.one_or_404(response_id)
    require_write(response.person_id, Area(response.area))
    if not response.is_open:
        return redirect("assessment", response_id=response.pk)
    form = CompletionForm(
        request.POST or None,
        initial={"on": timezone.localtime(response.at).date()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = services.complete(
                response.pk,
                version=_number(request.POST.get("version")),
                for_person=form.cleaned_data["for_person"],
                on=form.cleaned_data["on"],
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "Évaluation terminée : l’équipe la voit dans le dossier.")
            return redirect("assessment", response_id=done.pk)
    one, settled = queries.resettled(response)
    context = frame(request, response.person, TAB) | {
        "response": response,
        "form": form,
        "lacks": filling.lacks(one, settled),
        "parts": queries.parts_of(one, settled),
        "scores": queries.scores_now(one, settled),
        "last": filling.screen(one, settled, 10_000).section.number,
    }
    status = 409 if form.errors and _is_conflict(form) else 422 if form.errors else 200
    return render(request, "assessments/complete.html", context, status=status)


def _is_conflict(form: CompletionForm) -> bool:
    return any("entre-temps" in error for error in form.non_field_errors())


@route(Policy.PROFESSIONAL, audit="assessment", methods=("POST",))
def amend(request: Request, response_id: UUID) -> HttpResponse:
    """Open a correction of a completed assessment."""
    response = queries.one_or_404(response_id)
    new_one = services.amend(response.pk, reason=request.POST.get("reason", ""))
    return redirect("assessment-fill", response_id=new_one.pk)


@route(Policy.PROFESSIONAL, audit="assessment", methods=("POST",))
def withdraw(request: Request, response_id: UUID) -> HttpResponse:
    """Give up an assessment, or say that it was an error."""
    response = queries.one_or_404(response_id)
    services.withdraw(response.pk, reason=request.POST.get("reason", ""))
    messages.success(request, "C’est noté. Rien n’est effacé : la raison reste dans l’historique.")
    return redirect("assessments", person_id=response.person_id)


# ------------------------------------------------------------------ paper
@route(Policy.PROFESSIONAL, audit="assessment")
def paper(request: Request, response_id: UUID) -> HttpResponse:
    """The PDF: asked by POST, given once it is made."""
    response = queries.one_or_404(response_id)
    if request.method == "POST":
        services.ask_paper(response.pk)
        return redirect("assessment", response_id=response.pk)
    limited = persons.limited(reach_of(request), response.person_id)
    if response.paper is None or not response.is_done or limited:
        raise Http404
    return serve.file_response(response.paper, inline=False, request=request)


@route(Policy.PROFESSIONAL, audit="assessment", methods=READ)
def printed(request: Request, response_id: UUID) -> HttpResponse:
    """The results alone, for paper."""
    response = queries.one_or_404(response_id)
    if not response.is_done:
        raise Http404
    queries.note_print(response)
    context = queries.results(response).context()
    context["limited"] = persons.limited(reach_of(request), response.person_id)
    return render(request, "assessments/print.html", context)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else 1
