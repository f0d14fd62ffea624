"""Pages of requests for everybody: the list, a new one, one and its story."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core import registry
from liane.core.areas import Area
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.files import store
from liane.core.files.serve import file_response
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.models import StoredFile
from liane.core.routes import PORTAL_ROLES, Policy, route
from liane.patients.models import Patient
from liane.referrals import choices, queries, rules, sending, services
from liane.referrals.forms import ForOneself, FromRecord, StepForm, WithoutRecord
from liane.referrals.models import Referral
from liane.referrals.sending import Wanted

READ = ("GET", "HEAD")
POST = ("POST",)


@route(Policy.SIGNED_IN, audit="referral", methods=READ)
def index(request: Request) -> HttpResponse:
    """The requests that concern me: my desk's, mine, those I sent."""
    view = request.GET.get("vue", "")
    view = view if view in queries.VIEWS else ""
    text = request.GET.get("page", "1")
    page = queries.page(view, int(text) if text.isdecimal() and len(text) < 5 else 1)
    desk = rules.keeps_desk(request.actor)
    works = desk or queries.addressed()
    counts = queries.counts() if works else {}
    shown = queries.VIEWS if works else {"": "En cours", "closes": "Terminées"}
    filters = [
        {"label": label, "url": f"?vue={key}" if key else "?", "current": key == view,
         "count": counts.get(key)}
        for key, label in shown.items()
    ]  # fmt: skip
    context = {
        "rows": page.rows, "after": page.after, "view": view, "filters": filters, "desk": desk,
        "asks": rules.asks(request.actor), "duty": queries.duty() if desk else [],
        "absent": queries.absent() if works else [], "works": works,
    }  # fmt: skip
    return render(request, "referrals/list.html", context)


@route(Policy.PROFESSIONAL, audit="referral")
def new_about(request: Request, person_id: UUID) -> HttpResponse:
    """Ask for support from a record: one screen; ``?message=`` begins with a message's words."""
    person = access_patient(person_id, Area.IDENTITY, resource="referral")
    return _new(request, person)


@route(Policy.SIGNED_IN, audit="referral")
def new(request: Request) -> HttpResponse:
    """Ask about somebody without a record here; in the portal, about oneself."""
    if not rules.asks(request.actor):
        raise Http404
    if request.actor.role in PORTAL_ROLES:
        own = queries.own_person()
        if own is None:
            raise Http404
        return _new(request, access_patient(own, Area.IDENTITY, resource="referral"))
    return _new(request, None)


def _new(request: Request, person: Patient | None) -> HttpResponse:
    if not rules.asks(request.actor):
        raise Http404
    town = choices.town_of(person) if person is not None else None
    to = choices.addressees(town, request.POST.get("organisation") or request.GET.get("vers", ""))
    message_id = parse(request.POST.get("message") or request.GET.get("message"))
    kind = _form(request, person)
    form = kind(request.POST or None, to=to, initial=_initial(request, message_id, to))
    if request.method == "POST" and form.is_valid():
        made = _send(request, form, person, message_id)
        if made is not None:
            messages.success(request, f"Demande envoyée à {made.organisation.name}.")
            return redirect("referral", referral_id=made.pk)
    text = request.GET.get("chercher", "").strip()[:100]
    context: dict[str, Any] = {
        "form": form, "person": person, "to": to, "town": town, "message_id": message_id,
        "text": text, "found": choices.organisations(text),
        "portal": request.actor.role in PORTAL_ROLES,
        "seeks": person is not None and bool(request.actor.write.get(Area.CIRCLE)),
    }  # fmt: skip
    template = "referrals/new.html"
    if person is not None and not context["portal"]:
        context = frame(request, person) | context
        template = "referrals/new_about.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _form(request: Request, person: Patient | None) -> type[FromRecord]:
    if person is None:
        return WithoutRecord
    return ForOneself if request.actor.role == "person" else FromRecord


def _initial(
    request: Request, message_id: UUID | None, to: Sequence[tuple[str, str]]
) -> dict[str, str]:
    initial = {"organisation": to[0][0] if to else ""}
    if request.method != "POST" and message_id is not None and registry.message_desk:
        initial["text"] = registry.message_desk[0].text(message_id)[: sending.LONGEST]
    return initial


