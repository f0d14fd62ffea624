"""Identity vigilance: bring two records together, or separate them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle import forms, linking
from liane.circle.pages.identity import TAB, writable
from liane.circle.record import frame
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients import queries
from liane.patients import services as patients


@route(Policy.PROFESSIONAL, audit="identity")
def link(request: Request, person_id: UUID) -> HttpResponse:
    """Find the second record, compare, and say that both are one person.

    Names travel by POST; the address holds identifiers only.
    """
    person = writable(request, person_id)
    if request.actor.role != "identity":
        raise Http404
    other_id = parse(request.POST.get("other") or request.GET.get("autre"))
    if other_id is not None:
        return _compare(request, person_id, other_id)
    text = request.POST.get("q", "").strip()[:80]
    context = frame(request, person, TAB) | {"q": text, "found": linking.candidates(person, text)}
    return render(request, "circle/persons/link.html", context)


def _compare(request: Request, person_id: UUID, other_id: UUID) -> HttpResponse:
    person = writable(request, person_id)
    both = linking.comparison(person, other_id)
    form = forms.LinkForm(request.POST or None, careful=both.careful)
    if request.method == "POST" and form.is_valid():
        forms.settle(
            form,
            lambda: patients.link(person.pk, other_id, reason=form.cleaned_data["reason"]),
        )
        if not form.errors:
            messages.success(request, "Les deux dossiers n’en font plus qu’un. C’est réversible.")
            return redirect("identity", person_id=person.pk)
    context = frame(request, person, TAB) | {"both": both, "form": form}
    status = 400 if form.errors else 200
    return render(request, "circle/persons/link_compare.html", context, status=status)


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def unlink(request: Request, person_id: UUID, link_id: UUID) -> HttpResponse:
    """Undo a link."""
    person = writable(request, person_id)
    if request.actor.role != "identity":
        raise Http404
    if not queries.living_links(person.pk).filter(pk=link_id).exists():
        raise Http404
    patients.unlink(link_id, reason=request.POST.get("reason", ""))
    messages.success(request, "Les deux dossiers sont de nouveau séparés.")
    return redirect("identity", person_id=person_id)
