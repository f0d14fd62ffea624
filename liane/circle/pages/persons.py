"""My persons, and opening the record of a new one."""

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from liane.circle import persons, tokens
from liane.circle import services as circle
from liane.circle.forms import JoiningForm, OpeningForm, ScanForm, WishForm, settle
from liane.circle.record import reach_of
from liane.circle.services.opening import may_open
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.patients import queries as patients
from liane.patients.models import Patient

TRAITS = (
    "birth_name", "given_names", "used_name", "used_given", "sex", "birth_date", "birth_place",
    "birth_place_name", "phone", "address_line", "postcode", "city",
)  # fmt: skip
ASKED = "Demande transmise. Si un cercle existe, ses membres vous répondront."


@route(Policy.PROFESSIONAL, audit="list")
def people(request: Request) -> HttpResponse:
    """My persons by name; a search comes by POST, for names stay out of URLs."""
    context: dict[str, object] = {"may_open": may_open()}
    if request.method == "POST":
        text = request.POST.get("q", "").strip()[:100]
        born = _date(request.POST.get("born", ""))
        found = persons.search(reach_of(request), text, born)
        context |= {"people": found, "q": text, "born": born, "searched": True}
    else:
        page = persons.mine(reach_of(request), parse(request.GET.get("apres")))
        context |= {"people": page.people, "after": page.after}
    template = "_people" if request.htmx else "people"
    return render(request, f"circle/persons/{template}.html", context)


@route(Policy.PROFESSIONAL, audit="opening")
def new(request: Request) -> HttpResponse:
    """Open a record: traits, look-alikes if any, the one oral question."""
    if not may_open():
        return render(request, "circle/persons/not_allowed.html", status=403)
    form = OpeningForm(request.POST or None)
    context: dict[str, object] = {"form": form, "scan": ScanForm()}
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in TRAITS}
        try:
            person = circle.open_record(
                values,
                answer=form.cleaned_data["answer"],
                consulted=form.cleaned_data["consulted"],
                matricule=form.number(),
                different=form.cleaned_data["different"],
            )
        except Refused as refusal:
            if refusal.code not in {"lookalike", "known"}:
                form.add_error(
                    refusal.field if refusal.field in form.fields else None, refusal.message
                )
            else:
                context |= _lookalikes(form, values, known=refusal.code == "known")
        else:
            return _opened(request, person, form.cleaned_data["answer"])
    return render(request, "circle/persons/new.html", context)


@route(Policy.PROFESSIONAL, audit="opening", methods=("POST",))
def scan(request: Request) -> HttpResponse:
    """Fill the form from an INS datamatrix: a photo, or what a scanner typed. Nothing is kept."""
    if not may_open():
        return render(request, "circle/persons/not_allowed.html", status=403)
    form = ScanForm(request.POST, request.FILES)
    code = settle(form, form.code) if form.is_valid() else None
    context: dict[str, object] = {"form": OpeningForm(), "scan": form}
    if code is None:
        return render(request, "circle/persons/new.html", context, status=422)
    start = {**code.traits(), "matricule": code.matricule.value}
    context |= {"form": OpeningForm(initial=start), "scan": ScanForm(), "scanned": code}
    return render(request, "circle/persons/new.html", context)


def _lookalikes(form: OpeningForm, values: dict[str, object], *, known: bool) -> dict[str, object]:
    found = patients.lookalikes(circle.traits(values, form.number()))
    return {
        "lookalikes": persons.lookalikes(found),
        "known": known,
        "joining": JoiningForm(),
        "asking": WishForm(prefix="again"),
    }


def _opened(request: Request, person: Patient, answer: str) -> HttpResponse:
    if answer == "refuses":
        messages.info(
            request,
            "Le refus est noté. Aucun dossier n’est partagé ; la prochaine demande le rappellera.",
        )
        return redirect("people")
    messages.success(request, "Dossier ouvert. Vous êtes le premier membre du cercle.")
    return redirect(f"/personnes/{person.pk}/cercle/")


@route(Policy.PROFESSIONAL, audit="request", methods=("POST",))
def join(request: Request) -> HttpResponse:
    """Ask to join the circle of somebody whom one may not see."""
    form = JoiningForm(request.POST)
    person_id = tokens.take(request.POST.get("token", ""))
    if person_id is None:
        messages.warning(request, "Ce formulaire a expiré : recommencez la saisie.")
        return redirect("person_new")
    if form.is_valid():
        settle(
            form,
            lambda: circle.ask_to_join(
                person_id, ground=form.cleaned_data["ground"], proof=form.cleaned_data["proof"]
            ),
        )
    if form.errors:
        return render(request, "circle/persons/join.html", {"form": form}, status=400)
    messages.success(request, ASKED)
    return redirect("people")


@route(Policy.PROFESSIONAL, audit="opening", methods=("POST",))
def ask_again(request: Request) -> HttpResponse:
    """Ask again a person who had refused, and open the record if the answer changed."""
    person = persons.closed(tokens.take(request.POST.get("token", "")))
    form = WishForm(request.POST, prefix="again")
    if person is None or not form.is_valid():
        messages.warning(request, "Ce formulaire a expiré : recommencez la saisie.")
        return redirect("person_new")
    answer = form.cleaned_data["answer"]
    done = settle(
        form, lambda: circle.reopen(person, answer, consulted=form.cleaned_data["consulted"])
    )
    if done is None:
        messages.warning(request, " ".join(str(error) for error in form.errors.values()))
        return redirect("person_new")
    return _opened(request, done, answer)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
