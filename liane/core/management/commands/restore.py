"""``liane restore DIR``: a backup into an empty installation."""

import os
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import backup


class Command(BaseCommand):
    """Checks everything, then restores database, files and keys, then migrates."""

    help = "Restaure une sauvegarde dans une installation vide (LIANE_BACKUP_PASSPHRASE)."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The backup's folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Restore."""
        try:
            manifest = backup.restore(folder, os.environ.get("LIANE_BACKUP_PASSPHRASE", ""))
        except backup.BackupError as error:
            raise CommandError(str(error)) from None
        call_command("migrate", verbosity=0)
        self.stdout.write(f"restored what was backed up on {manifest['made_at']}")
