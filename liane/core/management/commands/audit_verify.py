"""``liane audit verify``: is the access ledger whole?"""

import json
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from liane.core import sealing


class Command(BaseCommand):
    help = "Verifies the access ledger's chains; names the first broken link of each."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--seal`` first seals what waits; ``--json`` prints one object."""
        parser.add_argument("--seal", action="store_true", help="seal what waits, then verify")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 only if every chain is whole and no row waits for its seal."""
        if options["seal"]:
            sealing.seal_all()
            sealing.anchor()
        start = time.monotonic()
        report = sealing.verify()
        seconds = time.monotonic() - start
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "rows": report.rows,
                        "chains": report.chains,
                        "anchors": report.anchors,
                        "unsealed": report.unsealed,
                        "faults": report.faults,
                        "seconds": round(seconds, 2),
                    }
                )
            )
        else:
            for fault in report.faults:
                self.stdout.write(f"BROKEN {fault}")
            if report.unsealed:
                self.stdout.write(f"UNSEALED {report.unsealed} rows older than a minute")
            verdict = "intact" if report.intact else "NOT INTACT"
            self.stdout.write(
                f"{verdict}: {report.rows} rows in {report.chains} chains, "
                f"{report.anchors} anchors, {seconds:.1f} s"
            )
        if not report.intact:
            sys.exit(1)
