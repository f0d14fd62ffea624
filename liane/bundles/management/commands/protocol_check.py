"""``liane protocol check FILE…``: reads a definition, says what is wrong, runs its examples."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from liane.bundles.engine import run_examples
from liane.pathways.protocols.checking import Checked, check
from liane.pathways.protocols.reading import MAX_BYTES


class Command(BaseCommand):
    """Exit code 0 when every file can be used as it is, 1 otherwise."""

    requires_system_checks: tuple[str, ...] = ()
    help = "Vérifie une définition de protocole (YAML) et rejoue ses exemples."

    def add_arguments(self, parser: CommandParser) -> None:
        """The files."""
        parser.add_argument("files", nargs="+", metavar="FILE")

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        """Check each file; print each fault on a line of its own."""
        sound = [self._file(name) for name in files]
        if not all(sound):
            sys.exit(1)

    def _file(self, name: str) -> bool:
        try:
            with Path(name).open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except (OSError, ValueError):
            self.stdout.write(f"{name} : fichier introuvable ou illisible.")
            return False
        checked = check(text, run_examples)
        for fault in checked.faults:
            self.stdout.write(f"{name}:{fault.line}: {_place(fault.field)}{_kind(fault.warning)}"
                              f"{fault.message}")  # fmt: skip
        self.stdout.write(f"{name} : {_verdict(checked)}")
        return not checked.errors


def _place(field: str) -> str:
    return f"{field} : " if field else ""


def _kind(warning: bool) -> str:
    return "à savoir : " if warning else "erreur : "


def _verdict(checked: Checked) -> str:
    errors = len(checked.errors)
    if errors:
        return f"{errors} erreur{'s' if errors > 1 else ''} ; la définition ne peut pas servir."
    count = len(checked.ran)
    plural = "s" if count > 1 else ""
    return f"définition valable, {count} exemple{plural} rejoué{plural}."
