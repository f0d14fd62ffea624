"""An application's own server, real and local: keeps what it is told, answers as asked."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sink(ThreadingHTTPServer):
    """``heard``: (method, path, headers, body) of each call."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer = 200

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    def _heard(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server: Any = self.server
        server.heard.append((self.command, self.path, dict(self.headers), body))
        self.send_response(server.answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = _heard  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
