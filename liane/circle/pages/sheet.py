"""The identity sheet on paper: the strict traits, and the datamatrix of a qualified identity."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from liane.circle.access import access_patient
from liane.circle.persons import limited
from liane.circle.record import frame, reach_of
from liane.core import ledger
from liane.core import pdf as paper
from liane.core.areas import Area
from liane.core.http import Request
from liane.core.models import AccessRow
from liane.core.routes import Policy, route
from liane.patients import datamatrix, ins
from liane.patients.models import Patient

READ = ("GET", "HEAD")


@route(Policy.PROFESSIONAL, audit="identity", methods=READ)
def page(request: Request, person_id: UUID) -> HttpResponse:
    """The sheet on screen, to print."""
    person = _whole(request, person_id)
    context = frame(request, person, "identite/") | _said(person)
    return render(request, "circle/persons/sheet.html", context | {"pdf": paper.available()})


@route(Policy.PROFESSIONAL, audit="identity", methods=READ)
def pdf(request: Request, person_id: UUID) -> HttpResponse:
    """The sheet as a PDF of one page. 404 where PDF files cannot be made."""
    person = _whole(request, person_id)
    if not paper.available():
        raise Http404
    content = paper.render("circle/persons/sheet_pdf.html", {"person": person} | _said(person))
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, "identite.pdf") or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _whole(request: Request, person_id: UUID) -> Patient:
    """The person, for who reads the whole identity; the printing is recorded."""
    person = access_patient(person_id, Area.IDENTITY)
    if limited(reach_of(request), person.pk):
        raise Http404
    ledger.read([person.pk], "identity_sheet", action=AccessRow.Action.PRINT)
    return person


def _said(person: Patient) -> dict[str, Any]:
    """The matricule and its datamatrix, for a qualified identity only (RNIV)."""
    if not person.is_qualified or person.birth_date is None:
        return {"matricule": None, "code": None}
    return {"matricule": ins.of(person), "code": datamatrix.drawn(datamatrix.written(person))}
