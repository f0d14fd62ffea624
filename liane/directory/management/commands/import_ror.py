"""``liane import ror FILE``: offers of a repertory (a FHIR Bundle)."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.core import acting
from liane.core.errors import Refused
from liane.directory import ror
from liane.directory.models import Organisation


class Command(BaseCommand):
    """Imports Organization, Location and HealthcareService; the same file twice changes nothing."""

    help = "Importe les offres d’un répertoire (Bundle FHIR : HealthcareService, Location…)."

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Import, print the report, exit 1 when an offer was rejected."""
        try:
            bundle = json.loads(file.read_text(encoding="utf-8-sig"))
            resources = [entry["resource"] for entry in bundle["entry"]]
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except (ValueError, LookupError, TypeError):
            raise CommandError(f"{file}: ce n’est pas un Bundle FHIR.") from None
        counts: Counter[str] = Counter()
        rejected: list[dict[str, str]] = []
        with acting.acting(acting.system("import ror", channel="command")):
            for one in resources:
                if one.get("resourceType") == "HealthcareService":
                    _take(one, resources, counts, rejected)
        report: dict[str, Any] = {
            name: counts[name] for name in ("created", "updated", "unchanged")
        }
        self.stdout.write(json.dumps(report | {"rejected": rejected}, ensure_ascii=False))
        if rejected:
            sys.exit(1)


def _take(
    one: dict[str, Any], resources: list[Any], counts: Counter[str], rejected: list[dict[str, str]]
) -> None:
    try:
        house = _house(one, resources)
        wanted = {
            str(place.get("reference", "")).rpartition("/")[2]
            for field in ("location", "coverageArea")
            for place in one.get(field, [])
        }
        places = [
            place for place in resources
            if place.get("resourceType") == "Location" and place.get("id") in wanted
        ]  # fmt: skip
        counts[ror.take(one, house, places).effect] += 1
    except Refused as refusal:
        rejected.append(
            {"where": f"HealthcareService/{one.get('id', '?')}", "why": refusal.message}
        )
    except (AttributeError, TypeError, LookupError):
        rejected.append({"where": f"HealthcareService/{one.get('id', '?')}", "why": "illisible"})


def _house(one: dict[str, Any], resources: list[Any]) -> Organisation:
    wanted = str(one.get("providedBy", {}).get("reference", "")).rpartition("/")[2]
    for other in resources:
        if other.get("resourceType") == "Organization" and other.get("id") == wanted:
            return ror.structure(other)
    raise Refused("La structure de l’offre n’est pas dans le fichier.", field="providedBy")
