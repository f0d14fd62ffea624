"""``liane bundle explain ENROLMENT``: every cent of one enrolment, in sentences."""

from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from liane.bundles import explained, stored
from liane.bundles.explained import View
from liane.bundles.outputs.content import euros
from liane.core import acting
from liane.core.ids import parse


class Command(BaseCommand):
    """Explain one enrolment, as it was settled last. Persons are not named."""

    help = "Every cent of one enrolment: rule, article, interventions; what is refused and why."

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("enrolment", help="identifier of the enrolment")
        parser.add_argument("--json", action="store_true", help="the whole answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print."""
        pk = parse(options["enrolment"])
        with acting.acting(acting.system("liane bundle explain")):
            view = explained.enrolment(pk) if pk else None
        if view is None:
            raise CommandError(
                f"{options['enrolment']} : pas de parcours liquidé sous cet identifiant "
                "(liane bundle settle d’abord)."
            )
        if options["json"]:
            self.stdout.write(orjson.dumps(_document(view)).decode())
            return
        self.stdout.write(f"{view.protocol.title}, version {view.settled.version}")
        self.stdout.write(f"Calcul n° {view.settled.number}, arrêté au {view.settled.until}")
        for said in view.spoken.all():
            self.stdout.write(f"- {said.text}")


def _document(view: View) -> dict[str, Any]:
    return {
        "enrolment": str(view.enrolment.pk),
        "protocol": view.protocol.key,
        "number": view.settled.number,
        "until": view.settled.until.isoformat(),
        "explained": [
            {"text": one.text, "rule": one.rule, "article": one.article,
             "acts": [str(act) for act in one.acts]}
            for one in view.spoken.all()
        ],
        "lines": [
            {"sequence": part.line.sequence, "payee": part.line.payee_label,
             "role": part.line.role, "amount": euros(part.line.cents),
             "amo": euros(part.line.amo_cents), "amc": euros(part.line.amc_cents),
             "patient": euros(part.line.patient_cents), "rule": part.line.rule,
             "article": part.line.article, "difference": part.line.difference,
             "settlement": part.line.settled.number}
            for one in view.sequences for part in one.parts
        ],
        "answer": stored.document(view.answer),
    }  # fmt: skip
