"""Django's migrate, run as the owner of the tables."""

from typing import Any

from django.core.management.commands import migrate

from liane.core.acting import owner


class Command(migrate.Command):
    """Applies migrations, then reinstalls triggers and row-level security (post_migrate)."""

    # Unchecked: a missing trigger, which the checks report, is what this command puts back.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate as owner."""
        with owner():
            return super().handle(*args, **options)
