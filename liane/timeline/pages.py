"""The record's tabs « Fil », « Documents » and « Dossier interne », and what is sent from them."""

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from liane.circle.access import access_patient, require_write
from liane.circle.record import frame, panels, reach_of
from liane.core.areas import Area
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.files import kinds, serve, store
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.models import StoredFile, wrote
from liane.core.routes import Policy, route
from liane.patients.models import Patient
from liane.timeline import filing, masking, queries, services, written
from liane.timeline.filing import Described
from liane.timeline.forms import DocumentForm, FilingForm, NoteForm, PinForm, UnpinForm
from liane.timeline.models import DocumentSet

READ = ("GET", "HEAD")
KEPT = "Rien n’est perdu : votre texte est toujours là. Choisissez à nouveau le fichier."


@route(Policy.PROFESSIONAL, audit="timeline", methods=READ)
def stream(request: Request, person_id: UUID) -> HttpResponse:
    """What happened around a person, newest first; the same view gives older pages as fragments."""
    person = access_patient(person_id, Area.TIMELINE, resource="timeline")
    return _stream(request, person, NoteForm())


@route(Policy.PROFESSIONAL, audit="note", methods=("POST",))
def write(request: Request, person_id: UUID) -> HttpResponse:
    """Send a note, with its files and its vigilance point."""
    person = access_patient(person_id, Area.TIMELINE, resource="timeline")
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            require_write(person.pk, Area.CLINICAL_NOTE)
            services.write_note(
                person.pk,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                to=form.audience,
                files=_received(request, person),
                pin=form.wish,
                key=client_key(request),
            )
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            _say(form, refusal)
        else:
            return redirect("stream", person_id=person.pk)
    return _stream(request, person, form, status=422)


