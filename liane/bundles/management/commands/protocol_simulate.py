"""``liane protocol simulate FILE``: a draft priced on the stored history."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from liane.bundles import simulation
from liane.bundles.engine.texts import euros as words
from liane.bundles.outputs.content import euros
from liane.bundles.simulation import Simulation
from liane.core.ids import parse
from liane.pathways.protocols.checking import check
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.reading import MAX_BYTES


class Command(BaseCommand):
    """Exit code 1 when the file is no sound definition: ``liane protocol check`` says why."""

    help = "Chiffre une définition sur l’historique : qui gagne, qui perd, ce qui bloque."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--organisation", help="one structure only, by its identifier")
        parser.add_argument("--until", help="last day that counts (AAAA-MM-JJ), today otherwise")
        parser.add_argument("--json", action="store_true", help="the whole answer as one JSON line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, price, print. Nothing is written; the examples of the file are not run."""
        house = parse(options["organisation"]) if options["organisation"] else None
        if options["organisation"] and house is None:
            raise CommandError(f"--organisation {options['organisation']} : identifiant attendu.")
        found = simulation.run(self._read(options["file"]), _day(options["until"]), house)
        said = json.dumps(_document(found), ensure_ascii=False)
        self.stdout.write(said if options["json"] else "\n".join(_sentences(found)))

    def _read(self, name: str) -> Protocol:
        try:
            with Path(name).open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except (OSError, ValueError):
            raise CommandError(f"{name} : fichier introuvable ou illisible.") from None
        checked = check(text)
        if checked.protocol is None or checked.errors:
            for fault in checked.errors:
                place = f"{fault.field} : " if fault.field else ""
                self.stderr.write(f"{name}:{fault.line}: {place}erreur : {fault.message}")
            sys.exit(1)
        return checked.protocol


def _day(text: str | None) -> dt.date:
    if not text:
        return timezone.localdate()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--until {text} : une date s’écrit AAAA-MM-JJ.") from None


def _document(found: Simulation) -> dict[str, Any]:
    effect = found.effect
    return {
        "protocol": found.protocol.key, "version": found.protocol.version,
        "until": found.until.isoformat(), "enrolments": effect.cases, "acts": effect.acts,
        "before": euros(effect.before), "after": euros(effect.after),
        "gain": effect.gain, "lose": effect.lose, "same": effect.same,
        "payees": [{"name": one.name, "difference": euros(one.cents)} for one in found.movers],
        "blocked": [str(pk) for pk in effect.blocked], "freed": [str(pk) for pk in effect.freed],
        "missing": [
            {"path": path, "what": what, "enrolments": number}
            for path, what, number in found.unpriced
        ],
        "refused": dict(effect.refused), "accepted": dict(effect.accepted),
    }  # fmt: skip


def _sentences(found: Simulation) -> list[str]:
    """The answer for people; enrolments by their identifier, payees by name."""
    effect, title = found.effect, f"{found.protocol.title}, version {found.protocol.version}"
    if not effect.cases:
        return [f"{title} : aucun parcours enregistré sous la clé « {found.protocol.key} »."]
    return [
        f"{title}, sur {effect.cases} parcours et {effect.acts} actes, au {found.until:%d/%m/%Y}.",
        f"Dû aujourd’hui {words(effect.before)}, avec cette version "
        f"{words(effect.after)} ({_moved(found.difference)}).",
        f"Bénéficiaires : {effect.gain} gagnent, {effect.lose} perdent, {effect.same} inchangés.",
        *(f"  {_moved(one.cents)}  {one.name}" for one in found.movers),
        f"Parcours dont une facture serait bloquée : {len(effect.blocked)} ; débloquée : "
        f"{len(effect.freed)}.",
        *(f"  bloqué  {pk}" for pk in effect.blocked),
        *(f"  débloqué  {pk}" for pk in effect.freed),
        *(f"À compléter : {what} ({path}) arrête {number} parcours."
          for path, what, number in found.unpriced),
        *(f"Actes qui seraient refusés, {why} : {number}." for why, number in found.refused),
        *(f"Actes qui seraient comptés, aujourd’hui refusés, {why} : {number}."
          for why, number in found.accepted),
    ]  # fmt: skip


def _moved(cents: int) -> str:
    return f"{'+' if cents > 0 else ''}{words(cents)}"
