"""What is logged of a failure: its type and where in our code, never its words nor its data.

The message of an exception may quote what somebody typed; the route has no identifier filled in.
"""

import sys
import traceback
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)
ROOT = Path(__file__).resolve().parents[2]
DEEPEST = 4


def where(error: BaseException) -> list[str]:
    """The last places of our own code on the way to the failure, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if (ROOT / "liane") in Path(frame.filename).parents]
    return [
        f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno} {frame.name}"
        for frame in ours[-DEEPEST:]
    ]


def note_request(sender: object, request: Any = None, **_: Any) -> None:
    """A request failed (`got_request_exception`): somebody saw the page of incidents."""
    error = sys.exc_info()[1]
    if error is None:
        return
    match = getattr(request, "resolver_match", None)
    log.error(
        "request_failed",
        error=type(error).__name__,
        where=where(error),
        route=match.route if match is not None else "",
        method=getattr(request, "method", ""),
    )
