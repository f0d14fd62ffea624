"""An empty SQLite database gets its tables from the models at once (docs/adr/0005-fresh-tables.md).

Replaying every migration renders the whole project hundreds of times: a minute of CPU on the first
`make demo` and at the start of every test run. PostgreSQL, and any database that holds something,
are always migrated.
"""

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """True for a SQLite database without any table."""
    return connection.vendor == "sqlite" and not connection.introspection.table_names()


def make_tables(connection: BaseDatabaseWrapper) -> None:
    """Create the table of every model, and write that every migration is applied."""
    models = [
        model
        for model in apps.get_models()
        if model._meta.can_migrate(connection) and not model._meta.auto_created
    ]
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    loader = MigrationLoader(None)
    recorder.migration_qs.bulk_create(
        recorder.Migration(app=app, name=name) for app, name in sorted(loader.disk_migrations)
    )
