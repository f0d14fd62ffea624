"""``liane bundle settle``: a settlement run."""

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from liane.bundles import settling


class Command(BaseCommand):
    """Settle the enrolments whose facts or time changed; ``--all`` looks at every one again."""

    help = "Settle the bundles: sequences, lines in cents, what is refused. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("--until", help="last day that counts (AAAA-MM-JJ), today otherwise")
        parser.add_argument("--all", action="store_true", help="look at every enrolment again")
        parser.add_argument("--json", action="store_true", help="the report as one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        report = settling.run(_day(options["until"]), whole=options["all"])
        said = {
            "until": report.until.isoformat(), "examined": report.examined,
            "written": report.written, "unchanged": report.unchanged,
        }  # fmt: skip
        if options["json"]:
            self.stdout.write(json.dumps(said))
            return
        self.stdout.write(
            f"Arrêté au {report.until:%d/%m/%Y} : {report.examined} parcours examinés, "
            f"{report.written} calculs écrits, {report.unchanged} inchangés."
        )


def _day(text: str | None) -> dt.date:
    if not text:
        return timezone.localdate()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--until {text}: une date s’écrit AAAA-MM-JJ.") from None
