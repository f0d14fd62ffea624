"""``liane mail queue``: received mails that wait for somebody to look, without their content."""

from typing import Any

from django.core.management.base import BaseCommand

from liane.messaging import queries


class Command(BaseCommand):
    """One line for each: number, date, reason."""

    help = "List the received mails that could not be delivered, with the reason."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the queue."""
        for row in queries.queued_mail():
            self.stdout.write(f"{row.pk}  {row.received_at:%Y-%m-%d %H:%M}  {row.reason}")
