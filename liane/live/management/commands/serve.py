"""``liane serve``: pages, API and live streams on one port."""

import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liane.live import server


class Command(BaseCommand):
    """Serves until SIGTERM or SIGINT."""

    help = "Pages, API and live streams on one port (--worker: jobs too, in the same process tree)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the server."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1)
        parser.add_argument("--worker", action="store_true", help="run the jobs as well")
        parser.add_argument("--wsgi", action="store_true", help="without streams, for production")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        host, port, workers = options["host"], options["port"], options["workers"]
        if workers < 1:
            raise CommandError("--workers: at least 1.")
        try:
            sock = server.listen(host, port)
        except server.PortTaken as error:
            sys.exit(f"liane: {error}")
        if server.collect_static():
            self.stdout.write("Static files collected.")
        companion = server.Companion() if options["worker"] else None
        if companion is not None:
            companion.start()
        # Between the sockets of a stopping server and its end, a second signal must find a handler.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            if options["wsgi"]:
                sock.close()
                server.serve_wsgi(host, port, workers)
            else:
                server.serve(sock, "together", workers)
        except KeyboardInterrupt:
            pass
        finally:
            if companion is not None:
                companion.stop()
