"""Pages of tasks: mine, one, a new one; one gesture to say done."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.circle.access import access_patient
from liane.circle.record import frame
from liane.core import acting, registry
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request, back, client_key
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.tasks import choices, queries, rules, services
from liane.tasks.forms import RefusalForm, TaskForm
from liane.tasks.models import Task

POST = ("POST",)
SHOWN = 100
VIEWS = {"": "À moi", "confiees": "Confiées par moi", "terminees": "Terminées"}


@route(Policy.PROFESSIONAL, audit="task", methods=("GET", "HEAD"))
def mine(request: Request) -> HttpResponse:
    """My tasks, those I gave, those that are settled."""
    view = request.GET.get("vue", "")
    rows = {"confiees": queries.given, "terminees": queries.settled}.get(view, queries.mine)()
    filters = [
        {"label": label, "url": f"?vue={key}" if key else "?", "current": key == view}
        for key, label in VIEWS.items()
    ]
    context = {"tasks": queries.shown(rows, SHOWN), "filters": filters, "view": view}
    return render(request, "tasks/mine.html", context)


@route(Policy.PROFESSIONAL, audit="task", methods=("GET", "HEAD"))
def detail(request: Request, task_id: UUID) -> HttpResponse:
    """One task and what became of it."""
    task = _task_or_404(task_id)
    context = {"task": task, "history": queries.history(task), "may_settle": _may(task)}
    return render(request, "tasks/task.html", context)


@route(Policy.PROFESSIONAL, audit="task")
def new(request: Request) -> HttpResponse:
    """A task about nobody, between colleagues."""
    form = TaskForm(request.POST or None, choices=choices.colleagues())
    if request.method == "POST" and form.is_valid():
        try:
            services.create_task(_asked(form), key=client_key(request))
        except Refused as error:
            _refused(form, error)
        else:
            messages.success(request, "Tâche confiée.")
            return redirect("/taches/")
    return render(request, "tasks/new.html", {"form": form}, status=422 if form.errors else 200)


@route(Policy.PROFESSIONAL, audit="task")
def new_about(request: Request, person_id: UUID) -> HttpResponse:
    """A task about a person; ``?message=`` makes it from a message."""
    person = access_patient(person_id, Area.TIMELINE, resource="task")
    message_id = parse(request.POST.get("message") or request.GET.get("message"))
    initial = {}
    if request.method != "POST" and message_id is not None and registry.message_desk:
        initial = {"details": registry.message_desk[0].text(message_id)[:1000]}
    form = TaskForm(request.POST or None, choices=choices.around(person.pk), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            task = services.create_task(
                _asked(form, person.pk, message_id), key=client_key(request)
            )
        except Refused as error:
            _refused(form, error)
        else:
            messages.success(request, f"Tâche confiée : {task.assignee}.")
            return redirect(f"/personnes/{person.pk}/")
    context = frame(request, person, "") | {"form": form, "message_id": message_id}
    return render(request, "tasks/new_about.html", context, status=422 if form.errors else 200)


def _asked(
    form: TaskForm, person_id: UUID | None = None, message_id: UUID | None = None
) -> services.Asked:
    data = form.cleaned_data
    return services.Asked(
        title=data["title"],
        person_id=person_id,
        details=data["details"],
        due_on=data["due_on"],
        priority=data["priority"],
        source_message_id=message_id,
        **form.holder,
    )


@route(Policy.PROFESSIONAL, audit="task", methods=POST)
def done(request: Request, task_id: UUID) -> HttpResponse:
    """One gesture: it is done."""
    task = _task_or_404(task_id)
    return _gesture(request, task, lambda: services.complete(task.pk))


@route(Policy.PROFESSIONAL, audit="task", methods=POST)
def take(request: Request, task_id: UUID) -> HttpResponse:
    """« Je m’en occupe »."""
    task = _task_or_404(task_id)
    return _gesture(request, task, lambda: services.claim(task.pk))


@route(Policy.PROFESSIONAL, audit="task", methods=POST)
def reopen(request: Request, task_id: UUID) -> HttpResponse:
    """Undo, or open again."""
    task = _task_or_404(task_id)
    return _gesture(request, task, lambda: services.reopen(task.pk))


@route(Policy.PROFESSIONAL, audit="task")
def refuse(request: Request, task_id: UUID) -> HttpResponse:
    """Say no, and why."""
    task = _task_or_404(task_id)
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.refuse(task.pk, reason=form.cleaned_data["reason"])
        except Refused as error:
            _refused(form, error)
        else:
            messages.success(request, "Refus transmis à la personne qui vous l’avait confiée.")
            return redirect("/taches/")
    context = {"form": form, "task": task}
    return render(request, "tasks/refuse.html", context, status=422 if form.errors else 200)


def _gesture(request: Request, task: Task, verb: Callable[[], Task]) -> HttpResponse:
    error = ""
    try:
        verb()
    except Refused as refusal:
        error = refusal.message
    if request.htmx:
        context = {"task": _task_or_404(task.pk), "may_settle": True, "error": error}
        return render(request, "tasks/_row.html", context, status=422 if error else 200)
    if error:
        messages.error(request, error)
    return back(request, f"/taches/{task.pk}/")


def _task_or_404(task_id: UUID) -> Task:
    task = queries.one(task_id)
    if task is None:
        raise Http404
    return task


def _may(task: Task) -> bool:
    actor = acting.current()
    return rules.may_settle(task, actor, rules.roles_of(actor))


def _refused(form: TaskForm | RefusalForm, error: Refused) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)
