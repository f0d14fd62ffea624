"""liane demo personas: one JSON object a line."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from liane.demo.queries import personas


class Command(BaseCommand):
    """List the personas: username, name, role, organisation."""

    help = "Lists the demo's personas, one JSON object a line."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them."""
        for persona in personas():
            self.stdout.write(json.dumps(persona.as_row(), ensure_ascii=False))
