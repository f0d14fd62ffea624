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
            pdf,
            registry,
            sealing,
            triggers,
            wakeup,
        )
        from liane.core.files import store

        connection_created.connect(database.prepare, dispatch_uid="liane.core.database")
        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="liane.core.triggers")
        got_request_exception.connect(failures.note_request, dispatch_uid="liane.core.failures")
        task_enqueued.connect(wakeup.task_enqueued, dispatch_uid="liane.core.wakeup")
        registry.add_jobs(
            health.BEAT,
            registry.Job("forget-tasks", every=dt.timedelta(days=1), run=deferred.purge),
            registry.Job("files.recheck", every=dt.timedelta(minutes=5), run=store.recheck),
            registry.Job("files.sweep", every=dt.timedelta(days=1), run=store.sweep),
            registry.Job("ledger.seal", every=dt.timedelta(seconds=5), run=sealing.seal_recent),
            registry.Job("ledger.seal-all", every=dt.timedelta(hours=1), run=sealing.seal_all),
            registry.Job("ledger.anchor", every=dt.timedelta(minutes=10), run=sealing.anchor),
        )
