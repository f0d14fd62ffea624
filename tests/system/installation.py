"""A whole Liane for a browser to talk to: data folder, database, `liane serve --worker`."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

from tests.once import made_once

ROOT = Path(__file__).resolve().parents[2]
LIANE = Path(os.environ.get("VIRTUAL_ENV", ROOT / ".venv")) / "bin" / "liane"
STARTS_WITHIN = 60.0
"""Seconds that a server may take before its first answer, on a busy machine."""


@dataclass
class Installation:
    """One installation: where its data lie, how to run its commands, its server when started."""

    folder: Path
    database_url: str = ""
    port: int = 0
    server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes read; nothing of the test's own settings."""
        dropped = ("LIANE_", "PYTHONDONTWRITEBYTECODE")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "LIANE_DATA_DIR": str(self.folder),
            "LIANE_DATABASE_URL": self.database_url,
            "LIANE_DEMO": "1",
            "LIANE_PUBLIC_URL": self.url if self.port else "http://localhost:8000",
            "PYTHONWARNINGS": "ignore",
        }

    def liane(self, *words: str) -> str:
        """Run a command; its output. Raises AssertionError with what it said when it fails."""
        return self.run(str(LIANE), *words)

    def run(self, *command: str) -> str:
        """Run a program in the installation's environment; its output."""
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, port: int = 0) -> None:
        """Serve on a free port (or this one), and wait for the first answer."""
        self.port = port or free_port()
        log = (self.folder / "serve.log").open("wb")
        self.server = subprocess.Popen(
            [str(LIANE), "serve", "--worker", "--port", str(self.port)],
            env=self.environment,
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            assert self.server.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def answers(self) -> bool:
        """True when the server is ready."""
        with contextlib.suppress(URLError, OSError):
            return bool(urlopen(f"{self.url}/sante/ready", timeout=5).status == 200)
        return False

    def log(self) -> str:
        """The end of what the server said."""
        return (self.folder / "serve.log").read_text(errors="replace")[-5000:]

    def stop(self) -> None:
        """Stop the server and what it started."""
        if self.server is None:
            return
        self.server.terminate()
        try:
            self.server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
        self.server = None


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ------------------------------------------------------------------ preparing and copying
@contextlib.contextmanager
def shared(folder: Path, database_url: str, name: str, template: str) -> Iterator[Installation]:
    """The demo territory of the workers of this run, to be copied and never served.

    ``template``: the name of a migrated PostgreSQL database, empty when there is none.
    """
    made = Installation(folder, named(database_url, name))
    with made_once(folder, lambda: prepare(made, template), lambda: drop(made)):
        yield made


def prepare(made: Installation, template: str = "") -> None:
    """Give an installation the demo territory, small, with nothing left for its worker to do.

    Else the worker of each copy would read the journal of the territory, run every periodic job and
    make the waiting files before it hears what a test does.
    """
    if made.database_url:
        create(made, template)
    made.liane("migrate", "-v", "0")
    made.liane("demo", "load", "--persons", "40")
    made.liane("worker", "--once")


@contextlib.contextmanager
def copied(origin: Installation, folder: Path, name: str) -> Iterator[Installation]:
    """A copy of ``origin``: its files, and its database by file copy or by TEMPLATE."""
    shutil.copytree(origin.folder, folder)
    copy = Installation(folder, named(origin.database_url, f"{_name(origin)}_{name}"))
    if copy.database_url:
        create(copy, _name(origin))
    try:
        yield copy
    finally:
        copy.stop()
        drop(copy)


def create(installation: Installation, template: str = "") -> None:
    """Make the PostgreSQL database of an installation, empty or a copy of ``template``."""
    drop(installation)
    copied_from = f' TEMPLATE "{template}"' if template else ""
    admin(installation.database_url, f'CREATE DATABASE "{_name(installation)}"{copied_from}')


def drop(installation: Installation) -> None:
    """Remove a PostgreSQL database made here; SQLite goes with its folder."""
    if installation.database_url:
        admin(
            installation.database_url,
            f'DROP DATABASE IF EXISTS "{_name(installation)}" WITH (FORCE)',
        )


def _name(installation: Installation) -> str:
    return urlsplit(installation.database_url).path.lstrip("/")


def named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}")) if url else ""


def admin(url: str, statement: Any) -> None:
    import psycopg

    with psycopg.connect(named(url, "postgres"), autocommit=True) as connection:
        connection.execute(statement)
