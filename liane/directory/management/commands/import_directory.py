"""liane import directory FILE: professionals and places of practice (Annuaire Santé)."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core.errors import Refused
from liane.directory.extraction import BadFileError
from liane.directory.importing import Report, load_file, write_rejected
from liane.directory.progress import Bar


class Command(BaseCommand):
    """Imports the free-access extraction; stopped, it goes on; twice, it changes nothing."""

    help = "Importe une extraction de l’Annuaire Santé (PS_LibreAcces_Personne_activite)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file; whether it is the whole directory; where to write what was refused."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--complete", action="store_true",
            help="le fichier est tout l’annuaire : clore ce qui n’y est plus, quel qu’en soit le "
            "nombre (sans cela, rien n’est clos quand plus de 5 %% des professionnels manquent)",
        )  # fmt: skip
        parser.add_argument(
            "--rejected", type=Path, metavar="CSV", help="écrire ici chaque ligne refusée"
        )
        parser.add_argument("--quiet", action="store_true", help="seulement le compte rendu")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Import, print the report, exit 1 when a line was rejected."""
        try:
            bar = Bar(sys.stderr, file.stat().st_size)
            report = load_file(
                file,
                complete=options["complete"],
                tell=lambda run: None if options["quiet"] else bar.show(run.offset, run.line),
            )
            if options["rejected"]:
                write_rejected(options["rejected"])
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}") from None
        except BadFileError as error:
            raise CommandError(f"{file}: {error}") from None
        except Refused as error:
            raise CommandError(error.message) from None
        for remark in _remarks(report):
            self.stdout.write(remark)
        self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        if report.rejected:
            sys.exit(1)


def _remarks(report: Report) -> list[str]:
    left, said = report.left, []
    if left.absent:
        said.append(
            f"{left.absent} professionnels connus ne sont pas dans ce fichier : rien n’a été clos. "
            "S’il s’agit de tout l’annuaire, relancez avec --complete."
        )
    if left.accounts:
        said.append(f"{left.accounts} d’entre eux ont un compte ici : à vérifier, rien n’est clos.")
    if report.rejected_in_all > len(report.rejected):
        said.append(
            f"{report.rejected_in_all} lignes refusées ; --rejected FICHIER les donne toutes."
        )
    return said
