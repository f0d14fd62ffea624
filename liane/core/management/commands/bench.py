"""``liane bench list`` and ``liane bench NAME``: runs a module of the project's ``bench/``."""

import argparse
import ast
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Runs one bench in a process of its own, with a scratch installation."""

    requires_system_checks: tuple[str, ...] = ()
    help = "Mesures de vitesse : « liane bench list », « liane bench NOM [--json] »."

    def add_arguments(self, parser: CommandParser) -> None:
        """The bench's name; every other word is the bench's own."""
        parser.add_argument("name")
        parser.add_argument("words", nargs=argparse.REMAINDER)

    def handle(self, *args: Any, name: str, words: list[str], **options: Any) -> None:
        """List the benches, or run one."""
        benches = {
            path.stem: ast.get_docstring(ast.parse(path.read_text())) or ""
            for path in sorted((settings.ROOT / "bench").glob("*.py"))
            if path.stem not in {"__init__", "harness"}
        }
        if name == "list":
            for known, text in benches.items():
                self.stdout.write(f"{known:<20} {text.splitlines()[0] if text else ''}")
            return
        if name not in benches:
            raise CommandError(f"{name!r} is not a bench; « liane bench list » tells which are.")
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{name}", *words], cwd=settings.ROOT, check=False
        )
        if done.returncode:
            raise CommandError(f"the bench {name} stopped with {done.returncode}")
