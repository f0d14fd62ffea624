"""The state of the service, for the technical administrator: what runs, what waits, since when.

Each room says its part (`registry.service_checks`); this one says what every installation has: the
database, the worker, its jobs and queues, backups, the disk. No name of a person, no health data.
"""

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from liane.core import acting, health, keys, registry, signs, triggers
from liane.core.jobs import TRIES
from liane.core.models import DueJob, Outbox, StoredFile
from liane.core.registry import ServiceLine

log = structlog.get_logger(__name__)
LATE = dt.timedelta(minutes=2)
"""A job this much past its time, or a queue this old, is late."""
BACKUP_EVERY = dt.timedelta(days=1, hours=6)
ROOM_LEFT = 0.10
"""Share of the disk that must stay free."""
BACKUP = "backup"
WORST = {"ok": 0, "off": 0, "late": 1, "bad": 2}


@dataclass
class Group:
    """The lines of one part of the service."""

    name: str
    lines: list[ServiceLine] = field(default_factory=list)


@dataclass(frozen=True)
class Work:
    """One periodic job: when it is next due, and whether it fails."""

    label: str
    name: str
    every: dt.timedelta
    due_at: dt.datetime | None
    failures: int
    error: str
    state: str


def groups() -> list[Group]:
    """Every line, by part, in the order in which rooms offer them."""
    found: dict[str, Group] = {}
    for line in lines():
        found.setdefault(line.group, Group(line.group)).lines.append(line)
    return list(found.values())


def lines() -> list[ServiceLine]:
    """What every part says of itself. A part that cannot be read says so; the others stay."""
    with acting.acting(acting.system("état du service")):
        return [line for check in [_base, *registry.service_checks] for line in _safe(check)]


def wrong() -> list[ServiceLine]:
    """What must be mended or watched, the worst first."""
    rows = [line for line in lines() if WORST[line.state]]
    return sorted(rows, key=lambda line: -WORST[line.state])


def work() -> list[Work]:
    """The periodic jobs of the worker, those that fail or are late first. One query."""
    now, rows = timezone.now(), DueJob.objects.in_bulk()
    found = []
    for job in registry.jobs.values():
        row = rows.get(job.name)
        state = "late" if row is None or row.due_at < now - LATE else "ok"
        if row is not None and row.failures:
            state = "bad" if row.failures >= TRIES else "late"
        found.append(
            Work(
                job.label or job.name,
                job.name,
                job.every,
                row.due_at if row else None,
                row.failures if row else 0,
                row.last_error if row else "",
                state,
            )
        )
    return sorted(found, key=lambda one: (-WORST[one.state], one.label))


def _safe(check: Callable[[], list[ServiceLine]]) -> list[ServiceLine]:
    try:
        return check()
    except (DatabaseError, OSError) as error:
        log.error("service_check_failed", check=check.__module__, error=type(error).__name__)
        name = check.__module__.split(".")[1]
        return [
            ServiceLine(
                "Service",
                f"Lecture de « {name} »",
                "bad",
                "impossible",
                help="Le journal technique du serveur en dit la cause.",
            )
        ]


def _base() -> list[ServiceLine]:
    return [*_database(), *_worker(), *_safety()]


def _database() -> Iterable[ServiceLine]:
    group = "Base de données"
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    kind = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    yield ServiceLine(group, kind, "ok", "répond")
    yield ServiceLine(
        group,
        "Migrations",
        "bad" if missing else "ok",
        f"{missing} à appliquer" if missing else "à jour",
        help="liane migrate" if missing else "",
    )
    lost = len(triggers.missing(connection))
    yield ServiceLine(
        group,
        "Tables en ajout seul",
        "bad" if lost else "ok",
        f"{lost} sans protection" if lost else "protégées",
        help="liane migrate repose les déclencheurs perdus." if lost else "",
    )


def _worker() -> Iterable[ServiceLine]:
    group, now = "Travaux", timezone.now()
    beat = DueJob.objects.filter(pk=health.BEAT.name).first()
    stopped = beat is None or beat.due_at < now - health.SILENCE
    yield ServiceLine(
        group,
        "Exécuteur",
        "bad" if stopped else "ok",
        "arrêté" if stopped else "en marche",
        at=beat.due_at - health.BEAT.every if beat and stopped else None,
        help="Lancez liane worker : ni notifications ni courriels ne partent sans lui."
        if stopped
        else "",
    )
    waiting = Outbox.objects.order_by("id").values_list("id", flat=True)
    oldest = waiting.first()
    at = dt.datetime.fromtimestamp((oldest.int >> 80) / 1000, tz=dt.UTC) if oldest else None
    count = waiting.count() if oldest else 0
    yield queue(group, "Journal à publier", count, at, health.SILENCE)
    ready = DBTaskResult.objects.ready().order_by("enqueued_at")
    first = ready.values_list("enqueued_at", flat=True).first()
    yield queue(group, "Tâches différées", ready.count() if first else 0, first, LATE)
    failed = DBTaskResult.objects.failed().filter(finished_at__gt=now - health.MEMORY).count()
    if failed:
        yield ServiceLine(
            group,
            "Tâches abandonnées",
            "bad",
            f"{failed} en sept jours",
            help="Elles ont échoué huit fois : voyez le journal technique.",
        )


def queue(
    group: str, label: str, count: int, since: dt.datetime | None, patience: dt.timedelta
) -> ServiceLine:
    """A queue: how many wait, since when; late once the oldest has waited ``patience``."""
    if not count or since is None:
        return ServiceLine(group, label, "ok", "rien en attente")
    late = since < timezone.now() - patience
    return ServiceLine(group, label, "late" if late else "ok", f"{count} en attente", at=since)


def _safety() -> Iterable[ServiceLine]:
    group = "Sauvegarde et disque"
    yield _backup(group)
    try:
        keys.ring()
    except (ImproperlyConfigured, OSError):
        yield ServiceLine(
            group,
            "Clés de chiffrement",
            "bad",
            "illisibles",
            help="Vérifiez LIANE_KEYS_FILE et ses droits.",
        )
    else:
        yield ServiceLine(group, "Clés de chiffrement", "ok", "lues")
    yield _disk(group)
    held = StoredFile.objects.filter(state=StoredFile.State.QUARANTINE).order_by("id")
    first = held.values_list("created_at", flat=True).first()
    yield queue(group, "Fichiers en quarantaine", held.count() if first else 0, first, LATE * 15)


def _backup(group: str) -> ServiceLine:
    label, last = "Dernière sauvegarde", signs.one(BACKUP)
    if last is None and settings.LIANE_DEMO:
        return ServiceLine(group, label, "off", "sans objet : c’est une démonstration")
    if last is None:
        value, state = "jamais faite", "bad"
    else:
        value = f"{last.value} fichier{'s' if last.value > 1 else ''}"
        state = "late" if last.at < timezone.now() - BACKUP_EVERY else "ok"
    help = "" if state == "ok" else "liane backup DOSSIER, chaque jour, vers un autre disque."
    return ServiceLine(group, label, state, value, at=last.at if last else None, help=help)


def _disk(group: str) -> ServiceLine:
    place = settings.LIANE_STORAGE_DIR
    while not place.exists() and place != place.parent:
        place = place.parent
    total, _, free = shutil.disk_usage(os.fspath(place))
    short = free < total * ROOM_LEFT
    return ServiceLine(
        group,
        "Disque des documents",
        "bad" if short else "ok",
        f"{free / 1e9:.0f} Go libres sur {total / 1e9:.0f}".replace(".", ","),
        help="Il reste moins d’un dixième du disque." if short else "",
    )
