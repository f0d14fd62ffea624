"""Django's migrate, run as the owner of the tables."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from liane.core import fresh
from liane.core.acting import owner


class Command(migrate.Command):
    """Applies migrations, then reinstalls triggers and row-level security (post_migrate)."""

    # Unchecked: a missing trigger, which the checks report, is what this command puts back.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate as owner; an empty SQLite database gets its tables at once."""
        connection = connections[options["database"]]
        whole = not (options["app_label"] or options["plan"] or options["check_unapplied"])
        with owner():
            if whole and not options["replay"] and fresh.is_empty(connection):
                fresh.make_tables(connection)
            return super().handle(*args, **options)

    def add_arguments(self, parser: Any) -> None:
        """As Django's, and ``--replay``."""
        super().add_arguments(parser)
        parser.add_argument(
            "--replay",
            action="store_true",
            help="apply the migrations one by one even on an empty SQLite database",
        )
