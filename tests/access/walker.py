"""Walking every URL as every actor, and telling what went wrong."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from liane.accounts import second_factor
from liane.accounts.models import User
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.messaging import links
from tests.access.expectations import Kind, may_see
from tests.access.world import World

Choice = Callable[[str], bool]
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
TOKEN = re.compile(r"zqx[a-j]{4}", re.IGNORECASE)
SKIPPED = re.compile(r"^(connexion|compte|deconnexion|static|live|demo|accounts|_allauth)")
"""Signing in and out: tested in `liane.accounts` and `liane.demo`; they show no person."""


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every route of the project as a template of URL."""
    for item in (resolver or get_resolver()).url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routes(item, route)
        elif isinstance(item, URLPattern) and not SKIPPED.match(route):
            yield route


def everywhere(route: str) -> bool:
    """Every route: the long tier."""
    return True


def sample_for(name: str) -> Choice:
    """A third of the routes, the same each time; three actors side by side see them all."""
    return lambda route: crc32(f"{name} {route}".encode()) % 3 == 0


def record_pages(route: str) -> bool:
    """The pages that show what a record holds."""
    return route.startswith(("personnes/", "portail", "messages")) or not route


def past_pages(route: str) -> bool:
    """The pages of one's own past: records left, and one's own accesses."""
    return route.startswith(("parametres/dossiers-quittes", "parametres/mes-acces"))


def link_pages(route: str) -> bool:
    """The pages behind signed links."""
    return "lien/<str:token>" in route


def addresses(world: World, person: str, chosen: Choice) -> Iterator[tuple[str, str]]:
    """(route, URL) for each chosen route, its parameters filled with one person's objects."""
    for route in sorted(set(filter(chosen, routes()))):
        url, missing = "/" + route, False
        for found in PARAMETER.finditer(route):
            converter, name = found.groups()
            here = world.objects.get(route[: found.start()] + name) or world.objects.get(name, {})
            value = here.get(person)
            if value is None and converter in {"uuid", ""}:
                missing = True
                break
            url = re.sub(rf"<(?:\w+:)?{name}>", str(value or "x"), url, count=1)
        if not missing:
            yield route, url


def unfilled(world: World) -> set[str]:
    """Parameters of routes that the world has no object for."""
    names = {name for route in routes() for _, name in PARAMETER.findall(route)}
    return names - set(world.objects)


def client_of(world: World, kind: Kind) -> Client:
    """A client signed in as ``kind``, or past the codes of its signed links."""
    client = Client(raise_request_exception=False)
    if kind.line == "outsider by signed link":
        for path, link in world.doors[kind.own]:
            client.post(f"{path}code/", {"code": links.new_code(link)})
    elif kind.name != "anonymous":
        account = User.objects.get(username=kind.name)
        client.force_login(account, backend="liane.accounts.backend.AccountBackend")
        session = client.session
        second_factor.remember(session, str(account.pk), "totp")
        session.save()
    return client


def body_of(response: Any) -> str:
    """Everything an answer says: headers and body, streamed or not."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    return headers + content.decode("utf-8", "replace")


def snapshot(world: World, person: str) -> dict[str, int]:
    """The number of rows that belong to a person, by table, and the person's own columns."""
    identifier = world.persons[person].pk
    counted = {}
    with owner():
        for model in apps.get_models():
            names = {field.attname for field in model._meta.concrete_fields}
            if getattr(model, "guarded", False) and "person_id" in names:
                counted[model._meta.label] = hash(
                    tuple(
                        sorted(
                            str(row)
                            for row in model._base_manager.filter(
                                person_id=identifier
                            ).values_list()
                        )
                    )
                )
        own = type(world.persons[person])._base_manager.filter(pk=identifier).values_list().get()
        counted["patients.Patient"] = hash(str(own))
    return counted


@dataclass
class Verdict:
    """What a walk found: everything here is a fault, but ``cases``."""

    cases: int = 0
    seen: set[str] = field(default_factory=set)
    failures: list[tuple[str, int]] = field(default_factory=list)
    leaks: list[tuple[str, list[tuple[Any, ...]]]] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    changed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def faults(self) -> list[Any]:
        """All of them."""
        return [*self.failures, *self.leaks, *self.unrecorded, *self.changed]


def read_everything(
    world: World, kind: Kind, chosen: Choice = everywhere, *, until_fault: bool = False
) -> Verdict:
    """GET every chosen address of both persons as ``kind``, or until something is wrong."""
    client, verdict = client_of(world, kind), Verdict()
    planted = {canary.token.lower() for canary in world.canaries}
    allowed = {canary.token.lower() for canary in world.canaries if may_see(kind, canary)}
    for person in ("A", "B"):
        # Reading who opened a record is not a reading of that record.
        mine = {
            canary.token.lower()
            for canary in world.canaries
            if canary.person == person and canary.area != "access_ledger"
        }
        recorded = AccessRow.objects.filter(person_id=world.persons[person].pk)
        for route, url in addresses(world, person, chosen):
            if until_fault and verdict.faults:
                return verdict
            before = recorded.count()
            response = client.get(url)
            # A random nonce may look like a token: only those that were planted count.
            found = planted & {token.lower() for token in TOKEN.findall(body_of(response))}
            verdict.cases += 1
            verdict.seen |= found
            if response.status_code >= 500:
                verdict.failures.append((route, response.status_code))
            if found - allowed:
                told = [c for c in world.canaries if c.token.lower() in found - allowed]
                verdict.leaks.append(
                    (route, [(c.area, c.person, c.part, sorted(c.groups)) for c in told])
                )
            if found & mine and kind.name != "anonymous" and recorded.count() == before:
                verdict.unrecorded.append(route)
    return verdict


def write_everything(world: World, kind: Kind, chosen: Choice = everywhere) -> Verdict:
    """POST a plausible form to every chosen address of the persons out of the actor's reach."""
    client, verdict = client_of(world, kind), Verdict()
    for person in sorted({"A", "B"} - ({kind.own} if kind.in_circle else set())):
        before = snapshot(world, person)
        for route, url in addresses(world, person, chosen):
            form = {
                name: str(values[person])
                for name, values in world.objects.items()
                if person in values
            }
            form |= {"text": "x", "name": "x", "reason": "x", "answer": "agrees", "title": "x"}
            response = client.post(url, form)
            verdict.cases += 1
            if response.status_code >= 500:
                verdict.failures.append((route, response.status_code))
        after = snapshot(world, person)
        verdict.changed += [(person, label) for label in after if after[label] != before[label]]
    return verdict