@route(Policy.PROFESSIONAL, audit="note")
def correct(request: Request, person_id: UUID, note_id: UUID) -> HttpResponse:
    """Correct one's own note; the first version stays readable."""
    person = access_patient(person_id, Area.CLINICAL_NOTE, resource="timeline")
    note = written.note_or_404(reach_of(request), person.pk, note_id)
    text, error, status = note.text, "", 200
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            services.correct_note(note.pk, text=text, key=client_key(request))
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            error, status = refusal.message, 409 if isinstance(refusal, Conflict) else 422
        else:
            return redirect("stream", person_id=person.pk)
    context = frame(request, person, "fil/") | {"note": note, "text": text, "error": error}
    return render(request, "timeline/correct.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="mask")
def hide(request: Request, person_id: UUID, object_id: UUID) -> HttpResponse:
    """Who reads one's own note or document: hide it from one member, from all, show it again."""
    person = access_patient(person_id, Area.TIMELINE, resource="timeline")
    try:
        return _hide(request, person, object_id)
    except NotAllowed as refusal:
        return _forbidden(request, refusal)


def _hide(request: Request, person: Patient, object_id: UUID) -> HttpResponse:
    if request.method == "POST":
        toasts.success(request, masking.settle(object_id, request.POST))
        return redirect("hide", person_id=person.pk, object_id=object_id)
    context = frame(request, person, "fil/") | masking.shown(object_id)
    return render(request, "timeline/mask.html", context)


@route(Policy.PROFESSIONAL, audit="vigilance")
def pin(request: Request, person_id: UUID, note_id: UUID) -> HttpResponse:
    """Show an existing note at the head of the record."""
    person = access_patient(person_id, Area.CLINICAL_NOTE, resource="timeline")
    note = written.note_or_404(reach_of(request), person.pk, note_id)
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.pin_vigilance(note.pk, form.wish)
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            _say(form, refusal)
        else:
            return redirect("stream", person_id=person.pk)
    context = frame(request, person, "fil/") | {"note": note, "form": form}
    return render(request, "timeline/pin.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="vigilance")
def unpin(request: Request, person_id: UUID, pin_id: UUID) -> HttpResponse:
    """Take a vigilance point off the head of the record, and say why."""
    person = access_patient(person_id, Area.CLINICAL_NOTE, resource="timeline")
    found = written.pin_or_404(reach_of(request), person.pk, pin_id)
    form = UnpinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.unpin_vigilance(found.pk, reason=form.cleaned_data["reason"])
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            _say(form, refusal)
        else:
            return redirect("stream", person_id=person.pk)
    context = frame(request, person, "fil/") | {"pin": found, "form": form}
    return render(request, "timeline/unpin.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="document")
def documents(request: Request, person_id: UUID) -> HttpResponse:
    """The documents of a record, and the form that adds one."""
    person = access_patient(person_id, Area.DOCUMENT, resource="documents")
    organisations = written.member_organisations(reach_of(request), person.pk)
    if request.method != "POST":
        return _documents(request, person, DocumentForm(organisations=organisations))
    form = DocumentForm(request.POST, organisations=organisations)
    if form.is_valid():
        try:
            require_write(person.pk, Area.DOCUMENT)
            (file,) = _received(request, person, exactly=1)
            services.add_document(
                person.pk,
                title=form.cleaned_data["title"],
                category=form.cleaned_data["category"],
                file=file,
                dated_on=form.cleaned_data["dated_on"],
                to=form.audience,
                addressed_to=parse(form.cleaned_data["addressed_to"]),
                key=client_key(request),
            )
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            _say(form, refusal)
        else:
            return redirect("documents", person_id=person.pk)
    return _documents(request, person, form, status=422)


@route(Policy.SIGNED_IN, audit="document", methods=READ)
def document(request: Request, person_id: UUID, document_id: UUID) -> HttpResponse:
    """A document's file: shown where a browser can do so safely, downloaded otherwise."""
    found = written.document_or_404(reach_of(request), person_id, document_id)
    return serve.file_response(
        found.file,
        inline="telecharger" not in request.GET,
        thumbnail="vignette" in request.GET,
        request=request,
    )


@route(Policy.PROFESSIONAL, audit="document")
def file_document(request: Request, person_id: UUID, document_id: UUID) -> HttpResponse:
    """Which folders hold a document, and what its author corrects of it."""
    person = access_patient(person_id, Area.DOCUMENT, resource="documents")
    reach = reach_of(request)
    found = written.document_or_404(reach, person.pk, document_id)
    folders, mine = written.folders(reach, person.pk), wrote(request.actor, found)
    held = {str(one.pk) for one in written.folders(reach, person.pk, holding=found.pk)}
    form = FilingForm(
        request.POST if request.method == "POST" else None, folders=folders, mine=mine,
        initial={"title": found.title, "category": found.category, "dated_on": found.dated_on,
                 "archived": found.archived_at is not None, "folders": sorted(held)},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            with transaction.atomic():
                if mine:
                    filing.describe(
                        found.pk,
                        Described(
                            said["title"], said["category"], said["dated_on"], said["archived"]
                        ),
                    )
                chosen = [UUID(one) for one in said.get("folders", [])]
                filing.file_in(found.pk, chosen, said["new_folder"])
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            _say(form, refusal)
        else:
            return redirect("documents", person_id=person.pk)
    context = frame(request, person, "documents/") | {"document": found, "form": form}
    return render(request, "timeline/file.html", context, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="working_file")
def working(request: Request, person_id: UUID) -> HttpResponse:
    """The working file of one's own organisation, that nobody else reads."""
    person = access_patient(person_id, Area.WORKING_FILE, resource="working_file")
    text, error, status = "", "", 200
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            services.write_working_note(
                person.pk,
                text=text,
                replaces=parse(request.POST.get("replaces")),
                key=client_key(request),
            )
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            error, status = refusal.message, 422
        else:
            return redirect("working", person_id=person.pk)
    context = frame(request, person, "dossier-interne/") | {
        "notes": written.working_notes(reach_of(request), person.pk),
        "text": text,
        "error": error,
    }
    return render(request, "timeline/working.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="working_file")
def correct_working(request: Request, person_id: UUID, working_id: UUID) -> HttpResponse:
    """Correct one's own note of the working file; the first version stays on record."""
    person = access_patient(person_id, Area.WORKING_FILE, resource="working_file")
    note = written.working_or_404(reach_of(request), person.pk, working_id)
    text, error, status = note.text, "", 200
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            services.write_working_note(
                person.pk, text=text, replaces=note.pk, key=client_key(request)
            )
        except NotAllowed as refusal:
            return _forbidden(request, refusal)
        except Refused as refusal:
            error, status = refusal.message, 409 if isinstance(refusal, Conflict) else 422
        else:
            return redirect("working", person_id=person.pk)
    context = frame(request, person, "dossier-interne/") | {
        "text": text,
        "error": error,
        "back": reverse("working", args=[person.pk]),
        "internal": True,
    }
    return render(request, "timeline/correct.html", context, status=status)


def _stream(request: Request, person: Patient, form: NoteForm, status: int = 200) -> HttpResponse:
    reach = reach_of(request)
    family = queries.family_of(request.GET.get("famille", ""))
    found = queries.page(
        reach, person.pk, family=family.family, before=request.GET.get("avant", "")
    )
    may_write = reach.may_write(Area.CLINICAL_NOTE, person.pk)
    context: dict[str, Any] = {
        "person": person,
        "page": found,
        "family": family,
        "may_write": may_write,
    }
    if request.htmx and "avant" in request.GET:
        return render(request, "timeline/_items.html", context)
    context |= frame(request, person, "fil/")
    here = reverse("stream", args=[person.pk])
    context["filters"] = [
        {
            "label": each.label,
            "url": f"{here}?famille={each.slug}" if each.slug else here,
            "current": each == family,
        }
        for each in queries.FAMILIES
    ]
    if may_write:
        context |= {
            "form": form,
            "accept": kinds.ACCEPT,
            "team": written.team_names(reach, person.pk),
        }
    return render(request, "timeline/stream.html", context, status=status)


def _documents(
    request: Request, person: Patient, form: DocumentForm, status: int = 200
) -> HttpResponse:
    reach = reach_of(request)
    folder = parse(request.GET.get("classeur"))
    found = written.documents(reach, person.pk, folder=folder, before=request.GET.get("avant", ""))
    may_write = reach.may_write(Area.DOCUMENT, person.pk)
    context: dict[str, Any] = {
        "person": person, "found": found, "accept": kinds.ACCEPT, "may_write": may_write,
        "folder": folder,
    }  # fmt: skip
    if request.htmx and "avant" in request.GET:
        return render(request, "timeline/_documents.html", context)
    context |= frame(request, person, "documents/")
    context["folders"] = _folder_links(written.folders(reach, person.pk), person, folder)
    context["panels"] = panels(request, person, "documents")
    if may_write:
        context |= {"form": form, "team": written.team_names(reach, person.pk)}
    return render(request, "timeline/documents.html", context, status=status)


def _folder_links(
    folders: list[DocumentSet], person: Patient, current: UUID | None
) -> list[dict[str, Any]]:
    """« Tous », then each folder, as filters; nothing where there is no folder."""
    if not folders:
        return []
    here = reverse("documents", kwargs={"person_id": person.pk})
    links: list[dict[str, Any]] = [{"label": "Tous", "url": here, "current": current is None}]
    for one in folders:
        label = f"{one.title} (archivé)" if one.archived_at else one.title
        links.append({"label": label, "url": f"{here}?classeur={one.pk}",
                      "current": one.pk == current})  # fmt: skip
    return links


def _received(request: Request, person: Patient, *, exactly: int = 0) -> list[StoredFile]:
    uploads: list[UploadedFile[bytes]] = [
        upload
        for upload in [*request.FILES.getlist("files"), *request.FILES.getlist("photo")]
        if isinstance(upload, UploadedFile) and (upload.size or upload.name)
    ]
    if exactly and len(uploads) != exactly:
        raise Refused("Choisissez un fichier.", field="file")
    if len(uploads) > services.MOST_FILES:
        raise Refused(f"Joignez {services.MOST_FILES} fichiers au plus.", field="file")
    organisation_id = request.actor.organisation_id
    return [
        store.receive(upload, person_id=person.pk, organisation_id=organisation_id)
        for upload in uploads
    ]


def _say(form: Form, refusal: Refused) -> None:
    """Show a refusal beside the field at fault; a file's is the form's own error."""
    if refusal.field in form.fields:
        form.add_error(refusal.field, refusal.message)
    elif refusal.field == "file":
        form.add_error(None, f"{refusal.message} {KEPT}")
    else:
        form.add_error(None, refusal.message)


def _forbidden(request: Request, refusal: NotAllowed) -> HttpResponse:
    return render(request, "403.html", {"message": refusal.message}, status=403)
