"""``liane import adt FILE…`` (or ``import hl7``), ``--organisation ID``: messages from files."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from liane.directory.models import Organisation
from liane.exchange.hl7v2.parsing import split_messages
from liane.exchange.intake import receive


class Command(BaseCommand):
    """Apply HL7 v2 messages; the last line of output is the report, in JSON."""

    help = "Apply HL7 v2 messages (ADT, SIU, MDM, ORU) from files, one or many a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, and the hospital that speaks where a message does not say it."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--organisation", metavar="ID")
        parser.add_argument("--quiet", action="store_true", help="only the report")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, tell each message's fate, report. Exit 1 when something was rejected."""
        hospital = _organisation(options["organisation"])
        counts: Counter[str] = Counter()
        rejected: list[dict[str, str]] = []
        for path in options["files"]:
            for where, raw in _messages(path, rejected):
                receipt = receive(raw, channel="file", hospital=hospital)
                if receipt.outcome == "rejected":
                    rejected.append({"where": where, "why": receipt.reason})
                else:
                    counts[receipt.outcome] += 1
                if not options["quiet"]:
                    self.stdout.write(f"{where}: {receipt.outcome} ({receipt.reason})")
        names = ("created", "updated", "unchanged", "queued", "ignored")
        report: dict[str, Any] = {name: counts[name] for name in names}
        self.stdout.write(json.dumps(report | {"rejected": rejected}, ensure_ascii=False))
        if rejected:
            sys.exit(1)


def _messages(path: Path, rejected: list[dict[str, str]]) -> list[tuple[str, bytes]]:
    try:
        found = split_messages(path.read_bytes())
    except OSError as error:
        rejected.append({"where": path.name, "why": error.strerror or "unreadable"})
        return []
    if not found:
        rejected.append({"where": path.name, "why": "no HL7 message"})
    return [(f"{path.name}#{number}", raw) for number, raw in enumerate(found, 1)]


def _organisation(text: str | None) -> Organisation | None:
    if not text:
        return None
    try:
        return Organisation.objects.get(pk=UUID(text))
    except (ValueError, Organisation.DoesNotExist):
        raise CommandError(f"--organisation {text}: no such organisation.") from None
