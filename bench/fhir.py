"""The FHIR interface under 8 clients and 2 workers, beside a one-query Django view.

A backend service of a house that follows everybody calls with its token: authorization, reach, the
ledger of reads and row-level security are on. ``--persons 10000`` is the size that goals are
written for. A transaction is ten new persons, each with a message to its circle. Memory is that of
the server's processes and of the database's connections, shared pages counted once.
"""

import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Mapping
from itertools import count
from typing import Any
from uuid import uuid4

from bench import loads
from bench.harness import ROOT, Answer, Client, Figure, Options, Scratch, main, scratch

GOALS = {
    "read": "≥ 500/s", "search by name": "≥ 420/s", "list of 50": "≥ 355/s",
    "CareTeam by patient": "≥ 450/s", "create": "≥ 340/s", "transaction of 20": "≥ 75/s",
}  # fmt: skip
KIND = "application/fhir+json"
Json = dict[str, Any]


def run(options: Options) -> list[Figure]:
    """Measure the yardstick, then the interface, on the same database."""
    persons = options.persons[0]
    with scratch(f"fhir{persons}", options.postgres, keep=options.keep) as installation:
        told = _filled(installation, persons)
        said = ["Banc", "--scope", "system/*.cruds", "--organisation", told["organisation"]]
        token = installation.liane("token", *said).strip()

        async def plan(url: str) -> tuple[list[Client], Mapping[str, loads.Step]]:
            clients = [Client(url) for _ in range(loads.CLIENTS)]
            for one in clients:
                one.headers.append(f"Authorization: Bearer {token}")
            return clients, _steps(told)

        size = f"{told['count']} patients"
        rows, memory = loads.compared(installation, plan, options, size, GOALS)
    goal = "≤ 450 MB"
    return [*rows, Figure("memory of all processes", memory, "MB", rows[0].size, goal=goal)]


def _filled(installation: Scratch, persons: int) -> Json:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "bench.fhir_store", str(persons)], cwd=ROOT, check=True,
        env=installation.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    told: Json = json.loads(done.stdout.splitlines()[-1])
    return told


def _steps(told: Json) -> dict[str, loads.Step]:
    chance = random.Random(1)  # noqa: S311
    persons, talked = told["persons"], told["talked"]

    def get(path: str, choices: list[str]) -> loads.Step:
        def step(client: Client, number: int) -> Awaitable[Answer]:
            return client.request("GET", f"/fhir/{path.format(chance.choice(choices))}")

        return step

    fresh = _fresh(random.Random(uuid4().int))  # noqa: S311

    def create(client: Client, number: int) -> Awaitable[Answer]:
        return client.request("POST", "/fhir/Patient", json.dumps(next(fresh)).encode(), KIND)

    def transaction(client: Client, number: int) -> Awaitable[Answer]:
        entries = [one for _ in range(10) for one in _arrival(next(fresh))]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        return client.request("POST", "/fhir", json.dumps(bundle).encode(), KIND)

    return {
        "read": get("Patient/{}", persons),
        "search by name": get("Patient?name={}&_count=10", told["names"]),
        "list of 50": get("Communication?patient=Patient/{}&_sort=-sent&_count=50", talked),
        "CareTeam by patient": get("CareTeam?patient=Patient/{}", persons),
        "create": create,
        "transaction of 20": transaction,
    }


def _fresh(chance: random.Random):  # type: ignore[no-untyped-def]
    """Persons whom nobody knows, not even a base kept from the run before."""

    def word() -> str:
        return "".join(chance.choices("abcdefghijklmnoprstuvz", k=9)).title()

    for _ in count():
        day = f"{chance.randint(1930, 1999)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        yield {
            "resourceType": "Patient",
            "identifier": [{"system": "urn:oid:1.2.250.1.999", "value": uuid4().hex[:12]}],
            "name": [{"use": "official", "family": word(), "given": [word(), word()]}],
            "gender": "female",
            "birthDate": day,
            "telecom": [{"system": "phone", "value": "0558000001", "use": "home"}],
            "address": [{"line": ["3 rue du Port"], "postalCode": "40100", "city": "Dax"}],
        }


def _arrival(person: Json) -> list[Json]:
    """A new person, and a first message to the circle."""
    address = f"urn:uuid:{uuid4()}"
    message = {
        "resourceType": "Communication",
        "status": "completed",
        "subject": {"reference": address},
        "payload": [{"contentString": "Dossier repris, première visite demain matin."}],
    }
    return [
        {"fullUrl": address, "resource": person, "request": {"method": "POST", "url": "Patient"}},
        {"resource": message, "request": {"method": "POST", "url": "Communication"}},
    ]


if __name__ == "__main__":
    main(run)
