"""liane demo message admission: what the hospital of the demo would send now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from liane.demo import hospital


class Command(BaseCommand):
    """Prints one HL7 v2 message about Mme Dupont, dated now; import it, or send it over MLLP."""

    help = "Imprime un message HL7 v2 de l’hôpital de démonstration, à l’heure qu’il est."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which event, and which stay."""
        parser.add_argument("event", choices=sorted(hospital.EVENTS))
        parser.add_argument("--stay", default="DEMO1", help="messages about one stay share it")

    def handle(self, *args: Any, event: str, stay: str, **options: Any) -> None:
        """Print it as it travels: segments ended by CR."""
        self.stdout.write(hospital.message(event, timezone.localtime(), visit=stay), ending="")
