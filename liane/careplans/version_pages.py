"""Pages of what was sent: a version, two side by side, its PDF, the answers."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.careplans import pdf, queries, rules, services
from liane.careplans.models import PlanVersion
from liane.careplans.pages import POST, READ, TAB, person_of, plan_of
from liane.circle.record import frame
from liane.core.errors import Refused
from liane.core.files.serve import file_response
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def compare(request: Request, person_id: UUID) -> HttpResponse:
    """The versions, and two of them side by side (``avant``, ``apres``)."""
    person = person_of(person_id)
    found = queries.all_versions(plan_of(person.pk))
    by_id = {one.pk: one for one in found}
    after = by_id.get(_asked(request, "apres")) or (found[0] if found else None)
    default = next((one for one in found if after and one.number < after.number), None)
    before = by_id.get(_asked(request, "avant")) or default
    both = before is not None and after is not None and before.pk != after.pk
    context = frame(request, person, TAB) | {
        "versions": found,
        "before": before,
        "after": after,
        "differences": queries.differences(before, after) if both else None,  # type: ignore[arg-type]
    }
    return render(request, "careplans/versions.html", context)


def _asked(request: Request, name: str) -> UUID:
    return parse(request.GET.get(name)) or UUID(int=0)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def version(request: Request, plan_version_id: UUID) -> HttpResponse:
    """A plan as it was sent, in the four parts of the form."""
    one = services.access_version(plan_version_id)
    person = person_of(one.person_id)
    doctor = rules.doctor_of(one.person_id)
    standing = queries.standing(one.plan)
    latest = standing.version is not None and standing.version.pk == one.pk
    context = frame(request, person, TAB) | {
        "shown": queries.shown(one),
        "words": queries.words_of(one.person_id, one.at),
        "pdf": queries.pdf_of(one),
        "pdf_possible": pdf.available(),
        "standing": standing if latest else None,
        "validates": latest and rules.may_validate(request.actor, doctor),
        "writes": latest and rules.writes(request.actor, one.person_id),
    }
    return render(request, "careplans/version.html", context)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=READ)
def file(request: Request, plan_version_id: UUID) -> HttpResponse:
    """The PDF of a version."""
    one = services.access_version(plan_version_id)
    person_of(one.person_id)
    made = queries.pdf_of(one)
    if made is None:
        raise Http404
    return file_response(made.file, inline=False, request=request)


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def prepare(request: Request, plan_version_id: UUID) -> HttpResponse:
    """Ask for the PDF again."""
    one = services.access_version(plan_version_id)
    rules.require_team(one.person_id)
    pdf.make_later(one)
    messages.success(request, "Le document se prépare : il sera ici dans un instant.")
    return redirect(f"/plan/versions/{one.pk}/")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def answer(request: Request, plan_version_id: UUID) -> HttpResponse:
    """The attending doctor's answer."""
    one = services.access_version(plan_version_id)
    validated = request.POST.get("answer") == "validated"
    try:
        services.answer(one.pk, validated=validated, text=request.POST.get("text", ""))
    except Refused as error:
        return _refused(request, one, error)
    messages.success(request, "Plan validé." if validated else "Vos remarques sont transmises.")
    return redirect(f"/personnes/{one.person_id}/plan/")


@route(Policy.PROFESSIONAL, audit="care_plan", methods=POST)
def collected(request: Request, plan_version_id: UUID) -> HttpResponse:
    """The person's answer, collected by a professional."""
    one = services.access_version(plan_version_id)
    rules.require_team(one.person_id)
    try:
        services.agree(
            one.pk, answer=request.POST.get("answer", ""), text=request.POST.get("text", "")
        )
    except Refused as error:
        return _refused(request, one, error)
    messages.success(request, "La réponse de la personne est notée.")
    return redirect(f"/personnes/{one.person_id}/plan/")


def _refused(request: Request, one: PlanVersion, error: Refused) -> HttpResponse:
    if error.code in {"not-allowed", "conflict"}:
        raise error
    messages.error(request, error.message)
    return redirect(f"/plan/versions/{one.pk}/")
