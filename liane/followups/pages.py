"""Pages of the file active: the work list, one person's file, the contact log."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core import registry
from liane.core.areas import Area
from liane.core.errors import Conflict, Refused
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.core.templatetags.liane import capped
from liane.directory.models import Organisation
from liane.directory.queries import organisation as structure
from liane.followups import choices, contacts, queries, services
from liane.followups.contacts import Said
from liane.followups.forms import (
    ContactForm,
    EntrustForm,
    ExitForm,
    LevelForm,
    OpenForm,
    PartnerContactForm,
    ReminderForm,
    StageForm,
)
from liane.followups.models import Accompaniment
from liane.followups.states import LIFE
from liane.patients.models import Patient

READ = ("GET", "HEAD")
POST = ("POST",)
TAB = "accompagnement/"
HERE = "/file-active/"
WITHOUT_MANAGER = frozenset({"miennes", "sans-referent"})
"""Views that say by themselves whose case manager it is."""


@route(Policy.PROFESSIONAL, audit="working_file")
def index(request: Request) -> HttpResponse:
    """The work list, everybody's or one case manager's (``?referent=``); a name is searched by
    POST, so that it stands in no address.

    A structure that keeps another list only (`registry.list_tabs`) lands there.
    """
    house = _house()
    tabs = registry.tabs_for(request, HERE)
    if tabs and not request.GET and request.method != "POST" and not queries.keeps_one(house.pk):
        return redirect(next(tab["url"] for tab in tabs if not tab["current"]))
    view = request.GET.get("vue", "")
    view = view if view in queries.VIEWS else ""
    text = request.GET.get("page", "1")
    named = request.POST.get("q", "")[:100] if request.method == "POST" else ""
    number = int(text) if text.isdecimal() and len(text) < 5 else 1
    people = choices.colleagues(house.pk)
    known = dict(people)
    manager = parse(request.GET.get("referent"))
    manager = manager if str(manager) in known and view not in WITHOUT_MANAGER else None
    page = queries.page(house.pk, view, number, named=named, manager=manager)
    counts = queries.counts(house.pk, manager)
    told = counts if manager else {"miennes": counts["miennes"]}
    filters = [
        {"label": label, "url": f"?{_query(key, manager)}", "current": key == view,
         "count": capped(told[key], queries.MOST) if told.get(key) else None}
        for key, label in queries.VIEWS.items()
    ]  # fmt: skip
    context = {
        "house": house, "rows": page.rows, "after": page.after, "view": view, "filters": filters,
        "named": named, "counts": counts, "tabs": tabs, "people": people,
        "manager": str(manager or ""), "manager_name": known.get(str(manager), ""),
        "query": _query(view, manager), "most": queries.MOST,
    }  # fmt: skip
    return render(request, "followups/list.html", context)


def _query(view: str, manager: UUID | None) -> str:
    """A view of the list as its address says it."""
    said = {"vue": view, "referent": "" if view in WITHOUT_MANAGER else str(manager or "")}
    return urlencode({name: value for name, value in said.items() if value})


@route(Policy.PROFESSIONAL, audit="working_file", methods=READ)
def detail(request: Request, accompaniment_id: UUID) -> HttpResponse:
    """One accompaniment: the tab of its person's record."""
    row = queries.one(accompaniment_id)
    if row is None:
        raise Http404
    return redirect(_tab(row.person_id))


@route(Policy.PROFESSIONAL, audit="working_file", methods=READ)
def tab(request: Request, person_id: UUID) -> HttpResponse:
    """« Accompagnement »: level, stages, what is left to do, contacts, exit."""
    person, house = _person(person_id), _house()
    file = queries.file_of(house.pk, person.pk)
    context = frame(request, person, TAB) | {"file": file, "house": house}
    return render(request, "followups/tab.html", context)


@route(Policy.PROFESSIONAL, audit="working_file")
def open_(request: Request, person_id: UUID) -> HttpResponse:
    """A first accompaniment, or the person comes back."""
    person = _person(person_id)
    form = OpenForm(request.POST or None)
    return _step(
        request, person, "Ouvrir un accompagnement", "Ouvrir", form,
        lambda said: services.open_accompaniment(
            person.pk, said["level"], reason=said["reason"]
        ),
        "Accompagnement ouvert.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file")
def level(request: Request, accompaniment_id: UUID) -> HttpResponse:
    """Another level."""
    row = _row(accompaniment_id)
    form = LevelForm(request.POST or None, initial={"level": row.level, "version": row.version})
    return _step(
        request, row.person, "Changer le niveau", "Enregistrer", form,
        lambda said: services.change_level(
            row.pk, said["level"], reason=said["reason"], expect=said["version"]
        ),
        "Niveau enregistré.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file")
def stage(request: Request, accompaniment_id: UUID) -> HttpResponse:
    """Another stage."""
    row = _row(accompaniment_id)
    form = StageForm(
        request.POST or None, stages=set(LIFE.steps.get(row.status, set())),
        initial={"version": row.version},
    )  # fmt: skip
    return _step(
        request, row.person, "Changer d’étape", "Enregistrer", form,
        lambda said: services.move(
            row.pk, said["stage"], reason=said["reason"], expect=said["version"]
        ),
        "Étape enregistrée.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file")
