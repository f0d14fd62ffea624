"""Invoice: one issued piece of a bundle (invoice, difference, new presentation, credit note).

The structure's accounts read it whole; the person, her own share of it; whom a line pays, that
line.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet

from liane.bundles.models import Invoice, InvoiceLine
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import money, people
from liane.fhir.resources.base import Json, Resource
from liane.fhir.search.measured import Amount
from liane.fhir.search.params import Custom, Date, Param, Test, Token
from liane.fhir.search.references import Identifier, Reference

KINDS = "https://liane.sante/CodeSystem/invoice-kind"
SHARE = frozenset({"resourceType", "identifier", "status", "type", "subject", "issuer", "date"})
"""What the person reads besides her share."""


def _status(raw: str, modifier: str) -> Test:
    return Test((raw.rsplit("|", 1)[-1],))


def _cancelled(key: Any, leafs: Sequence[Any]) -> Any:
    if key[0] not in {"issued", "cancelled"}:
        return Exists(Invoice.objects.none())
    credit = Exists(Invoice.objects.filter(corrects=OuterRef("pk"), kind="credit"))
    return credit if key[0] == "cancelled" else ~credit


class InvoiceResource(Resource):
    """Issued pieces within reach."""

    type = "Invoice"
    model = Invoice
    area = Area.MONEY
    person_path = "person_id"
    touched = "issued_at"
    interactions = frozenset({"read", "search"})
    default_sort = "-date"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={money.NUMBER: money.held}),
        Reference("patient", to={"Patient": "shown_person"}, elements=("subject",)),
        Reference("subject", to={"Patient": "shown_person"}, elements=("subject",)),
        Reference("issuer", to={"Organization": "organisation_id"}, elements=("issuer",)),
        Date("date", column="issued_at", sort="issued_at"),
        Custom("status", read=_status, build=_cancelled),
        Token("type", column="kind", system=KINDS),
        Amount("totalgross", column="shown_cents", cents=True),
        Amount("totalnet", column="shown_cents", cents=True),
        money.Payee("participant", elements=("participant.actor",), to={
            "PractitionerRole": "shown_payee", "Organization": "shown_payee"}),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Those of the structure whose accounts one keeps; a person's own; those that pay one."""
        found = money.readable(reach)
        credit = Invoice.objects.filter(corrects=OuterRef("pk"), kind="credit")
        rows: QuerySet[Any] = found.annotate(cancelled=Exists(credit))
        return rows

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most four queries."""
        lines = money.lines_of([row.pk for row in rows])
        holders = [one.payee_holder_id for several in lines.values() for one in several]
        known = people.references([*holders, *(row.organisation_id for row in rows)])
        return [fhir.cleaned(_invoice(row, lines.get(row.pk, []), known)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """The parts of others are not the person's to read, nor those of whom another line pays."""
        own = money.parts(rows, actor)
        known = people.references([actor.holder_id, *(row.organisation_id for row in rows)]
                                  if own else [])  # fmt: skip
        return [
            body if row.shown_whole
            else fhir.cleaned(_part(row, own[row.pk], known)) if row.pk in own
            else {name: one for name, one in body.items() if name in SHARE}
            | {"totalNet": money.euros(row.patient_cents)}
            for body, row in zip(made, rows, strict=True)
        ]  # fmt: skip


def _part(row: Any, lines: Sequence[InvoiceLine], known: Any) -> Json:
    """The lines of one payee, and their sum; neither the title of the invoice nor its reason."""
    total = money.euros(sum(one.cents for one in lines))
    subject = fhir.reference("Patient", row.shown_person)
    made = {"resourceType": "Invoice", **_invoice(row, lines, known)}
    return made | {"subject": subject, "cancelledReason": None, "note": None,
                   "totalGross": total, "totalNet": total}  # fmt: skip


def _invoice(row: Invoice, lines: Sequence[InvoiceLine], known: Any) -> Json:
    return {
        "identifier": money.numbered(row.number),
        "status": "cancelled" if getattr(row, "cancelled", False) else "issued",
        "cancelledReason": row.reason if getattr(row, "cancelled", False) else None,
        "type": fhir.concept(KINDS, row.kind, row.get_kind_display()),
        "subject": fhir.reference("Patient", row.person_id),
        "date": fhir.at(row.issued_at),
        "issuer": known.get(row.organisation_id),
        "participant": [{"actor": _payee(one, known)} for one in lines],
        "lineItem": [
            {
                "sequence": one.rank,
                "chargeItemCodeableConcept": fhir.concept(money.PART, one.role,
                                                          text=one.payee_label),
                "priceComponent": [
                    {"type": "base", "code": {"text": text}, "amount": money.euros(cents)}
                    for text, cents in (
                        ("AMO", one.amo_cents), ("AMC", one.amc_cents),
                        ("patient", one.patient_cents),
                    )
                    if cents
                ],
            }
            for one in lines
        ],
        "totalGross": money.euros(row.cents),
        "totalNet": money.euros(row.cents),
        "note": [{"text": row.title}] if row.title else None,
    }  # fmt: skip


def _payee(line: InvoiceLine, known: Any) -> Json:
    made = dict(known.get(line.payee_holder_id) or {"display": line.payee_label})
    if line.payee_number:
        made["identifier"] = {"system": money.AM, "value": line.payee_number}
    return made
