"""liane demo load [--persons N] [--seed S]: the demo territory, reproducible, idempotent."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import planner
from liane.demo import loading


class Command(BaseCommand):
    """Loads the demo territory; what is already there is left as it is."""

    help = "Charge le territoire de démonstration (personnages, trois histoires, N personnes)."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many persons, and the seed of chance."""
        parser.add_argument("--persons", type=int, default=300)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, persons: int, seed: int, **options: Any) -> None:
        """Load, and say what there is."""
        if not settings.LIANE_DEMO:
            raise CommandError("LIANE_DEMO=1 is needed: the demo never mixes with real records.")
        if persons < loading.SMALLEST:
            raise CommandError(f"--persons is at least {loading.SMALLEST}.")
        start = time.monotonic()
        try:
            done = loading.load(persons, seed)
        except loading.NotForDemo as refusal:
            raise CommandError(str(refusal)) from None
        if done.persons_made:
            planner.analyse()
        self.stdout.write(
            f"{done.persons_made} persons made, {done.persons} in all, "
            f"{done.professionals} professionals, {done.personas} personas, "
            f"{time.monotonic() - start:.1f} s"
        )
