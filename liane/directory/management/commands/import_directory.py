"""liane import directory FILE: professionals and places of practice (Annuaire Santé)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import acting
from liane.directory.extraction import BadFileError
from liane.directory.importing import load


class Command(BaseCommand):
    """Imports the free-access extraction; the same file twice changes nothing."""

    help = "Importe une extraction de l’Annuaire Santé (PS_LibreAcces_Personne_activite)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Import, print the report, exit 1 when a line was rejected."""
        try:
            with (
                file.open(encoding="utf-8-sig", errors="replace") as lines,
                acting.acting(acting.system("import directory")),
            ):
                report = load(lines, file.name)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except BadFileError as error:
            raise CommandError(f"{file}: {error}") from None
        self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        if report.rejected:
            sys.exit(1)
