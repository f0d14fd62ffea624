"""Pages of what is handed on, and of the person's exchanges with the DMP."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame, reach_of
from liane.core import ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.models import AccessRow
from liane.core.routes import Policy, route
from liane.exchange import dmp
from liane.exchange.dmp import fetching
from liane.exchange.handing import queries, services, things
from liane.exchange.handing.things import Thing
from liane.exchange.models import Sending
from liane.exchange.received.pages import inert
from liane.exchange.xdm import writing

TAB = "documents/"


class PersonForm(forms.Form):
    """A few words to the person, with the document."""

    text = forms.CharField(
        label="Message", required=False, max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    final = forms.BooleanField(label="Sans réponse possible de sa part", required=False)


@route(Policy.PROFESSIONAL, audit="document")
def document(request: Request, person_id: UUID, document_id: UUID) -> HttpResponse:
    """Hand on a document."""
    return _hand(request, things.document(person_id, document_id), Area.DOCUMENT)


@route(Policy.PROFESSIONAL, audit="note")
def note(request: Request, person_id: UUID, note_id: UUID) -> HttpResponse:
    """Hand on a note."""
    return _hand(request, things.note(person_id, note_id), Area.CLINICAL_NOTE)


@route(Policy.PROFESSIONAL, audit="care_plan")
def version(request: Request, plan_version_id: UUID) -> HttpResponse:
    """Hand on a version of the plan."""
    return _hand(request, things.version(plan_version_id), Area.CARE_PLAN)


def _hand(request: Request, thing: Thing, area: Area) -> HttpResponse:
    person = access_patient(thing.person.pk, area, resource="handing")
    form, error = PersonForm(), ""
    if request.method == "POST":
        form = PersonForm(request.POST)
        try:
            if form.is_valid():
                _sent(request, thing, form)
                return redirect(thing.path)
        except NotAllowed as refusal:
            return render(request, "403.html", {"message": refusal.message}, status=403)
        except Refused as refusal:
            error = refusal.message
    elif "forme" in request.GET:
        try:
            return _file(thing, request.GET["forme"])
        except Refused as refusal:
            error = refusal.message
    context = frame(request, person, TAB) | {
        "thing": thing,
        "form": form,
        "error": error,
        "writes": reach_of(request).may_write(Area.DOCUMENT, person.pk),
        "places": [
            (place.value, place.label, services.obstacle(place.value, person))
            for place in Sending.Where
        ],
        "sendings": queries.of_thing(thing),
    }
    status = 422 if error or form.errors else 200
    return render(request, "exchange/handing/thing.html", context, status=status)


def _sent(request: Request, thing: Thing, form: PersonForm) -> None:
    sending_id = parse(request.POST.get("again"))
    if sending_id is not None:
        services.retry(sending_id)
    else:
        where = request.POST.get("where", "")
        if where not in Sending.Where.values:
            raise Refused("Choisissez où envoyer.")
        services.send(thing, where, **form.cleaned_data)
    messages.success(request, "L’envoi part dans un instant.")


def _file(thing: Thing, form: str) -> HttpResponse:
    """The thing as a file to save; the export is recorded."""
    made = thing.made()
    ledger.read(
        [thing.person.pk], thing.name, object_id=thing.row.pk, action=AccessRow.Action.EXPORT
    )
    if form == "xdm":
        return inert(writing.archive([made], title=made.head.title), writing.NAME)
    return inert(made.content, "document-cda.xml")


@route(Policy.PROFESSIONAL, audit="document")
def exchanges(request: Request, person_id: UUID) -> HttpResponse:
    """What was sent and when, errors to try again; the DMP: the person's answer, its documents."""
    person = access_patient(person_id, Area.DOCUMENT, resource="exchanges")
    context: dict[str, Any] = {"error": ""}
    if request.method == "POST":
        try:
            done = _exchanged(request, person_id, context)
        except NotAllowed as refusal:
            return render(request, "403.html", {"message": refusal.message}, status=403)
        except Refused as refusal:
            context["error"] = refusal.message
        else:
            if done:
                return redirect("exchanges", person_id=person.pk)
    reach = reach_of(request)
    context |= frame(request, person, TAB) | {
        "sendings": queries.of_person(person.pk),
        "obstacle": services.obstacle(Sending.Where.DMP, person),
        "ready": dmp.ready(),
        "opposed": services.opposed(person.pk),
        "writes": reach.may_write(Area.DOCUMENT, person.pk),
        "writes_wishes": reach.may_write(Area.CONSENT, person.pk),
    }
    status = 422 if context["error"] else 200
    return render(request, "exchange/handing/exchanges.html", context, status=status)


def _exchanged(request: Request, person_id: UUID, context: dict[str, Any]) -> bool:
    """Carry out one action of the page; False when its answer is to be shown at once."""
    action = request.POST.get("action", "")
    if action == "search":
        context["found"] = fetching.search(person_id)
        return False
    if action == "fetch":
        row = fetching.fetch(person_id, request.POST.get("found", "")[:64])
        messages.success(request, f"« {row.title} » attend d’être classé.")
    elif action == "answer":
        services.note_dmp_answer(person_id, agrees=request.POST.get("agrees") == "1")
        messages.success(request, "C’est noté.")
    else:
        sending_id = parse(request.POST.get("again"))
        if sending_id is None:
            raise Refused("Choisissez un envoi.")
        services.retry(sending_id)
        messages.success(request, "L’envoi part dans un instant.")
    return True
