"""Pages of the documents received about a person."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.forms import settle
from liane.circle.record import frame, reach_of
from liane.core import ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.files import serve, store
from liane.core.http import Request
from liane.core.models import AccessRow
from liane.core.routes import Policy, route
from liane.exchange.cda import names, reading
from liane.exchange.models import ReceivedDocument
from liane.exchange.received import matching, queries, services, showing
from liane.timeline.models import Document

TAB = "documents/"
READ = ("GET", "HEAD")


class FileForm(forms.Form):
    """Under which title and sort the document goes in the record."""

    title = forms.CharField(label="Titre", max_length=120)
    category = forms.ChoiceField(label="Sorte de document", choices=Document.Category.choices)
    confirmed = forms.BooleanField(
        label="J’ai comparé les traits : ce document parle bien de cette personne", required=False
    )


@route(Policy.PROFESSIONAL, audit="document")
def index(request: Request, person_id: UUID) -> HttpResponse:
    """What was received about a person, and the form that brings in a file."""
    person = access_patient(person_id, Area.DOCUMENT, resource="received_documents")
    error, status = "", 200
    if request.method == "POST":
        try:
            found = services.bring_in(person.pk, _uploaded(request))
        except NotAllowed as refusal:
            return render(request, "403.html", {"message": refusal.message}, status=403)
        except Refused as refusal:
            error, status = refusal.message, 422
        else:
            if len(found) == 1:
                return redirect("received", person_id=person.pk, received_id=found[0].pk)
            return redirect("received_all", person_id=person.pk)
    context = frame(request, person, TAB) | {
        "rows": queries.of_person(person.pk),
        "writes": reach_of(request).may_write(Area.DOCUMENT, person.pk),
        "error": error,
    }
    return render(request, "exchange/received/index.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="document")
def one(request: Request, person_id: UUID, received_id: UUID) -> HttpResponse:
    """A received document: whose, from whom, its words; filed or set aside from here."""
    person = access_patient(person_id, Area.DOCUMENT, resource="received_documents")
    row = _row(person_id, received_id)
    read = reading.read(bytes(row.content))
    start = {"title": row.title, "category": names.CATEGORIES.get(row.type_code, "letter")}
    form = FileForm(request.POST if "title" in request.POST else None, initial=start)
    error = ""
    if request.method == "POST":
        try:
            done = _settled(request, row, form)
        except NotAllowed as refusal:
            return render(request, "403.html", {"message": refusal.message}, status=403)
        except Refused as refusal:
            error = refusal.message
        else:
            if done:
                return redirect("received_all", person_id=person.pk)
    writes = reach_of(request).may_write(Area.DOCUMENT, person.pk)
    context = frame(request, person, TAB) | {
        "row": row, "read": read, "form": form, "error": error,
        "lines": matching.lines(read.person, person),
        "proposals": [(place, services.KINDS[each.kind], each.words)
                      for place, each in enumerate(read.proposals)],
        "open": writes and row.status == ReceivedDocument.Status.WAITING,
        "other": row.match == ReceivedDocument.Match.OTHER,
    }  # fmt: skip
    status = 422 if error or form.errors else 200
    return render(request, "exchange/received/one.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="document", methods=READ)
def content(request: Request, person_id: UUID, received_id: UUID) -> HttpResponse:
    """The bytes as they came (``fichier``: the file wrapped inside), to save, never to run."""
    access_patient(person_id, Area.DOCUMENT, resource="received_documents")
    row = _row(person_id, received_id)
    ledger.read(
        [row.person_id], "received_document", object_id=row.pk, action=AccessRow.Action.EXPORT
    )
    data, name = bytes(row.content), "document-recu.xml"
    if "fichier" in request.GET:
        wrapped = reading.read(data).wrapped
        if wrapped is None:
            raise Http404
        data, name = wrapped.content, f"document-recu.{showing.SUFFIXES[wrapped.media_type]}"
    return inert(data, name)


def inert(data: bytes, name: str) -> HttpResponse:
    """Bytes for the disk alone: no browser opens them by itself."""
    response = HttpResponse(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = serve.POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _row(person_id: UUID, received_id: UUID) -> ReceivedDocument:
    row = services.waiting_or_404(received_id)
    if row.person_id != person_id:
        raise Http404
    return row


def _settled(request: Request, row: ReceivedDocument, form: FileForm) -> bool:
    if "reason" in request.POST:
        services.dismiss(row.pk, reason=request.POST["reason"])
        messages.success(request, "Écarté. Le document reste consultable ici.")
        return True
    if not form.is_valid():
        return False
    done = settle(
        form,
        lambda: services.file_in_record(
            row.pk,
            category=form.cleaned_data["category"],
            title=form.cleaned_data["title"],
            parts=[int(part) for part in request.POST.getlist("parts") if part.isdigit()],
            confirmed=form.cleaned_data["confirmed"],
        ),
    )
    if done is None:
        return False
    messages.success(request, "Classé dans les documents du dossier.")
    return True


def _uploaded(request: Request) -> bytes:
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        raise Refused("Choisissez un fichier CDA (.xml) ou une archive IHE_XDM (.zip).")
    return store.read_bounded(upload)
