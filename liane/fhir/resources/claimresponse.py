"""ClaimResponse: what one return of the payer says of one invoice, line by line.

To create one is to receive a return: the same statement twice is kept once, and the answer is that
of the first. ``request.identifier`` gives the number of the invoice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from liane.bundles.models import Invoice, ReturnLine
from liane.bundles.states import LineState
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import money, people, returned
from liane.fhir.models import Answered
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param
from liane.fhir.search.references import Identifier, Reference

TYPES = "http://terminology.hl7.org/CodeSystem/claim-type"
REASONS = "https://liane.sante/CodeSystem/payer-reason"


class ClaimResponseResource(Resource):
    """Answers of the payer to the invoices of the structure."""

    type = "ClaimResponse"
    model = Answered
    area = Area.MONEY
    person_path = "person_id"
    touched = "received_at"
    interactions = READ | {"create"}
    default_sort = "-created"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("patient",)),
        Reference("request", to={"Claim": "invoice_id"}, elements=("request",)),
        Reference("requestor", to={"Organization": "organisation_id"}, elements=("requestor",)),
        Date("created", column="received_at", sort="received_at"),
        Date("payment-date", column="paid_on", days=True, sort="paid_on"),
        constant("status", "active"),
        constant("use", "claim"),
        constant("outcome", "complete"),
        Indexed("disposition", of="string", path="ClaimResponse.disposition"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Those of the structure whose accounts one keeps."""
        if reach.everything:
            return Answered.objects.all()
        if not money.keeps(reach):
            return Answered.objects.none()
        return Answered.objects.filter(organisation_id__in=reach.actor.holders)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """Five queries."""
        lines = _lines(rows)
        invoices = Invoice.objects.in_bulk([row.invoice_id for row in rows])
        known = people.references(row.organisation_id for row in rows)
        return [
            fhir.cleaned(_answer(row, lines[row.file_id, row.invoice_id],
                                 invoices[row.invoice_id], known))
            for row in rows
        ]  # fmt: skip

    def create(self, body: Json, refs: Refs) -> Answered:
        """Receive what the payer says of one invoice."""
        where = "ClaimResponse.request.identifier"
        number = str(((body.get("request") or {}).get("identifier") or {}).get("value", ""))
        if not number:
            raise unprocessable("The number of the invoice is needed here.", where, "required")
        if not fhir.items(body, "item"):
            raise unprocessable("Say what is paid line by line.", "ClaimResponse.item", "required")
        file, _ = returned.receive(body)
        about = Answered.objects.filter(organisation_id=file.organisation_id)
        invoice = Invoice.objects.get(organisation_id=file.organisation_id, number=number)
        about = about.filter(invoice_id=invoice.pk)
        made = about.filter(file_id=file.pk).first() or about.order_by("-received_at").first()
        assert made is not None  # noqa: S101
        return made


def _lines(rows: Sequence[Answered]) -> Mapping[tuple[UUID, UUID], list[ReturnLine]]:
    found: dict[tuple[UUID, UUID], list[ReturnLine]] = {}
    said = ReturnLine.objects.filter(
        file__in={row.file_id for row in rows}, line__invoice__in={row.invoice_id for row in rows}
    )
    for one in said.select_related("line").order_by("position", "pk"):
        found.setdefault((one.file_id, one.line.invoice_id), []).append(one)
    return found


def _answer(row: Answered, lines: Sequence[ReturnLine], invoice: Invoice, known: Any) -> Json:
    paid = sum(one.cents for one in lines)
    reference = next((one.reference for one in lines if one.reference), "")
    return {
        "status": "active",
        "type": fhir.concept(TYPES, "professional"),
        "use": "claim",
        "patient": fhir.reference("Patient", row.person_id),
        "created": fhir.at(row.received_at),
        "insurer": {"display": invoice.payer_label},
        "requestor": known.get(row.organisation_id),
        "request": {
            **(fhir.reference("Claim", invoice.pk) or {}),
            "identifier": fhir.identifier(money.NUMBER, invoice.number),
        },
        "outcome": "complete",
        "item": [
            {
                "itemSequence": one.line.rank,
                "adjudication": [{
                    "category": fhir.concept(money.ADJUDICATION, "benefit"),
                    "reason": fhir.concept(REASONS, one.code, text=one.text)
                    if one.code or one.outcome == LineState.REJECTED else None,
                    "amount": money.euros(one.cents),
                }],
            }
            for one in lines
        ],
        "payment": {
            "type": fhir.concept("http://terminology.hl7.org/CodeSystem/ex-paymenttype",
                                 "complete"),
            "date": fhir.on(row.paid_on),
            "amount": money.euros(paid),
            "identifier": {"value": reference} if reference else None,
        },
    }  # fmt: skip
