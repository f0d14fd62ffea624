"""Server-sent events as bytes: what the browser's EventSource reads."""

import json
from dataclasses import asdict
from typing import Any

from liane.core.registry import Fragment

RETRY = b"retry: 1500\n\n"


def event(name: str, data: Any, position: int | None = None) -> bytes:
    """One event. ``position`` becomes the browser's Last-Event-ID."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"id: {position}\n" if position is not None else ""
    return f"{head}event: {name}\ndata: {text}\n\n".encode()


def beat(position: int) -> bytes:
    """Shows that the stream lives, and moves Last-Event-ID on."""
    return event("beat", None, position)


def fragments(pieces: list[Fragment], position: int | None) -> bytes:
    """The pieces of page that one entry brings to one browser."""
    return event("fragments", [asdict(piece) for piece in pieces], position)
