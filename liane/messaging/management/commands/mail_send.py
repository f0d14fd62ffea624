"""``liane mail send``: send the mails that wait."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liane.messaging import outside


class Command(BaseCommand):
    """Sends what is due now, as the worker does."""

    help = "Send the mails that wait for professionals outside (LIANE_MSS_URL)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send once."""
        if not outside.ready():
            raise CommandError("LIANE_MSS_URL or LIANE_EMAIL_URL is not set: nothing can leave.")
        self.stdout.write(f"{outside.send_waiting()} sent")
