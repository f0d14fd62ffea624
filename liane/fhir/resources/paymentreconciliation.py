"""PaymentReconciliation: one return of the payer, whole: what it paid of which invoices.

To create one is to receive a return, as in the pages: each statement is kept once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from liane.bundles.models import Return, ReturnLine
from liane.circle.reach import Reach
from liane.core import ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import money, people, returned
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param
from liane.fhir.search.references import Identifier, Reference

PAYMENTS = "http://terminology.hl7.org/CodeSystem/payment-type"


class PaymentReconciliationResource(Resource):
    """Returns of the payer to the structure whose accounts one keeps."""

    type = "PaymentReconciliation"
    model = Return
    area = Area.MONEY
    touched = "received_at"
    interactions = READ | {"create"}
    default_sort = "-created"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Date("created", column="received_at", sort="received_at"),
        Reference("requestor", to={"Organization": "organisation_id"}, elements=("requestor",)),
        constant("status", "active"),
        constant("outcome", "complete"),
        Indexed("disposition", of="string", path="PaymentReconciliation.disposition"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Those of the structure."""
        if reach.everything:
            return Return.objects.all()
        if not money.keeps(reach):
            return Return.objects.none()
        return Return.objects.filter(organisation_id__in=reach.actor.holders)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries."""
        lines = _lines(rows)
        known = people.references(row.organisation_id for row in rows)
        return [fhir.cleaned(_return(row, lines.get(row.pk, []), known)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """As it is; the persons whose invoices it names are in the ledger."""
        about = {one.person_id for several in _lines(rows).values() for one in several}
        ledger.read(sorted(about), f"fhir.{self.type}")
        return made

    def create(self, body: Json, refs: Refs) -> Return:
        """Receive what the payer paid."""
        if not fhir.items(body, "detail"):
            raise unprocessable(
                "Say what is paid of which invoice.", "PaymentReconciliation.detail", "required"
            )
        file, report = returned.receive(body)
        if report.kept or report.again:
            return file
        known = ReturnLine.objects.filter(organisation_id=file.organisation_id)
        numbers = {
            str(((one.get("request") or {}).get("identifier") or {}).get("value", ""))
            .partition("/")[0] for one in fhir.items(body, "detail")
        }  # fmt: skip
        first = known.filter(line__invoice__number__in=numbers).select_related("file").first()
        return first.file if first is not None else file


def _lines(rows: Sequence[Return]) -> Mapping[UUID, list[ReturnLine]]:
    found: dict[UUID, list[ReturnLine]] = {}
    said = ReturnLine.objects.filter(file__in=[row.pk for row in rows])
    for one in said.select_related("line__invoice").order_by("position", "pk"):
        found.setdefault(one.file_id, []).append(one)
    return found


def _return(row: Return, lines: Sequence[ReturnLine], known: Any) -> Json:
    reference = next((one.reference for one in lines if one.reference), "")
    last = max((one.on for one in lines), default=row.received_at.date())
    return {
        "status": "active",
        "created": fhir.at(row.received_at),
        "requestor": known.get(row.organisation_id),
        "outcome": "complete",
        "paymentDate": fhir.on(last),
        "paymentAmount": money.euros(sum(one.cents for one in lines)),
        "paymentIdentifier": {"value": reference} if reference else None,
        "detail": [
            {
                "type": fhir.concept(PAYMENTS, "payment"),
                "request": {
                    **(fhir.reference("Claim", one.line.invoice_id) or {}),
                    "identifier": fhir.identifier(
                        money.NUMBER, f"{one.line.invoice.number}/{one.line.rank}"
                    ),
                },
                "date": fhir.on(one.on),
                "amount": money.euros(one.cents),
            }
            for one in lines
        ],
    }
