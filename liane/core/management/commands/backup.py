"""``liane backup DIR``: the whole installation in one folder."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import backup


class Command(BaseCommand):
    """Copies database, files and keys; the passphrase comes from the environment."""

    help = "Sauvegarde toute l’installation : base, fichiers, clés (LIANE_BACKUP_PASSPHRASE)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The new folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Back up."""
        try:
            manifest = backup.backup(folder, os.environ.get("LIANE_BACKUP_PASSPHRASE", ""))
        except backup.BackupError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{len(manifest['files'])} files in {folder}")
