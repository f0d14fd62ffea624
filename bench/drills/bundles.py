"""Kill -9 during settlement, issue and import, again and again, on both databases.

Each step runs in processes of its own that are killed at a random moment and started again until
the work is done; issuing is done by two processes at once. Then every invariant is checked: no gap
and no double in the numbers, nothing acknowledged lost, no half settlement, each line answered once.

``python -m bench.drills.bundles [--persons 40] [--kills 8] [--seed N] [--no-postgres]``.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.drills.kill import POSTGRES, Place, _named
from bench.harness import ROOT

WORK = "bench.drills.bundle_work"


class Worker:
    """One process and what it acknowledged."""

    def __init__(self, place: Place, *words: str) -> None:
        self.place, self.words, self.said = place, words, []
        self.log = place.folder / f"{'-'.join(words)}.out"
        self.start()

    def start(self) -> None:
        """Start it (again); its output is added to the same file."""
        with self.log.open("ab") as out, (self.place.folder / "errors.log").open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", WORK, *self.words],
                env=self.place.environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=out, stderr=errors, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill -9."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def lines(self) -> list[dict[str, Any]]:
        """What it acknowledged: whole lines alone."""
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


def play(url: str, persons: int, kills: int, seed: int) -> dict[str, Any]:
    """The whole drill in one installation."""
    chance = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="liane-bundles-"))
    place = Place(folder, url, naive=False)
    try:
        place.script("liane", "migrate", "-v", "0")
        place.script(WORK, "scene", str(persons))
        killed = _through([Worker(place, "settle")], kills, chance)
        issuing = [Worker(place, "issue", str(number)) for number in range(2)]
        killed += _through(issuing, kills, chance)
        killed += _through([Worker(place, "import")], kills, chance)
        issued = [one["issued"] for worker in issuing for one in worker.lines()]
        report = place.script(WORK, "check", data=json.dumps(issued))
        return report | {"killed": killed, "acknowledged": len(issued)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _through(workers: list[Worker], kills: int, chance: random.Random) -> int:
    """Kill one at a random moment, start it again, then let them finish. Returns the kills."""
    done = 0
    for _ in range(kills):
        # Starting Django takes most of two seconds: the kill falls before, inside or after.
        time.sleep(chance.uniform(0.5, 4.0))
        alive = [one for one in workers if one.process.poll() is None]
        if not alive:
            break
        victim = chance.choice(alive)
        victim.kill()
        done += 1
        victim.start()
    deadline = time.monotonic() + 300
    for one in workers:
        while one.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        if one.process.returncode:
            errors = (one.place.folder / "errors.log").read_text()[-2000:]
            raise RuntimeError(f"{one.words}: exit {one.process.returncode}\n{errors}")
    return done


def on_postgres(url: str, persons: int, kills: int, seed: int) -> dict[str, Any]:
    """The same in a database made for it."""
    import psycopg

    name = f"liane_bundles_{os.getpid()}"
    with psycopg.connect(_named(url, "postgres"), autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            return play(_named(url, name), persons, kills, seed)
        finally:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def main() -> int:
    """Both databases; 0 when nothing is at fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=40)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--postgres", default=os.environ.get("LIANE_DATABASE_URL") or POSTGRES)
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--no-sqlite", action="store_true")
    words = parser.parse_args()
    faults = 0
    bases = [] if words.no_sqlite else [("SQLite", "")]
    if not words.no_postgres:
        bases.append(("PostgreSQL", words.postgres))
    for label, url in bases:
        game = on_postgres if url else play
        report = game(url, words.persons, words.kills, words.seed)
        print(f"{label}: {json.dumps(report, ensure_ascii=False)}", flush=True)
        faults += len(report["faults"])
    print("drill-bundles: FAILED" if faults else "drill-bundles: passed", flush=True)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
