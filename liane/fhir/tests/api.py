"""An application that calls /fhir in tests, with a real token."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Http

from liane.clients import issuing, services
from liane.clients.models import Client
from liane.clients.scopes import Scopes
from liane.core import acting
from liane.directory.models import Organisation

Json = dict[str, Any]
ALL = "system/*.cruds"


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Json
    headers: Any
    raw: bytes

    @property
    def issues(self) -> list[str]:
        """What an outcome says."""
        return [one["details"]["text"] for one in self.body.get("issue", [])]

    @property
    def found(self) -> list[Json]:
        """The matches of a bundle."""
        return [
            one["resource"] for one in self.body.get("entry", [])
            if one.get("search", {}).get("mode") == "match"
        ]  # fmt: skip

    @property
    def along(self) -> list[Json]:
        """What came along with the matches."""
        return [
            one["resource"] for one in self.body.get("entry", [])
            if one.get("search", {}).get("mode") == "include"
        ]  # fmt: skip

    def link(self, relation: str) -> str:
        """The address of a link of a bundle, from its path on; nothing without one."""
        for one in self.body.get("link", []):
            if one["relation"] == relation:
                return "/fhir/" + one["url"].split("/fhir/", 1)[1]
        return ""


class Api:
    """A machine of an organisation, or (``context``) an application of somebody's."""

    def __init__(
        self, place: Organisation, scopes: str = ALL, *, kind: str = Client.Kind.BACKEND,
        context: Json | None = None,
    ) -> None:  # fmt: skip
        with acting.acting(acting.system("test")):
            name = f"Logiciel {Client.objects.count()}"
            self.client = services.register(place, name, kind, scopes)
        life = issuing.USER_LIFE
        self.token = issuing.issue(self.client, Scopes.parse(scopes), life, context=context)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request. ``headers``: ``if_match="…"`` and so on."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = more.pop("content-type", "application/fhir+json")
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body else ""
        path = path if path.startswith("/fhir") else f"/fhir/{path}"
        answer = Http().generic(
            method, path, data, content_type=kind,
            headers={"Authorization": f"Bearer {self.token}", **more},
        )  # fmt: skip
        raw = answer.content
        is_json = raw.startswith(b"{") and "ndjson" not in answer.headers["Content-Type"]
        return Answer(answer.status_code, json.loads(raw) if is_json else {}, answer.headers, raw)

    def get(self, path: str, **headers: str) -> Answer:
        """Read or search."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """Create, or a form."""
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        """Update."""
        return self.call("PUT", path, body, **headers)


def shared(name: str) -> Path:
    """A file or folder of the published guides; the test is skipped where they are not there."""
    found = Path(__file__).resolve().parents[3].parent / "shared/data/fhir" / name
    if not found.exists():
        pytest.skip(f"../shared/data/fhir/{name} is not beside this checkout")
    return found
