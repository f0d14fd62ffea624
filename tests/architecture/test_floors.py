"""The floors of docs/architecture.md: a room imports only what lies below it."""

from pathlib import Path

from importlinter.api import read_configuration
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]


def test_every_room_keeps_to_its_floor(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    result = lint_imports(config_filename=".importlinter", no_cache=True, no_logo=True)
    assert result == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_room_has_a_floor(monkeypatch):
    monkeypatch.chdir(ROOT)
    contract = read_configuration(".importlinter")["contracts_options"][0]
    placed = {name.strip() for layer in contract["layers"] for name in layer.split(":")}
    rooms = {f"liane.{path.parent.name}" for path in ROOT.glob("liane/*/apps.py")}
    assert placed == rooms
