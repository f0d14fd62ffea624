"""Kill -9 of the web server, the worker and the hospital listener, again and again, under load.

Four nurses write in one conversation, a hospital admits and discharges, a phone listens; each
round kills some of the processes at a random moment and starts them again. At the end an invariant
checker reads the database: nothing acknowledged lost, nothing twice, nothing undelivered.

``python -m bench.drills.kill [--rounds 20] [--postgres URL | --no-postgres] [--seed N]`` plays the
rounds on each database, then plays a deliberately naive variant, which must be found at fault.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bench.drills.load import Load
from bench.harness import ROOT, free_port

POSTGRES = "postgresql://postgres@127.0.0.1/postgres"
VICTIMS = (("web",), ("worker",), ("web", "worker"), ("adt",), ("web", "worker", "adt"))
MEMBERS = 4


@dataclass
class Place:
    """A throw-away installation and its three processes."""

    folder: Path
    database_url: str
    naive: bool
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes read."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("LIANE_")}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "LIANE_DATA_DIR": str(self.folder),
            "LIANE_DATABASE_URL": self.database_url,
            "LIANE_DEMO": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def script(self, *words: str, data: str = "") -> dict[str, Any]:
        """Run a module in the installation; the JSON of its last line."""
        done = subprocess.run(
            [sys.executable, "-m", *words],
            env=self.environment,
            cwd=ROOT,
            input=data,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr[-3000:]}")
        lines = done.stdout.strip().splitlines()
        return dict(json.loads(lines[-1])) if lines and lines[-1].startswith("{") else {}

    def start(self, name: str) -> None:
        """Start one process: ``web``, ``worker`` or ``adt``."""
        port = str(self.ports.setdefault(name, free_port()))
        words = {
            "web": ["serve", "--port", port],
            "worker": ["worker"],
            "adt": ["listen", "adt", "--port", port],
        }[name]
        module = "bench.drills.naive" if self.naive else "liane"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                env=self.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kill -9, the process and whatever it started."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def complaints(self) -> dict[str, int]:
        """What the processes complained of, and how often."""
        found: Counter[str] = Counter()
        for path in self.folder.glob("*.log"):
            for line in path.read_text(errors="replace").splitlines():
                if "error" in line.lower():
                    found[f"{path.stem}: {line[30:180].strip()}"] += 1
        return dict(found.most_common(12))

    def answers(self, name: str) -> bool:
        """True when the process accepts connections."""
        try:
            with socket.create_connection(("127.0.0.1", self.ports[name]), 1):
                return True
        except OSError:
            return False


def play(database_url: str, rounds: int, seed: int, *, naive: bool) -> dict[str, Any]:
    """All the rounds on one database. Returns what was done and what was found wrong."""
    chance = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="liane-kill-"))
    place = Place(folder, database_url, naive)
    try:
        place.script("liane", "migrate", "-v", "0")
        scene = place.script("bench.drills.scene", str(MEMBERS))
        for name in ("web", "worker", "adt"):
            place.start(name)
        load = Load(place.ports, scene)
        _until(lambda: place.answers("web") and place.answers("adt"), 90)
        load.start()
        for number in range(rounds):
            before = load.acknowledged
            _until(lambda before=before: load.goes_on(before), 180)
            time.sleep(chance.uniform(0, 0.5))
            victims = VICTIMS[number % len(VICTIMS)]
            for name in victims:
                place.kill(name)
            for name in victims:
                place.start(name)
            print(
                f"  round {number + 1}/{rounds}: killed {', '.join(victims)}; "
                "acknowledged so far: {} messages, {} of the hospital".format(*load.acknowledged),
                flush=True,
            )
        before = load.acknowledged
        _until(lambda: load.goes_on(before), 180)
        load.stop()
        report = place.script("bench.drills.check", data=json.dumps(load.told()))
        load.catch_up(report.pop("messages"))
        report["faults"] += load.faults(report.pop("for_listener"))
        if report["faults"]:
            report["said"] = place.complaints()
        return report
    finally:
        for name in list(place.running):
            place.kill(name)
        shutil.rmtree(folder, ignore_errors=True)


def _until(true: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("the load does not go on: see the logs of the installation")
        time.sleep(0.05)


def _named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def on_postgres(url: str, rounds: int, seed: int, *, naive: bool) -> dict[str, Any]:
    """The same in a database made for it."""
    import psycopg

    name = f"liane_kill_{os.getpid()}"
    with psycopg.connect(_named(url, "postgres"), autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        link.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            return play(_named(url, name), rounds, seed, naive=naive)
        finally:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def main() -> int:
    """Play everything; 0 when the real thing is without fault and the naive one is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--naive-rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--postgres", default=os.environ.get("LIANE_DATABASE_URL") or POSTGRES)
    parser.add_argument("--no-postgres", action="store_true")
    parser.add_argument("--no-sqlite", action="store_true")
    parser.add_argument("--no-naive", action="store_true")
    words = parser.parse_args()
    failed = False
    bases = [] if words.no_sqlite else [("SQLite", "")]
    if not words.no_postgres:
        bases.append(("PostgreSQL", words.postgres))
    for label, url in bases:
        for naive in (False,) if words.no_naive else (False, True):
            rounds = words.naive_rounds if naive else words.rounds
            print(f"{label}{', naive variant' if naive else ''}: {rounds} rounds", flush=True)
            game = on_postgres if url else play
            report = game(url, rounds, words.seed, naive=naive)
            faults = report.pop("faults")
            print(f"  {json.dumps(report, ensure_ascii=False)}")
            print(f"  {dict(Counter(fault.split(': ')[0] for fault in faults))}")
            for fault in [*faults[:5], *faults[5:][-5:]]:
                print(f"  fault: {fault}")
            print(f"  {len(faults)} faults", flush=True)
            failed |= bool(faults) is not naive
    print("drill-kill: FAILED" if failed else "drill-kill: passed", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
