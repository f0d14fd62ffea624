"""The MLLP listener: frames in, acknowledgements out, each after its commit.

Messages of one connection are handled one after the other, in order; connections share a few
threads, each with its own database connection.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import structlog
from django.db import close_old_connections, connection

from liane.core import signs
from liane.directory.models import Organisation
from liane.exchange.hl7v2 import acks
from liane.exchange.intake import Receipt, receive

log = structlog.get_logger(__name__)
LIMIT = 28_000_000
"""Longest message accepted, in bytes: the largest file that Liane keeps, in Base64."""
THREADS = 4


async def serve(
    host: str,
    port: int,
    *,
    hospital: Organisation | None = None,
    ready: Callable[[int], None] = lambda port: None,
    pool: Executor | None = None,
) -> None:
    """Listen until cancelled or SIGTERM. ``ready`` is told the port (useful with port 0)."""
    pool = pool or ThreadPoolExecutor(THREADS, thread_name_prefix="adt")
    connections: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            connections.add(task)
            task.add_done_callback(connections.discard)
        await _converse(reader, writer, pool, hospital)

    server = await asyncio.start_server(accept, host, port, limit=LIMIT)
    stopped = asyncio.Event()
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    bound = server.sockets[0].getsockname()[1]
    ready(bound)
    alive = asyncio.create_task(_sign(pool, f"{host}:{bound}"))
    try:
        await stopped.wait()
    finally:
        alive.cancel()
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        pool.shutdown()


async def _sign(pool: Executor, where: str) -> None:
    """For the page of the service's state: this listener runs."""
    loop, name = asyncio.get_running_loop(), signs.process("adt")
    while True:
        await loop.run_in_executor(pool, _leave, name, where)
        await asyncio.sleep(signs.EVERY)


def _leave(name: str, where: str) -> None:
    if not connection.in_atomic_block:
        close_old_connections()
    signs.leave(name, words=where)


async def _converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    pool: Executor,
    hospital: Organisation | None,
) -> None:
    loop = asyncio.get_running_loop()
    try:
        while (raw := await _frame(reader)) is not None:
            receipt = await loop.run_in_executor(pool, _handle, raw, hospital)
            writer.write(acks.framed(receipt.ack))
            await writer.drain()
    except (ConnectionError, asyncio.LimitOverrunError):
        log.warning("adt.connection_lost")
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()


async def _frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next message, its marks removed; None at the end of the stream."""
    try:
        framed = await reader.readuntil(b"\x1c")
    except asyncio.IncompleteReadError:
        return None
    start = framed.rfind(acks.START)
    return framed[start + 1 : -1] if start >= 0 else framed[:-1].lstrip(b"\r\n")


def _handle(raw: bytes, hospital: Organisation | None) -> Receipt:
    if not connection.in_atomic_block:
        close_old_connections()
    return receive(raw, channel="mllp", hospital=hospital)
