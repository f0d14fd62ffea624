"""The identity tab: who the person is, where, with whom, and what they wish."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.circle import forms
from liane.circle import services as circle
from liane.circle.access import access_patient
from liane.circle.persons import limited
from liane.circle.queries import doctors
from liane.circle.record import frame, panels, reach_of
from liane.core import clock
from liane.core.areas import Area
from liane.core.errors import Conflict
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients import ins, queries
from liane.patients import services as patients
from liane.patients.models import Contact, Patient

TAB = "identite/"
TRAITS = (
    "birth_name", "given_names", "used_name", "used_given", "sex", "birth_date", "birth_place",
    "birth_place_name",
)  # fmt: skip
WHERE = ("address_line", "postcode", "city", "access_hint", "phone", "email")


@route(Policy.PROFESSIONAL, audit="identity", methods=("GET", "HEAD"))
def identity(request: Request, person_id: UUID) -> HttpResponse:
    """Everything about who the person is, as far as this actor may see it."""
    person = access_patient(person_id, Area.IDENTITY)
    context = frame(request, person, TAB)
    if not context["limited"]:
        reach = reach_of(request)
        writes = reach.may_write(Area.IDENTITY, person.pk)
        consents = reach.may_write(Area.CONSENT, person.pk)
        reads = consents or reach.patients(Area.CONSENT).filter(pk=person.pk).exists()
        context |= {
            "writes": writes,
            "writes_wishes": consents,
            "reads_wishes": reads,
            "matricule": ins.of(person) if writes else None,
            "contacts": queries.contacts(person.pk),
            "doctor": queries.attending_doctor(person.pk, clock.today()),
            "wishes": queries.wishes(person.pk) if reads else (),
            "history": queries.identity_history(person.pk),
            "links": queries.living_links(person.pk),
            "ins_form": forms.InsForm(person) if writes else None,
            "links_records": request.actor.role == "identity",
            "panels": panels(request, person, "identity"),
        }
    return render(request, "circle/persons/identity.html", context)


def writable(request: Request, person_id: UUID, area: Area = Area.IDENTITY) -> Patient:
    """The person, when this actor may change ``area``: 404 otherwise."""
    person = access_patient(person_id, Area.IDENTITY, resource="identity_form")
    reach = reach_of(request)
    if limited(reach, person.pk) or not reach.may_write(area, person.pk):
        raise Http404
    return person


def _form(
    request: Request, person: Patient, form: Form, title: str, do: Callable[[], Any], **more: Any
) -> HttpResponse:
    """Show a form of one change, or carry it out and go back to the tab."""
    if request.method == "POST" and form.is_valid():
        try:
            done = forms.settle(form, do)
        except Conflict:
            raise
        if not form.errors:
            messages.success(request, "C’est noté.")
            return redirect(more.pop("then", f"/personnes/{person.pk}/identite/"))
        del done
    context = frame(request, person, TAB) | {"form": form, "form_title": title, **more}
    return render(request, "circle/persons/form.html", context, status=400 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="identity")
def contact_data(request: Request, person_id: UUID) -> HttpResponse:
    """Address, phone, how to get in. Both versions are shown when somebody else changed it."""
    person = writable(request, person_id)
    start = {name: getattr(person, name) for name in WHERE} | {"version": person.version}
    form = forms.ContactDataForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in WHERE}
        try:
            patients.update_contact_data(
                person.pk, version=form.cleaned_data["version"], values=values
            )
        except Conflict as conflict:
            data = request.POST.copy()
            data["version"] = str(person.version)
            form = forms.ContactDataForm(data)
            form.add_error(None, conflict.message)
            theirs = [(form.fields[name].label, getattr(person, name)) for name in WHERE]
            context = frame(request, person, TAB) | {
                "form": form, "form_title": "Coordonnées", "theirs": theirs,
            }  # fmt: skip
            return render(request, "circle/persons/form.html", context, status=409)
        messages.success(request, "Coordonnées mises à jour.")
        return redirect("identity", person_id=person.pk)
    return _form(request, person, form, "Coordonnées", lambda: None)


@route(Policy.PROFESSIONAL, audit="identity")
def traits(request: Request, person_id: UUID) -> HttpResponse:
    """Correct names, birth, sex."""
    person = writable(request, person_id)
    start = {name: getattr(person, name) for name in TRAITS} | {"version": person.version}
    form = forms.CorrectionForm(request.POST or None, initial=start)
    return _form(
        request, person, form, "Corriger l’état civil",
        lambda: patients.correct_traits(
            person.pk,
            version=form.cleaned_data["version"],
            values={name: form.cleaned_data[name] for name in TRAITS},
            reason=form.cleaned_data["reason"],
        ),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="identity")
def ins_status(request: Request, person_id: UUID) -> HttpResponse:
    """One step of the identity's status."""
    person = writable(request, person_id)
    form = forms.InsForm(person, request.POST or None)

    def step() -> Patient:
        typed = form.cleaned_data["matricule"]
        number = ins.parse(typed, form.cleaned_data["oid"] or ins.NIR) if typed else None
        return patients.set_ins(
            person.pk,
            form.cleaned_data["after"],
            matricule=number,
            reason=form.cleaned_data["reason"],
        )

    return _form(request, person, form, "Statut de l’identité", step)


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def twin(request: Request, person_id: UUID) -> HttpResponse:
    """Put up or take down the banner of a twin or namesake."""
    person = writable(request, person_id)
    patients.set_twin_warning(
        person.pk, request.POST.get("warned") == "1", reason="signalé sur la page d’identité"
    )
    return redirect("identity", person_id=person.pk)


