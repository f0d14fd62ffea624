"""Serving: one port, one process tree. Pages and streams together, or each alone."""

import os
import socket
import subprocess
import sys
import threading
from typing import Any

import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from uvicorn.supervisors import Multiprocess

GRACE = 5
"""Seconds left to requests in progress when the server stops."""


THREADS = 2
"""Requests that a worker of `serve_wsgi` answers at once: one runs while another waits for the
database to reach its disk. Each has a connection of its own."""


class PortTaken(ImproperlyConfigured):
    """Somebody else listens there."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises :class:`PortTaken` with one clear line.

    An answer leaves in several pieces: without TCP_NODELAY, which the sockets of visitors inherit,
    the last one would wait 40 ms for a word of the reader.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise PortTaken(
            f"cannot listen on {host} port {port} ({error.strerror}); choose another with --port."
        ) from None
    sock.set_inheritable(True)
    return sock


def serve(sock: socket.socket, application: str, workers: int) -> None:
    """Serve ``application`` (a factory of `live.asgi`) until told to stop."""
    config = uvicorn.Config(
        f"liane.live.asgi:{application}",
        factory=True,
        workers=workers,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE,
        server_header=False,
        lifespan="on",
        h11_max_incomplete_event_size=32 * 1024,
    )
    if workers > 1:
        Multiprocess(config, sockets=[sock]).run()
    else:
        uvicorn.Server(config).run(sockets=[sock])


def serve_wsgi(host: str, port: int, workers: int) -> None:
    """Pages and API without streams: granian, `THREADS` a worker."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server as Granian

    listen(host, port).close()
    Granian(
        "config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
    ).serve()


def collect_static() -> bool:
    """Collect static files where the settings want a manifest and there is none."""
    backend = settings.STORAGES["staticfiles"]["BACKEND"]
    if "Manifest" not in backend or (settings.STATIC_ROOT / "staticfiles.json").exists():
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    return True


class Companion:
    """`liane worker` as a child process: started again when it dies, gone when we go.

    The child reads its standard input, whose other end we hold: it ends with us, kill -9 included.
    """

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="companion", daemon=True)

    def start(self) -> None:
        """Start the child and watch it."""
        self._spawn()
        self._thread.start()

    def _spawn(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "liane", "worker", "--with-parent"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ},
        )

    def _watch(self) -> None:
        pause = 0.2
        while not self._stopping.is_set():
            assert self._child is not None  # noqa: S101
            try:
                self._child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                pause = 0.2
                continue
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, 5.0)
            self._spawn()

    def stop(self, timeout: float = 15) -> None:
        """End the child: closing its standard input asks it to finish what it does."""
        self._stopping.set()
        child: Any = self._child
        if child is None:
            return
        child.stdin.close()
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            child.kill()
