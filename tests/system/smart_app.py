"""A tiny SMART application: it launches, exchanges its code and shows whose record it was given."""

import json
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

SCOPE = "openid fhirUser launch launch/patient patient/*.rs"


class App(ThreadingHTTPServer):
    """Listens on the loopback; ``client_id`` is given once it is registered."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client_id = ""
        self.known: dict[str, tuple[str, dict[str, Any]]] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def begin(self, iss: str, launch: str) -> str:
        """The address to which its user is sent."""
        told = json.load(urlopen(f"{iss}/.well-known/smart-configuration"))
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        self.known[state] = (verifier, {**told, "iss": iss})
        proof = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.client_id, "state": state, "aud": iss,
            "redirect_uri": f"{self.url}/retour", "scope": SCOPE, "code_challenge": proof,
            "code_challenge_method": "S256",
        } | ({"launch": launch} if launch else {})  # fmt: skip
        return f"{told['authorization_endpoint']}?{urlencode(asked)}"

    def end(self, said: dict[str, str]) -> str:
        """What it learnt, in one sentence."""
        if "error" in said:
            return f"Refus : {said['error']}"
        verifier, told = self.known.pop(said["state"])
        form = {
            "grant_type": "authorization_code", "code": said["code"], "client_id": self.client_id,
            "redirect_uri": f"{self.url}/retour", "code_verifier": verifier,
        }  # fmt: skip
        given = json.load(urlopen(told["token_endpoint"], urlencode(form).encode()))
        asked = Request(
            f"{told['iss']}/Patient/{given['patient']}",
            headers={"Authorization": f"Bearer {given['access_token']}"},
        )
        person = json.load(urlopen(asked))
        return f"Dossier de {person['name'][0]['family']}"


class _Handler(BaseHTTPRequestHandler):
    server: App

    def do_GET(self) -> None:
        """``/lancer`` and ``/retour``."""
        parts = urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/lancer":
            self.send_response(302)
            self.send_header("Location", self.server.begin(said["iss"], said.get("launch", "")))
            self.end_headers()
            return
        text = self.server.end(said) if parts.path == "/retour" else "Rien"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        page = f"<!doctype html><title>App</title><main><h1>{escape(text)}</h1></main>"
        self.wfile.write(page.encode())

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