@route(Policy.PROFESSIONAL, audit="identity")
def wish(request: Request, person_id: UUID) -> HttpResponse:
    """Write down what the person answers now."""
    person = writable(request, person_id, Area.CONSENT)
    form = forms.WishForm(request.POST or None)

    def answered() -> Any:
        return circle.record_wish(
            person, form.cleaned_data["answer"], consulted=form.cleaned_data["consulted"]
        )

    refused = request.POST.get("answer") == "refuses"
    return _form(
        request, person, form, "Ce que la personne souhaite", answered,
        then="/personnes/" if refused else f"/personnes/{person.pk}/identite/",
        warning="Un refus ferme le dossier : le cercle prend fin, plus aucun membre ne l’ouvre.",
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="identity")
def death(request: Request, person_id: UUID) -> HttpResponse:
    """Confirm a death."""
    person = writable(request, person_id)
    form = forms.DeathForm(request.POST or None)
    return _form(
        request, person, form, "Confirmer un décès",
        lambda: patients.confirm_death(
            person.pk, on=form.cleaned_data["died_on"], source=form.cleaned_data["source"]
        ),
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="identity")
def contact_new(request: Request, person_id: UUID) -> HttpResponse:
    """Add somebody of the person's own life."""
    person = writable(request, person_id)
    form = forms.ContactForm(request.POST or None)
    return _form(
        request, person, form, "Ajouter un proche",
        lambda: patients.add_contact(person.pk, form.cleaned_data),
    )  # fmt: skip


def _contact(person: Patient, contact_id: UUID) -> Contact:
    found = queries.contacts(person.pk).filter(pk=contact_id).first()
    if found is None:
        raise Http404
    return found


@route(Policy.PROFESSIONAL, audit="identity")
def contact(request: Request, person_id: UUID, contact_id: UUID) -> HttpResponse:
    """Correct a contact, name the person of trust, or end the contact."""
    person = writable(request, person_id)
    known = _contact(person, contact_id)
    form = forms.ContactForm(
        request.POST or None,
        initial={name: getattr(known, name) for name in forms.ContactForm.base_fields},
    )
    return _form(
        request, person, form, known.name,
        lambda: patients.update_contact(known.pk, form.cleaned_data), contact=known,
    )  # fmt: skip


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def contact_trust(request: Request, person_id: UUID, contact_id: UUID) -> HttpResponse:
    """Name the person of trust, or end it."""
    known = _contact(writable(request, person_id), contact_id)
    patients.name_trusted(known.pk, request.POST.get("trusted") == "1")
    return redirect("identity", person_id=person_id)


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def contact_end(request: Request, person_id: UUID, contact_id: UUID) -> HttpResponse:
    """This person is no longer around."""
    patients.end_contact(_contact(writable(request, person_id), contact_id).pk)
    messages.success(request, "Ses droits, s’il y en avait, prennent fin maintenant.")
    return redirect("identity", person_id=person_id)


@route(Policy.PROFESSIONAL, audit="identity")
def contact_access(request: Request, person_id: UUID, contact_id: UUID) -> HttpResponse:
    """Give or take back a carer's right."""
    person = writable(request, person_id, Area.CONSENT)
    known = _contact(person, contact_id)
    form = forms.CarerAccessForm(
        request.POST or None, initial={"access": known.access, "measure": known.measure}
    )
    return _form(
        request, person, form, f"Ce que peut {known.name}",
        lambda: patients.set_access(
            known.pk,
            form.cleaned_data["access"],
            until=_end_of(form.cleaned_data["until"]),
            measure=form.cleaned_data["measure"],
        ),
        contact=known,
    )  # fmt: skip


def _end_of(day: dt.date | None) -> dt.datetime | None:
    if day is None:
        return None
    zone = timezone.get_current_timezone()
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)


@route(Policy.PROFESSIONAL, audit="identity")
def doctor(request: Request, person_id: UUID) -> HttpResponse:
    """Name the attending doctor, found in the directory."""
    person = writable(request, person_id)
    if request.method == "POST" and "practice" in request.POST:
        patients.name_attending_doctor(person.pk, parse(request.POST["practice"]))
        messages.success(request, "Médecin traitant noté.")
        return redirect("identity", person_id=person.pk)
    text = request.POST.get("q", "").strip()[:80]
    context = frame(request, person, TAB) | {
        "q": text, "found": doctors(text) if text else [],
        "doctor": queries.attending_doctor(person.pk, clock.today()),
    }  # fmt: skip
    return render(request, "circle/persons/doctor.html", context)
