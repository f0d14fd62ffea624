"""``liane listen adt [--port 2575]``: hospital messages over MLLP."""

import asyncio
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from liane.directory.models import Organisation
from liane.exchange.mllp import serve


class Command(BaseCommand):
    """Receive, apply, acknowledge after commit, until stopped."""

    help = "Receive HL7 v2 ADT messages over MLLP and acknowledge them after commit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and for which hospital."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=2575)
        parser.add_argument("--organisation", metavar="ID")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until interrupted."""
        hospital = None
        if options["organisation"]:
            try:
                hospital = Organisation.objects.get(pk=UUID(options["organisation"]))
            except (ValueError, Organisation.DoesNotExist):
                raise CommandError("--organisation: no such organisation.") from None

        def ready(port: int) -> None:
            self.stdout.write(f"Listening for ADT messages on {options['host']}:{port}")
            self.stdout.flush()

        try:
            asyncio.run(serve(options["host"], options["port"], hospital=hospital, ready=ready))
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        except OSError as error:
            raise CommandError(f"port {options['port']}: {error.strerror}") from None
