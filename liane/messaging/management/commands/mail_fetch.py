"""``liane mail fetch``: take in the answers that wait in the mailbox."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liane.messaging import imap


class Command(BaseCommand):
    """Prints one JSON line: how many mails were delivered, queued, ignored."""

    help = "Take in the answers that wait in the mailbox (LIANE_MSS_IMAP_URL)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fetch once."""
        if not imap.ready():
            raise CommandError("LIANE_MSS_IMAP_URL is not set: no mailbox to fetch from.")
        found = imap.fetch()
        report = {key: found[key] for key in ("delivered", "queued", "ignored")}
        self.stdout.write(json.dumps(report))
