"""A message accepted, then shown to 200 connected members: p95, beside a bare asyncio echo.

One writer posts in a conversation of 200 members whose pages are all open. Time runs from the
moment the answer to the post has come to the moment the fragment reaches each member's stream. The
yardstick, in the same run, is an asyncio server that writes what it is sent to as many streams.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from bench.harness import (
    ROOT,
    Figure,
    Options,
    cpu_ms,
    family,
    free_port,
    main,
    percentile,
    scratch,
    served,
)
from liane.core.ids import uuid7

MEMBERS, MESSAGES = 200, 30
TOKEN = "a" * 32


@dataclass
class Street:
    """Open streams, and when each one heard each word."""

    port: int
    heard: dict[str, list[float]] = field(default_factory=dict)
    open: int = 0

    async def listen(self, path: str, cookie: str) -> None:
        """One member's stream."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nCookie: {cookie}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        self.open += 1
        try:
            while line := await reader.readline():
                if b"bench-" in line:
                    word = line[line.index(b"bench-") :][:15].decode()
                    self.heard.setdefault(word, []).append(time.perf_counter())
        finally:
            writer.close()

    async def say(self, path: str, cookie: str, body: str) -> tuple[float, float]:
        """Post ``body``. (When the answer had come, how many seconds it took.)"""
        started = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nCookie: {cookie}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        status = await reader.readline()
        if b" 302 " not in status and b" 204 " not in status:
            raise RuntimeError(f"the post was answered {status!r}")
        accepted = time.perf_counter()
        writer.close()
        return accepted, accepted - started


async def measure(
    street: Street, streams: list[tuple[str, str]], post: tuple[str, str], form: dict[str, str]
) -> tuple[list[float], list[float]]:
    """Delivery and send times, in milliseconds."""
    listening = [asyncio.create_task(street.listen(*stream)) for stream in streams]
    while street.open < len(streams):
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)
    delivered, sent = [], []
    for number in range(MESSAGES + 3):
        word = f"bench-{number:09d}"
        body = urlencode({**form, "text": word, "key": str(uuid7())})
        accepted, took = await street.say(*post, body)
        deadline = time.perf_counter() + 20
        while len(street.heard.get(word, [])) < len(streams):
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{word} reached {len(street.heard.get(word, []))} streams")
            await asyncio.sleep(0.05)
        if number >= 3:
            delivered += [max(0.0, at - accepted) * 1000 for at in street.heard[word]]
            sent.append(took * 1000)
        await asyncio.sleep(0.2)
    for task in listening:
        task.cancel()
    return delivered, sent


def run(options: Options) -> list[Figure]:
    """The echo first, then Liane with its worker."""
    echo_port = free_port()
    with served([sys.executable, "-m", "bench.plain.echo", str(echo_port)], {}, echo_port):
        echo = asyncio.run(measure(Street(echo_port), [("/live", "")] * MEMBERS, ("/say", ""), {}))
    with scratch("live", options.postgres) as installation:
        made = subprocess.run(
            [sys.executable, "-m", "tests.system.scene", str(MEMBERS)],
            env=installation.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        scene = json.loads(made.stdout.splitlines()[-1])
        port = free_port()
        command = [sys.executable, "-m", "liane", "serve", "--worker", "--port", str(port)]
        watch = quote(f"thread:{scene['thread']}")
        streams = [
            (f"/live?watch={watch}", f"sessionid={key}") for key in scene["sessions"].values()
        ]
        writer = f"sessionid={next(iter(scene['sessions'].values()))}; csrftoken={TOKEN}"
        with served(command, installation.environment, port) as process:
            before = cpu_ms(family(process.pid))
            liane = asyncio.run(
                measure(
                    Street(port),
                    streams,
                    (f"/messages/{scene['thread']}/", writer),
                    {"csrfmiddlewaretoken": TOKEN},
                )
            )
            cost = (cpu_ms(family(process.pid)) - before) / (MESSAGES + 3)
    database = "PostgreSQL" if options.postgres else "SQLite"
    size = f"{MEMBERS} streams, {MESSAGES} messages, {database}"
    rows = (("accepted → shown", 0, "≤ 120 ms"), ("send", 1, "≤ 60 ms"))
    price = Figure("CPU per message, server and worker", cost, "ms", size)
    return [price] + [
        Figure(
            f"{name} {label}",
            percentile(liane[place], share),
            "ms",
            size,
            percentile(echo[place], share),
            "bare asyncio echo",
            goal if share == 0.95 else "",
        )
        for name, place, goal in rows
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


if __name__ == "__main__":
    main(run)