def entrust(request: Request, accompaniment_id: UUID) -> HttpResponse:
    """Give the person to a colleague."""
    row = _row(accompaniment_id)
    form = EntrustForm(
        request.POST or None, people=choices.colleagues(row.organisation_id),
        initial={"version": row.version},
    )  # fmt: skip
    return _step(
        request, row.person, "Confier cette personne", "Confier et prévenir", form,
        lambda said: services.entrust(
            row.pk, UUID(said["practice"]), reason=said["reason"], expect=said["version"]
        ),
        "Confiée : votre collègue est prévenu.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file")
def end(request: Request, accompaniment_id: UUID) -> HttpResponse:
    """The exit."""
    row = _row(accompaniment_id)
    form = ExitForm(request.POST or None, initial={"version": row.version})
    return _step(
        request, row.person, "Sortie de la file active", "Terminer et prévenir", form,
        lambda said: services.end(
            row.pk, said["exit_reason"], text=said["text"], expect=said["version"]
        ),
        "Sortie enregistrée : le demandeur et le médecin traitant sont prévenus.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file")
def contact(request: Request, person_id: UUID) -> HttpResponse:
    """A contact about a person: how, then enregistrer."""
    person = _person(person_id)
    form = ContactForm(
        request.POST or None, partners=choices.partners(person.pk),
        initial={"channel": request.GET.get("moyen", "call")},
    )  # fmt: skip
    return _step(
        request, person, "Noter un contact", "Enregistrer le contact", form,
        lambda said: contacts.log(
            Said(
                said["channel"], person.pk, parse(said["partner"]), said["direction"],
                minutes=said["minutes"], note=said["note"], again_on=said["again_on"],
                again=said["again"],
            ),
            key=client_key(request),
        ),
        "Contact noté.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file")
def reminder(request: Request, person_id: UUID) -> HttpResponse:
    """« Y revenir le … »."""
    person = _person(person_id)
    return _step(
        request, person, "Poser un rappel", "Poser le rappel", ReminderForm(request.POST or None),
        lambda said: contacts.remind(
            person.pk, said["again_on"], said["again"], key=client_key(request)
        ),
        "Rappel posé.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="working_file", methods=POST)
def settle(request: Request, reminder_id: UUID) -> HttpResponse:
    """« C’est fait »."""
    row = contacts.settle(reminder_id)
    messages.success(request, "Rappel noté comme fait.")
    return redirect(_tab(row.person_id))


@route(Policy.PROFESSIONAL, audit="working_file")
def partner(request: Request, organisation_id: UUID) -> HttpResponse:
    """Our contacts with a structure, and a new one."""
    house, found = _house(), structure(organisation_id)
    if found is None:
        raise Http404
    form = PartnerContactForm(request.POST or None, initial={"channel": "call"})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            contacts.log(
                Said(
                    said["channel"], None, found.pk, said["direction"], minutes=said["minutes"],
                    note=said["note"],
                ),
                key=client_key(request),
            )  # fmt: skip
        except Refused as refusal:
            _refused(form, refusal)
        else:
            messages.success(request, "Contact noté.")
            return redirect("partner_contacts", organisation_id=found.pk)
    context = {
        "house": house, "partner": found, "form": form,
        "contacts": queries.contacts_with(found.pk),
    }  # fmt: skip
    return render(request, "followups/partner.html", context, status=422 if form.errors else 200)


def _step(
    request: Request,
    person: Patient,
    title: str,
    button: str,
    form: forms.Form,
    verb: Callable[[dict[str, Any]], object],
    done: str,
    **more: Any,
) -> HttpResponse:
    """One form about one person; a colleague's change meanwhile is shown, nothing is lost."""
    conflict = ""
    if request.method == "POST" and form.is_valid():
        try:
            verb(form.cleaned_data)
        except Conflict as refusal:
            conflict = refusal.message
        except Refused as refusal:
            _refused(form, refusal)
        else:
            messages.success(request, done)
            return redirect(_tab(person.pk))
    status = 409 if conflict else 422 if form.errors else 200
    fields = [field for field in form if not field.is_hidden]
    essential = getattr(form, "ESSENTIAL", len(fields))
    more |= {"first": fields[:essential], "rest": fields[essential:]}
    context = frame(request, person, TAB) | {
        "title": title, "button": button, "form": form, "conflict": conflict, **more,
    }  # fmt: skip
    return render(request, "followups/step.html", context, status=status)


def _refused(form: forms.Form, error: Refused) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _tab(person_id: UUID) -> str:
    return f"/personnes/{person_id}/{TAB}"


def _house() -> Organisation:
    house = queries.house()
    if house is None:
        raise Http404
    return house


def _person(person_id: UUID) -> Patient:
    return access_patient(person_id, Area.WORKING_FILE, resource="working_file")


def _row(accompaniment_id: UUID) -> Accompaniment:
    row = queries.one(accompaniment_id)
    if row is None:
        raise Http404
    return row
