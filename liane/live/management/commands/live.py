"""``liane live``: live streams alone, for production behind a proxy."""

import contextlib
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from liane.live import server


class Command(BaseCommand):
    """Serves `/live` until SIGTERM or SIGINT."""

    help = "Live streams alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the server."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--workers", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        try:
            sock = server.listen(options["host"], options["port"])
        except server.PortTaken as error:
            sys.exit(f"liane: {error}")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve(sock, "alone", options["workers"])