def _send(
    request: Request,
    form: FromRecord,
    person: Patient | None,
    message_id: UUID | None,
) -> Referral | None:
    said = form.cleaned_data
    identity = form.identity() if isinstance(form, WithoutRecord) else {}
    wanted = Wanted(
        motive=said["motive"],
        consent=said["consent"],
        consent_note=said.get("consent_note", ""),
        urgency=said["urgency"],
        text=said["text"],
        organisation_id=parse(said["organisation"]),
        person_id=person.pk if person is not None else None,
        identity=identity,
        doctor_name=said.get("doctor_name", ""),
        source_message_id=message_id,
    )
    try:
        return sending.send(wanted, files=_files(request, person), key=client_key(request))
    except Refused as refusal:
        refused(form, refusal)
        return None


def _files(request: Request, person: Patient | None) -> list[StoredFile]:
    return [
        store.receive(
            upload,
            person_id=person.pk if person is not None else None,
            organisation_id=request.actor.organisation_id,
        )
        for upload in request.FILES.getlist("files")[: sending.MOST_FILES]
    ]


@route(Policy.SIGNED_IN, audit="referral", methods=READ)
def detail(request: Request, referral_id: UUID) -> HttpResponse:
    """One request: its story, and what comes next as buttons."""
    return render(request, "referrals/detail.html", shown(request, found(referral_id)))


def shown(request: Request, referral: Referral) -> dict[str, Any]:
    """Context of a request's page."""
    works = rules.works(request.actor, referral)
    return {
        "referral": referral,
        "identity": referral.identity,
        "story": queries.detail(referral),
        "next": choices.next_steps(referral),
        "works": works,
        "portal": request.actor.role in PORTAL_ROLES,
        "reads_record": referral.person_id is not None and queries.reads_record(referral),
        "panels": _panels(request, referral),
    }


def _panels(request: Request, referral: Referral) -> list[dict[str, Any]]:
    """What rooms above show of a request."""
    shown = ((one, one.load(request, referral)) for one in registry.request_panels)
    return [{"template": one.template, "context": said} for one, said in shown if said is not None]


@route(Policy.SIGNED_IN, audit="referral")
def revoke(request: Request, referral_id: UUID) -> HttpResponse:
    """The requester takes it back."""
    return step(
        request, referral_id, "Annuler cette demande", "Annuler et prévenir",
        lambda form: services.revoke(
            referral_id, reason=form.cleaned_data["reason"], expect=form.cleaned_data["version"]
        ),
        "Demande annulée : la structure est prévenue.",
    )  # fmt: skip


@route(Policy.SIGNED_IN, audit="referral")
def reopen(request: Request, referral_id: UUID) -> HttpResponse:
    """The need is there again."""
    return step(
        request, referral_id, "Rouvrir cette demande", "Rouvrir et prévenir",
        lambda form: services.reopen(
            referral_id, reason=form.cleaned_data["reason"], expect=form.cleaned_data["version"]
        ),
        "Demande rouverte : la structure est prévenue.",
    )  # fmt: skip


def step(
    request: Request,
    referral_id: UUID,
    title: str,
    button: str,
    verb: Any,
    done: str,
    form: Any = None,
    **more: Any,
) -> HttpResponse:
    """A page that takes one step: its form, its refusal beside the field, both versions after a
    conflict with nothing typed lost."""
    referral = found(referral_id)
    if form is None:
        form = StepForm(request.POST or None, initial={"version": referral.version})
    conflict, status = None, 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            said = verb(form)
        except Conflict as refusal:
            conflict, status = refusal.message, 409
            form.data = form.data.copy()
            form.data["version"] = str(referral.version)
        except NotAllowed as refusal:
            messages.error(request, refusal.message)
            return redirect("referral", referral_id=referral_id)
        except Refused as refusal:
            refused(form, refusal)
            status = 422
        else:
            messages.success(request, said if isinstance(said, str) else done)
            return redirect("referral", referral_id=referral_id)
    context = shown(request, referral) | more
    context |= {"form": form, "title": title, "button": button, "conflict": conflict}
    return render(request, "referrals/step.html", context, status=status)


@route(Policy.SIGNED_IN, audit="referral", methods=READ)
def document(request: Request, referral_file_id: UUID) -> HttpResponse:
    """A document that the requester joined."""
    row = queries.file_of(referral_file_id)
    if row is None or queries.one(row.referral_id) is None:
        raise Http404
    return file_response(row.file, inline=True, request=request)


def found(referral_id: UUID) -> Referral:
    """The request, recorded as read; Http404 out of reach."""
    row = queries.one(referral_id)
    if row is None:
        raise Http404
    return row


def refused(form: Any, refusal: Refused) -> None:
    """Put a refusal beside its field, or on top of the form."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
