"""``liane audit purge CLASS``: drop the access ledger's segments past their retention."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import purging
from liane.core.errors import Refused


class Command(BaseCommand):
    help = "Purges the ledger's segments of a retention class; what stays can still be verified."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--before YYYY-MM`` purges less; ``--dry-run`` only lists."""
        parser.add_argument("retention", metavar="CLASS")
        parser.add_argument("--before", default="", metavar="YYYY-MM")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """List each segment that goes. A refusal changes nothing and exits 1."""
        do = purging.purgeable if options["dry_run"] else purging.purge
        try:
            found = do(options["retention"], before=options["before"])
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        for segment in found:
            self.stdout.write(f"{segment.chain}: {segment.rows} rows")
        verb = "would be purged" if options["dry_run"] else "purged"
        self.stdout.write(f"{len(found)} segments {verb}")
