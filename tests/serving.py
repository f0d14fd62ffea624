"""Local servers that stand in for others while a test runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer


@contextmanager
def serving[S: BaseServer](server: S) -> Iterator[S]:
    """It answers meanwhile, in a thread of its own."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
