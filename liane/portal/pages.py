"""The portal: the person's own view, or that of a carer or legal representative."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from liane.circle import services as circle
from liane.circle.forms import settle
from liane.circle.models import Membership
from liane.core.areas import Area
from liane.core.errors import Conflict
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients import services as patients
from liane.patients.models import Patient
from liane.patients.queries import wishes
from liane.portal import opinions, queries
from liane.portal.forms import CarerRight, MyContactData, MyWish
from liane.timeline import masking

READ = ("GET", "HEAD")
WHERE = ("phone", "email", "address_line", "postcode", "city", "access_hint")


def _mine(request: Request, area: Area, resource: str) -> Patient:
    return queries.person_of(request.actor, area, resource)


def _own(request: Request, area: Area, resource: str) -> Patient:
    """The person, for who decides of the record: 404 for a carer."""
    if request.actor.role not in queries.OWN:
        raise Http404
    return _mine(request, area, resource)


def _page(request: Request, name: str, person: Patient, **more: Any) -> HttpResponse:
    actor = request.actor
    status = more.pop("status", 200)
    context = {
        "person": person,
        "own": actor.role in queries.OWN,
        "me": actor.role == "person",
        "writes": bool(actor.write.get(Area.AGENDA)),
        "talks": bool(actor.read.get(Area.THREAD)),
        **more,
    }
    return render(request, f"portal/{name}.html", context, status=status)


@route(Policy.PORTAL, audit="portal", methods=READ)
def home(request: Request) -> HttpResponse:
    """What comes next, and everything else one tap away."""
    person = _mine(request, Area.AGENDA, "portal")
    home = queries.home(person, me=request.actor.role == "person")
    asked = opinions.asked(person) if request.actor.role in queries.OWN else []
    return _page(request, "home", person, home=home, asked=asked)


@route(Policy.PORTAL, audit="agenda", methods=READ)
def visits(request: Request) -> HttpResponse:
    """Who comes, and when."""
    person = _mine(request, Area.AGENDA, "agenda")
    return _page(request, "visits", person, visits=queries.visits(person))


@route(Policy.PORTAL, audit="circle", methods=READ)
def members(request: Request) -> HttpResponse:
    """Who is around me."""
    person = _mine(request, Area.CIRCLE, "circle")
    own = request.actor.role in queries.OWN
    return _page(request, "circle", person, around=queries.circle(person, own=own))


def _member(person: Patient, membership_id: UUID) -> Any:
    everyone = queries.circle(person, own=True)
    for one in [*everyone.members, *everyone.asking]:
        if one.membership.pk == membership_id:
            return one
    raise Http404


@route(Policy.PORTAL, audit="circle")
def oppose(request: Request, membership_id: UUID) -> HttpResponse:
    """Keep somebody out of my record, from now on."""
    person = _own(request, Area.CIRCLE, "circle")
    one = _member(person, membership_id)
    if request.method == "POST":
        membership = one.membership
        circle.oppose(
            person.pk,
            practice_id=membership.practice_id,
            organisation_id=membership.organisation_id or _of_post(membership),
        )
        messages.success(request, f"C’est fait : {one.name} ne peut plus ouvrir votre dossier.")
        return redirect("portal_circle")
    return _page(request, "oppose", person, one=one)


def _of_post(membership: Membership) -> UUID | None:
    """A post is kept out with its whole organisation: whoever holds it works there."""
    return membership.post.organisation_id if membership.post is not None else None


@route(Policy.PORTAL, audit="circle", methods=("POST",))
def lift(request: Request, opposition_id: UUID) -> HttpResponse:
    """I change my mind: this professional may be invited again."""
    person = _own(request, Area.CIRCLE, "circle")
    kept_out = queries.circle(person, own=True).oppositions
    if opposition_id not in {one.pk for one in kept_out}:
        raise Http404
    circle.lift(opposition_id)
    messages.success(request, "C’est noté. Ceux qui vous suivent peuvent de nouveau l’inviter.")
    return redirect("portal_circle")


@route(Policy.PORTAL, audit="circle", methods=("POST",))
def answer(request: Request, membership_id: UUID) -> HttpResponse:
    """Let in, or not, somebody who asks to join my circle."""
    person = _own(request, Area.CIRCLE, "circle")
    one = _member(person, membership_id)
    if request.POST.get("reply") == "accept":
        circle.accept_request(one.membership.pk)
        messages.success(request, f"{one.name} fait maintenant partie de votre cercle.")
    else:
        circle.refuse_request(one.membership.pk)
        messages.success(request, "C’est refusé.")
    return redirect("portal_circle")


@route(Policy.PORTAL, audit="timeline", methods=READ)
def shared(request: Request) -> HttpResponse:
    """Notes and documents shared with me."""
    person = _mine(request, Area.TIMELINE, "timeline")
    page = queries.shared(request.actor, person, request.GET.get("avant", ""))
    documents = queries.documents(request.actor, person)
    return _page(request, "shared", person, page=page, documents=documents)


@route(Policy.PORTAL, audit="mask")
def mask(request: Request, object_id: UUID) -> HttpResponse:
    """Hide something of my record from one of those who follow me, or show it again."""
    person = _own(request, Area.TIMELINE, "timeline")
    if request.method == "POST":
        messages.success(request, masking.settle(object_id, request.POST))
        return redirect("portal_mask", object_id=object_id)
    return _page(request, "mask", person, **masking.shown(object_id))


@route(Policy.PORTAL, audit="access_ledger", methods=READ)
def openings(request: Request) -> HttpResponse:
    """Who opened my record, when, as what, why they could."""
    person = _own(request, Area.ACCESS_LEDGER, "access_ledger")
    found = queries.openings(person, parse(request.GET.get("avant")))
    return _page(request, "openings", person, accesses=found)


@route(Policy.PORTAL, audit="identity")
def contact_data(request: Request) -> HttpResponse:
    """My phone, my address, how to get in."""
    person = _own(request, Area.IDENTITY, "identity")
    start = {name: getattr(person, name) for name in WHERE} | {"version": person.version}
    form = MyContactData(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in WHERE}
        try:
            patients.update_contact_data(
                person.pk, version=form.cleaned_data["version"], values=values
            )
        except Conflict:
            data = request.POST.copy()
            data["version"] = str(person.version)
            form = MyContactData(data)
            form.add_error(None, "Quelqu’un vient de changer ces lignes. Vérifiez, puis renvoyez.")
            theirs = [(form.fields[name].label, getattr(person, name)) for name in WHERE]
            return _page(request, "contact_data", person, form=form, theirs=theirs, status=409)
        messages.success(request, "C’est noté.")
        return redirect("portal")
    return _page(request, "contact_data", person, form=form, status=400 if form.errors else 200)


@route(Policy.PORTAL, audit="consent")
def my_wishes(request: Request) -> HttpResponse:
    """What I answered, and what I answer now."""
    person = _own(request, Area.CONSENT, "consent")
    form = MyWish(request.POST or None)
    if request.method == "POST" and form.is_valid():
        settle(form, lambda: circle.record_wish(person, form.cleaned_data["answer"]))
        if not form.errors:
            messages.success(request, "Votre réponse est notée.")
            return redirect("portal_wishes")
    return _page(request, "wishes", person, form=form, wishes=wishes(person.pk))


@route(Policy.PORTAL, audit="identity", methods=READ)
def carers(request: Request) -> HttpResponse:
    """Those of my own life, and what each may do here."""
    person = _own(request, Area.IDENTITY, "contact")
    return _page(request, "carers", person, carers=queries.carers(person))


@route(Policy.PORTAL, audit="identity")
def carer(request: Request, contact_id: UUID) -> HttpResponse:
    """Give or take back a right, at once."""
    person = _own(request, Area.IDENTITY, "contact")
    known = queries.carer(person, contact_id)
    if known.access == "legal":
        raise Http404
    form = CarerRight(request.POST or None, initial={"access": known.access})
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["until"]
        settle(
            form,
            lambda: patients.set_access(
                known.pk, form.cleaned_data["access"], until=_end_of(day) if day else None
            ),
        )
        if not form.errors:
            messages.success(request, f"C’est noté pour {known.name}.")
            return redirect("portal_carers")
    return _page(request, "carer", person, form=form, carer=known)


def _end_of(day: dt.date) -> dt.datetime:
    zone = timezone.get_current_timezone()
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=zone)
