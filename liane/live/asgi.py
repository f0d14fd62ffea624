"""The ASGI side: `/live` natively, everything else through Django's WSGI application.

An open stream holds no thread and no database connection: one queue, filled by the live loop.
"""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any, cast
from urllib.parse import parse_qs

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
if not settings.configured or not django.apps.apps.ready:
    django.setup()

from django.db import close_old_connections  # noqa: E402
from django.http.request import split_domain_port, validate_host  # noqa: E402

from liane.core.acting import Actor  # noqa: E402
from liane.live import events, sessions  # noqa: E402
from liane.live.listeners import Listener, Listeners  # noqa: E402
from liane.live.loop import LiveLoop  # noqa: E402

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
BEAT = 15.0
"""Seconds of silence after which a sign of life is sent."""
WATCHED = 200
THREADS = 12

listeners = Listeners()
live_loop = LiveLoop(listeners)
_checks = ThreadPoolExecutor(2, thread_name_prefix="live-session")


def _authenticate(key: str) -> Actor | None:
    close_old_connections()
    try:
        return sessions.authenticate(key)
    finally:
        close_old_connections()


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer GET /live."""
    headers = {name.decode("latin1"): value.decode("latin1") for name, value in scope["headers"]}
    domain, _ = split_domain_port(headers.get("host", ""))
    if not validate_host(domain, settings.ALLOWED_HOSTS):
        return await _empty(send, 400)
    if scope["method"] != "GET":
        return await _empty(send, 405)
    loop = asyncio.get_running_loop()
    key = sessions.session_key(headers.get("cookie", ""))
    actor = await loop.run_in_executor(_checks, _authenticate, key)
    if actor is None:
        return await _refuse(send, headers)
    listener = _listener(actor, key, scope, headers, loop)
    await _begin(send)
    await _body(send, events.RETRY)
    listeners.join(listener)
    live_loop.poke()
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await _flow(listener, send, gone)
    finally:
        listeners.leave(listener)
        gone.cancel()


async def _begin(send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _refuse(send: Send, headers: dict[str, str]) -> None:
    """No session: a browser's EventSource, blind to statuses, is told in its own words."""
    if "text/event-stream" not in headers.get("accept", ""):
        return await _empty(send, 401)
    await _begin(send)
    await _body(send, events.event("ended", None), more=False)


def _listener(
    actor: Actor, key: str, scope: Scope, headers: dict[str, str], loop: asyncio.AbstractEventLoop
) -> Listener:
    query = parse_qs(scope.get("query_string", b"").decode("latin1"))
    watch = [name for name in ",".join(query.get("watch", [])).split(",") if name]
    last = headers.get("last-event-id", "")
    after = last or query.get("after", [""])[0]
    since = "" if last else query.get("since", [""])[0]
    return Listener(
        actor=actor,
        session=key,
        watch=frozenset(watch[:WATCHED]),
        after=_number(after),
        since=int(since) / 1000
        if since.isascii() and since.isdigit() and len(since) < 15
        else None,
        loop=loop,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


async def _flow(listener: Listener, send: Send, gone: "asyncio.Future[None]") -> None:
    gone.add_done_callback(lambda _: listener.close())
    while True:
        try:
            async with asyncio.timeout(BEAT):
                data = await listener.queue.get()
        except TimeoutError:
            await _body(send, events.event("beat", None))
            continue
        if data is None:
            if not gone.done():
                await _body(send, b"", more=False)
            return
        while not listener.queue.empty():
            extra = listener.queue.get_nowait()
            if extra is None:
                listener.queue.put_nowait(None)
                break
            data += extra
        await _body(send, data)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(send: Send, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def _empty(send: Send, status: int) -> None:
    headers = [(b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await _body(send, b"", more=False)


def _close_streams_on(sig: int) -> None:
    """A server asked to stop would wait for open streams: close them first, then let it stop."""
    theirs = signal.getsignal(sig)

    def stop(number: int, frame: FrameType | None) -> None:
        live_loop.stop()
        if callable(theirs):
            theirs(number, frame)

    signal.signal(sig, stop)


def _follow_parent() -> None:
    """A serving process ends with the one that started it, however that one ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            _close_streams_on(number)
    threading.Thread(target=_follow_parent, daemon=True).start()
    live_loop.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    live_loop.stop()
    await send({"type": "lifespan.shutdown.complete"})


def _pages() -> Any:
    from a2wsgi import WSGIMiddleware

    from config.wsgi import application as pages

    return WSGIMiddleware(cast(Any, pages), workers=THREADS)


class Application:
    """`/live` here; the rest to ``pages``, or nowhere when streams run alone."""

    def __init__(self, pages: Any = None) -> None:
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] != "http":
            with contextlib.suppress(Exception):
                await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == "/live":
            await stream(scope, receive, send)
        elif self.pages is not None:
            await self.pages(scope, receive, send)
        else:
            await _empty(send, 404)


def together() -> Application:
    """Pages, API and streams on one port."""
    return Application(_pages())


def alone() -> Application:
    """Streams alone, for production."""
    return Application()
