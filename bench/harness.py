"""What every bench shares: a scratch installation, a served Liane, a light client, printed figures.

A bench is a module of this folder with a docstring, ``run(options) -> list[Figure]`` and
``main(run)`` at its end. It prints each figure with the data size and the ratio to a baseline
taken in the same run; it never passes or fails.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Figure:
    """One printed line. ``ratio`` is ``value`` divided by the baseline's, in the same run."""

    name: str
    value: float
    unit: str
    size: str
    baseline: float | None = None
    baseline_name: str = ""
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over baseline."""
        return self.value / self.baseline if self.baseline else None

    def line(self) -> str:
        """The figure as people read it."""
        text = f"{self.name:<46} {self.value:>10.2f} {self.unit:<8} [{self.size}]"
        if self.ratio is not None:
            text += f"  ×{self.ratio:.3f} of {self.baseline_name} ({self.baseline:.2f})"
        return text + (f"  goal {self.goal}" if self.goal else "")


@dataclass
class Options:
    """What the command line asked."""

    json: bool = False
    postgres: str = ""
    persons: list[int] = field(default_factory=lambda: [1_000, 100_000])
    seconds: float = 5.0
    keep: bool = False


def main(run: Callable[[Options], list[Figure]]) -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--postgres", default="", help="URL of a server where databases may be made"
    )
    parser.add_argument("--persons", default="1000,100000", help="sizes, separated by commas")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each measure")
    parser.add_argument(
        "--keep", action="store_true", help="keep the demo territories made, and use those kept"
    )
    words = parser.parse_args()
    persons = [int(n) for n in words.persons.split(",")]
    options = Options(words.json, words.postgres, persons, words.seconds, words.keep)
    for figure in run(options):
        row = asdict(figure) | {"ratio": figure.ratio}
        print(json.dumps(row, ensure_ascii=False) if words.json else figure.line(), flush=True)


@dataclass
class Scratch:
    """A throw-away installation: its environment, and commands run in it."""

    environment: dict[str, str]

    def liane(self, *words: str) -> str:
        """Run ``liane …`` in it and give what it printed. Raises when it fails."""
        done = subprocess.run(
            [sys.executable, "-c", "from liane.cli import main; main()", *words],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"liane {' '.join(words)}: {done.stderr[-2000:]}")
        return done.stdout


@contextlib.contextmanager
def scratch(name: str, postgres: str = "", *, keep: bool = False) -> Iterator[Scratch]:
    """An empty, migrated installation on SQLite, or in a new database of ``postgres``.

    With ``keep`` it stays, and is found again by its name.
    """
    label = f"{name}-{'postgres' if postgres else 'sqlite'}" if keep else f"{name}-{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / f"liane-bench-{label}"
    folder.mkdir(exist_ok=keep)
    environment = os.environ | {"LIANE_DATA_DIR": str(folder), "LIANE_DEMO": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    database = "liane_bench_" + label.replace("-", "_")
    if postgres:
        if not (keep and _exists(postgres, database)):
            _postgres(postgres, f'CREATE DATABASE "{database}"')
        environment["LIANE_DATABASE_URL"] = f"{postgres.rstrip('/')}/{database}"
    else:
        environment.pop("LIANE_DATABASE_URL", None)
    try:
        made = Scratch(environment)
        made.liane("migrate")
        yield made
    finally:
        if not keep:
            if postgres:
                _postgres(postgres, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            shutil.rmtree(folder, ignore_errors=True)


def _exists(url: str, database: str) -> bool:
    import psycopg

    with psycopg.connect(f"{url.rstrip('/')}/postgres") as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        return connection.execute(query, [database]).fetchone() is not None


def _postgres(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(f"{url.rstrip('/')}/postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(
    command: list[str], environment: dict[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, until it answers; stopped with its children at the end."""
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            time.sleep(0.1)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu_ms(pids: list[int]) -> float:
    """CPU milliseconds (user and system) used so far by these processes."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found, waiting = [pid], [pid]
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{current}/task/{current}/children").read_text().split()
            waiting += [int(child) for child in children]
            found += [int(child) for child in children]
    return found


def postgres_backends(database: str) -> list[int]:
    """Processes of PostgreSQL that serve ``database`` on this machine."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if f" {database} " in (entry / "cmdline").read_text().replace("\0", " "):
                    found.append(int(entry.name))
    return found


@dataclass
class Answer:
    """An HTTP answer, as little as a bench needs."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """A keep-alive HTTP/1.1 client over one socket, with cookies, light on the CPU."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.cookies: dict[str, str] = {}
        self.headers: list[str] = []
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """Send one request and read its answer whole."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}"]
        lines += self.headers
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if body or method == "POST":
            lines += [f"Content-Length: {len(body)}", f"Origin: http://localhost:{self.port}"]
            lines.append(f"Content-Type: {kind or 'application/x-www-form-urlencoded'}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        answer = await self._read(reader)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in filter(None, head[1:]):
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                key, _, rest = value.strip().partition("=")
                self.cookies[key] = rest.split(";", 1)[0]
            headers[name.lower()] = value.strip()
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split()[1]), headers, body)

    def close(self) -> None:
        """Drop the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def hammer(
    clients: list[Client], seconds: float, step: Callable[[Client, int], Awaitable[Answer]]
) -> list[float]:
    """Let each client repeat ``step`` for ``seconds``; gives the milliseconds of every request."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def one(number: int, client: Client) -> None:
        while time.perf_counter() < end:
            start = time.perf_counter()
            answer = await step(client, number)
            times.append((time.perf_counter() - start) * 1000)
            if answer.status >= 400:
                raise RuntimeError(f"status {answer.status} during the bench")

    await asyncio.gather(*(one(number, client) for number, client in enumerate(clients)))
    return times


async def signed_in(url: str, username: str) -> Client:
    """A client signed in as a persona of the demo."""
    from urllib.parse import urlencode

    client = Client(url)
    await client.request("GET", "/demo/")
    form = {"username": username, "csrfmiddlewaretoken": client.cookies.get("csrftoken", "")}
    answer = await client.request("POST", "/demo/connexion", urlencode(form).encode())
    if answer.status not in {200, 302, 303}:
        raise RuntimeError(f"sign-in of {username} gave {answer.status}")
    return client
