"""Health of the service: is the process alive, can it serve."""

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from liane.core import health, keys, triggers
from liane.core import service as state
from liane.core.routes import Policy, route


@route(Policy.PUBLIC, audit="health", methods=("GET", "HEAD"))
def live(request: HttpRequest) -> HttpResponse:
    """/sante/live: the process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


@route(Policy.OPERATOR, audit="health", methods=("GET", "HEAD"))
def service(request: HttpRequest) -> HttpResponse:
    """What runs, what waits and since when, for the technical administrator."""
    groups, jobs = state.groups(), state.work()
    wrong = [line for group in groups for line in group.lines if state.WORST[line.state]]
    failing = [job for job in jobs if state.WORST[job.state]]
    context = {
        "groups": groups, "jobs": jobs,
        "failing": len(failing), "wrong": len(wrong) + len(failing), 
        
    }  # fmt: skip
    return render(request, "core/service.html", context)


def service_today(request: HttpRequest) -> dict[str, object] | None:
    """What is wrong, on the technical administrator's Aujourd’hui."""
    lines = state.wrong()
    late = [job for job in state.work() if state.WORST[job.state]]
    return (
        {
            "lines": lines,
            "jobs": late,
        }
        if lines or late
        else None
    )


@route(Policy.PUBLIC, audit="health", methods=("GET", "HEAD"))
def ready(request: HttpRequest) -> HttpResponse:
    """/sante/ready: 200 when database, migrations, triggers and keys are there, 503 otherwise.

    A late worker is a warning: pages still serve.
    """
    found = checks()
    status = 200 if all(found.values()) else 503
    return JsonResponse(
        {
            "status": "ok" if status == 200 else "unavailable",
            **found,
            "warnings": health.problems(),
        },
        status=status,
    )


def checks() -> dict[str, bool]:
    """What serving needs, by name; never says why, which is for the logs of the operator."""
    found = dict.fromkeys(("database", "migrations", "triggers", "keys"), False)
    try:
        executor = MigrationExecutor(connection)
        found["database"] = True
        found["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        found["triggers"] = not triggers.missing(connection)
    except DatabaseError:
        return found
    try:
        keys.ring()
        found["keys"] = True
    except (ImproperlyConfigured, OSError):
        pass
    return found
