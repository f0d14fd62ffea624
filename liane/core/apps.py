from django.apps import AppConfig
from django.core.signals import got_request_exception
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.tasks.signals import task_enqueued


class CoreConfig(AppConfig):
    name = "liane.core"

    def ready(self) -> None:
        import datetime as dt

        from liane.core import (  # noqa: F401
            checks,
            database,
            deferred,
            failures,
            health,
            pages,
            pdf,
            planner,
            registry,
            sealing,
            signs,
            triggers,
            wakeup,
        )
        from liane.core.files import store

        connection_created.connect(database.prepare, dispatch_uid="liane.core.database")
        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="liane.core.triggers")
        got_request_exception.connect(failures.note_request, dispatch_uid="liane.core.failures")
        task_enqueued.connect(wakeup.task_enqueued, dispatch_uid="liane.core.wakeup")
        registry.nav.append(
            registry.NavEntry(
                "État du service", "/parametres/service/", "settings", 75,
                roles=frozenset({"technical_admin"}),
            )
        )  # fmt: skip
        registry.today.append(
            registry.TodaySection(
                "service", "main", 5, "core/today_service.html", pages.service_today,
                roles=frozenset({"technical_admin"}),
            )
        )  # fmt: skip
        registry.add_jobs(
            registry.Job(
                "forget-signs",
                every=dt.timedelta(hours=6),
                run=signs.forget,
                label="Signes de vie oubliés",
            ),
            health.BEAT,
            registry.Job(
                "forget-tasks",
                every=dt.timedelta(days=1),
                run=deferred.purge,
                label="Tâches finies oubliées",
            ),
            registry.Job(
                "database.analyse",
                every=dt.timedelta(hours=1),
                run=planner.follow,
                label="Statistiques de la base",
            ),
            registry.Job(
                "files.recheck",
                every=dt.timedelta(minutes=5),
                run=store.recheck,
                label="Fichiers en quarantaine",
            ),
            registry.Job(
                "files.sweep",
                every=dt.timedelta(days=1),
                run=store.sweep,
                label="Fichiers sans usage retirés",
            ),
            registry.Job(
                "ledger.seal",
                every=dt.timedelta(seconds=5),
                run=sealing.seal_recent,
                label="Scellement des accès",
            ),
            registry.Job(
                "ledger.seal-all",
                every=dt.timedelta(hours=1),
                run=sealing.seal_all,
                label="Scellement complet",
            ),
            registry.Job(
                "ledger.anchor",
                every=dt.timedelta(minutes=10),
                run=sealing.anchor,
                label="Ancrage du registre",
            ),
        )
