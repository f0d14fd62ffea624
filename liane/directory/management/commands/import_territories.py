"""liane import territories FILE: communes, EPCI and departments from a public list."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import acting
from liane.directory.communes import load
from liane.directory.extraction import BadFileError


class Command(BaseCommand):
    """Imports a public list of communes; the same file twice changes nothing."""

    help = (
        "Importe les communes : archive npm de @etalab/decoupage-administratif, CSV de l’INSEE ou "
        "de La Poste."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Import, print the report, exit 1 when a line was rejected."""
        try:
            with acting.acting(acting.system("import territories")):
                report = load(file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except BadFileError as error:
            raise CommandError(f"{file}: {error}") from None
        self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        if report.rejected:
            sys.exit(1)
