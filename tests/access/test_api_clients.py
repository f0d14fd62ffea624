"""API clients of the table of rights: within their scopes and the reach of their organisation."""

import json
from typing import Any

import pytest
from django.test import Client

from liane.clients import issuing, services
from liane.clients.models import Client as Application
from liane.clients.scopes import Scopes
from liane.core import acting
from liane.core.models import AccessRow
from liane.fhir.capability import statement
from tests.access.expectations import Kind, may_see
from tests.access.walker import TOKEN, body_of, snapshot
from tests.access.world import World

pytestmark = pytest.mark.django_db
LINE = "API client (system scope)"
SHOWN = {"identity", "agenda", "intervention", "thread"}
"""Areas of which something is seen: the walk is not empty."""
OURS = Kind("api_client", LINE, organisation="msp")
OUTSIDE = Kind("api_outside", LINE, in_circle=False, organisation="other")


def bearer(world: World, kind: Kind, scopes: str = "system/*.cruds") -> dict[str, str]:
    """The header of a machine of the kind's organisation."""
    with acting.acting(acting.system("test")):
        place = world.organisations[kind.organisation]
        name = f"{kind.name} {scopes}"[:100]
        client = Application.objects.filter(name=name).first() or services.register(
            place, name, Application.Kind.BACKEND, scopes
        )
    text = issuing.issue(client, Scopes.parse(scopes), issuing.MACHINE_LIFE)
    return {"Authorization": f"Bearer {text}"}


def questions(world: World) -> list[str]:
    """Every kind of resource searched, plainly and with what hangs to it; both records read."""
    kinds = [one["type"] for one in statement()["rest"][0]["resource"]]
    asked = [f"/fhir/{kind}?_count=200{more}" for kind in kinds for more in ("", "&_include=*")]
    asked.append("/fhir/Patient?_count=200&_revinclude=*")
    for person in world.persons.values():
        asked += [f"/fhir/Patient/{person.pk}", f"/fhir/Patient/{person.pk}/$everything"]
        asked += [f"/fhir/{kind}?patient={person.pk}&_count=200" for kind in kinds]
    return asked


def walk(world: World, headers: dict[str, str]) -> tuple[set[str], list[tuple[str, int]]]:
    """(canaries seen, answers that failed)."""
    browser, seen, failed = Client(raise_request_exception=False), set(), []
    planted = {canary.token.lower() for canary in world.canaries}
    for address in questions(world):
        answer = browser.get(address, headers=headers)
        seen |= planted & {token.lower() for token in TOKEN.findall(body_of(answer))}
        if answer.status_code >= 500:
            failed.append((address, answer.status_code))
    return seen, failed


@pytest.mark.parametrize("kind", [OURS, OUTSIDE], ids=lambda kind: kind.name)
def test_no_answer_shows_what_the_table_of_rights_forbids(world: World, kind: Kind) -> None:
    seen, failed = walk(world, bearer(world, kind))
    allowed = {canary.token.lower() for canary in world.canaries if may_see(kind, canary)}
    told = [c for c in world.canaries if c.token.lower() in seen - allowed]
    assert [(c.area, c.person, c.part, sorted(c.groups), c.masked) for c in told] == []
    assert failed == []
    assert bool(seen) is kind.in_circle
    shown = {canary.area for canary in world.canaries if canary.token.lower() in seen}
    assert shown >= (SHOWN if kind.in_circle else set()), shown
    rows = AccessRow.objects.filter(role="api_client", person_id=world.persons["A"].pk)
    assert rows.filter(channel="api").exists() is kind.in_circle


def test_without_the_scope_nothing_of_a_record_is_shown(world: World) -> None:
    seen, failed = walk(world, bearer(world, OURS, "system/Questionnaire.rs"))
    assert (seen, failed) == (set(), [])


def test_nothing_is_written_on_a_record_out_of_reach(world: World) -> None:
    stranger, other = world.persons["B"], {name: snapshot(world, name) for name in ("A", "B")}
    headers = bearer(world, OUTSIDE)
    browser: Any = Client(raise_request_exception=False)
    for kind in [one["type"] for one in statement()["rest"][0]["resource"]]:
        body = {
            "resourceType": kind, "subject": {"reference": f"Patient/{stranger.pk}"},
            "patient": {"reference": f"Patient/{stranger.pk}"}, "status": "active",
        }  # fmt: skip
        for method, address in (
            ("post", f"/fhir/{kind}"), ("put", f"/fhir/{kind}/{stranger.pk}"),
            ("delete", f"/fhir/{kind}/{stranger.pk}"),
        ):  # fmt: skip
            sent = json.dumps(body | ({"id": str(stranger.pk)} if method == "put" else {}))
            answer = getattr(browser, method)(
                address, sent, content_type="application/fhir+json", headers=headers
            )
            assert 400 <= answer.status_code < 500 or answer.status_code == 201, (method, address)
    assert {name: snapshot(world, name) for name in ("A", "B")} == other
