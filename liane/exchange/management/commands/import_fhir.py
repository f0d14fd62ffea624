"""``liane import fhir FILE… [--organisation ID]``: FHIR resources from files."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from liane.core import acting
from liane.directory.models import Organisation
from liane.exchange import fhir_import


class Command(BaseCommand):
    """Import; the last line of output is the report, in JSON; exit 1 when anything was rejected."""

    help = "Import FHIR resources (Bundle, resource or NDJSON): questionnaires for now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, and the organisation that a questionnaire is for (all of them otherwise)."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--organisation", metavar="ID")
        parser.add_argument("--quiet", action="store_true", help="only the report")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, say what was left aside, report."""
        organisation_id = _organisation(options["organisation"])
        with acting.acting(
            acting.system("import fhir", organisation_id=organisation_id, channel="command")
        ):
            report = fhir_import.load(options["files"], organisation_id=organisation_id)
        if not options["quiet"]:
            for remark in report.remarks:
                self.stdout.write(remark)
        self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        if report.rejected:
            sys.exit(1)


def _organisation(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(str(Organisation.objects.get(pk=UUID(text)).pk))
    except (ValueError, Organisation.DoesNotExist):
        raise CommandError(f"--organisation {text}: no such organisation.") from None
