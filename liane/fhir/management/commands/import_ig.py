"""``liane import ig FILE…``: profiles and value sets of published guides."""

import json
import sys
import tarfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liane.fhir import guides


class Command(BaseCommand):
    """Load; the last line of output is the report, in JSON; exit 1 when anything was rejected."""

    help = "Load implementation guides: an npm package (.tgz), a folder of JSON, or one file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Packages, folders or files."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each, report."""
        total = guides.Report()
        for path in options["files"]:
            try:
                one = guides.load(path)
            except (OSError, tarfile.TarError, EOFError) as error:
                raise CommandError(f"{path}: {error}") from None
            total.created += one.created
            total.updated += one.updated
            total.unchanged += one.unchanged
            total.rejected += one.rejected
        self.stdout.write(json.dumps(vars(total), ensure_ascii=False))
        if total.rejected:
            sys.exit(1)
