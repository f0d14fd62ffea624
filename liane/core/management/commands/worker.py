"""``liane worker``: journal dispatcher, readers, periodic jobs, deferred tasks."""

import os
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from liane.core.worker import Worker, run_once


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; a second signal ends at once."""

    help = "Journal dispatcher, readers, periodic jobs and deferred tasks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the worker."""
        parser.add_argument("--once", action="store_true", help="do what is due, then end")
        parser.add_argument(
            "--with-parent", action="store_true", help="end when standard input closes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the worker."""
        if options["once"]:
            done = run_once()
            self.stdout.write(", ".join(f"{what}: {count}" for what, count in done.items()))
            return
        worker = Worker()

        def stop(*_: Any) -> None:
            if worker.stopping.is_set():
                os._exit(1)
            worker.stop()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        if options["with_parent"]:
            threading.Thread(target=_follow_parent, args=(worker,), daemon=True).start()
        worker.start()
        while not worker.stopping.wait(3600):
            pass
        if not worker.join():
            os._exit(1)


def _follow_parent(worker: Worker) -> None:
    """The parent holds the other end of our standard input: when it dies, however, we end."""
    sys.stdin.buffer.read()
    worker.stop()
