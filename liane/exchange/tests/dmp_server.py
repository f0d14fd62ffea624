"""A stand-in for the DMP: a PDSm server on a real socket that keeps what it is given."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.serving import serving


class Kept(ThreadingHTTPServer):
    """What the server holds; ``broken`` makes it answer badly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.references: dict[str, dict[str, Any]] = {}
        self.binaries: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.broken = ""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"

    def take(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """ITI-65: keep a document; the answer of the transaction."""
        by_kind = {one["resource"]["resourceType"]: one for one in bundle["entry"]}
        number = str(len(self.references) + 1)
        reference = dict(by_kind["DocumentReference"]["resource"], id=number)
        assert reference["content"][0]["attachment"]["url"] == by_kind["Binary"]["fullUrl"]
        content = base64.b64decode(by_kind["Binary"]["resource"]["data"])
        assert reference["content"][0]["attachment"]["size"] == len(content)
        reference["content"][0]["attachment"]["url"] = f"{self.url}/Binary/{number}"
        self.references[number], self.binaries[number] = reference, content
        made = [f"List/{number}", f"DocumentReference/{number}", f"Binary/{number}"]
        return {
            "resourceType": "Bundle",
            "type": "transaction-response",
            "entry": [{"response": {"status": "201 Created", "location": one}} for one in made],
        }


class _Handler(BaseHTTPRequestHandler):
    server: Kept

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _say(self, content: bytes, kind: str = "application/fhir+json", code: int = 200) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if code == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(content)

    def _badly(self) -> bool:
        if self.server.broken == "500":
            self._say(b"{}", code=500)
        elif self.server.broken == "html":
            self._say(b"<html>", "text/html")
        elif self.server.broken == "list":
            self._say(b"[]")
        elif self.server.broken == "redirect":
            self._say(b"", code=302)
        elif self.server.broken == "refused":
            self._say(json.dumps({
                "resourceType": "Bundle", "entry": [{"response": {"status": "422"}}],
            }).encode())  # fmt: skip
        return bool(self.server.broken)

    def do_POST(self) -> None:  # noqa: N802
        """ITI-65, or a search."""
        body = self._body()
        self.server.asked.append(self.path)
        if self._badly():
            return
        if self.path.endswith("/_search"):
            asked = parse_qs(body.decode())["patient.identifier"][0]
            system, _, value = asked.partition("|")
            found = [
                one for one in self.server.references.values()
                if one["subject"]["identifier"] == {"system": system, "value": value}
            ]  # fmt: skip
            answer = {"resourceType": "Bundle", "entry": [{"resource": one} for one in found]}
            self._say(json.dumps(answer).encode())
        else:
            self._say(json.dumps(self.server.take(json.loads(body))).encode())

    def do_GET(self) -> None:  # noqa: N802
        """ITI-68 and reads."""
        self.server.asked.append(self.path)
        if self._badly():
            return
        kind, _, number = self.path.removeprefix("/fhir/").partition("/")
        if kind == "Binary":
            self._say(self.server.binaries[number], "text/xml")
        else:
            self._say(json.dumps(self.server.references[number]).encode())


@contextmanager
def dmp_server() -> Iterator[Kept]:
    """The stand-in, listening."""
    with serving(Kept()) as server:
        yield server
