"""Claim: what an invoice of a bundle asks of the payer, line by line.

Read by the accounts of its structure; by whom a line pays, that line.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet

from liane.bundles.models import Invoice, InvoiceLine
from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.routes import PORTAL_ROLES
from liane.fhir import building as fhir
from liane.fhir import money, people
from liane.fhir.resources.base import Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Test
from liane.fhir.search.references import Identifier, Reference

TYPES = "http://terminology.hl7.org/CodeSystem/claim-type"
PRIORITIES = "http://terminology.hl7.org/CodeSystem/processpriority"


def read_status(raw: str, modifier: str) -> Test:
    """``active``, ``cancelled`` (by a credit note)."""
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"active", "cancelled"} else Test(NOTHING)


def in_status(key: Any, leafs: Sequence[Any]) -> Any:
    """Cancelled by a credit note, or not."""
    credit = Exists(Invoice.objects.filter(corrects=OuterRef("pk"), kind="credit"))
    return credit if key[0] == "cancelled" else ~credit


class ClaimResource(Resource):
    """Invoices of the structure, as the payer is asked."""

    type = "Claim"
    model = Invoice
    area = Area.MONEY
    person_path = "person_id"
    touched = "issued_at"
    interactions = frozenset({"read", "search"})
    default_sort = "-created"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={money.NUMBER: money.held}),
        Reference("patient", to={"Patient": "shown_person"}, elements=("patient",)),
        Reference("provider", to={"Organization": "organisation_id"}, elements=("provider",)),
        Date("created", column="issued_at", sort="issued_at"),
        Custom("status", read=read_status, build=in_status),
        money.Payee("payee", elements=(), to={
            "PractitionerRole": "shown_payee", "Organization": "shown_payee"}),
        constant("use", "claim"),
        constant("priority", "normal"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Those of the structure whose accounts one keeps, and those that pay one; a credit note
        asks for nothing, and a person is asked nothing here."""
        found = money.readable(reach).exclude(kind="credit")
        if reach.actor.role in PORTAL_ROLES and not reach.everything:
            found = found.none()
        credit = Invoice.objects.filter(corrects=OuterRef("pk"), kind="credit")
        rows: QuerySet[Any] = found.annotate(cancelled=Exists(credit))
        return rows

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most four queries."""
        lines = money.lines_of([row.pk for row in rows])
        known = people.references(row.organisation_id for row in rows)
        return [fhir.cleaned(_claim(row, lines.get(row.pk, []), known)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """Whom a line pays reads that line."""
        own = money.parts(rows, actor)
        known = people.references(row.organisation_id for row in rows) if own else {}
        return [
            body if row.shown_whole else fhir.cleaned(_part(row, own.get(row.pk, []), known))
            for body, row in zip(made, rows, strict=True)
        ]


def _part(row: Any, lines: Sequence[InvoiceLine], known: Any) -> Json:
    """The lines of one payee, and their sum."""
    patient = fhir.reference("Patient", row.shown_person) or {"display": "hors de votre cercle"}
    asked = sum(one.amo_cents + one.amc_cents for one in lines)
    made = {"resourceType": "Claim", **_claim(row, lines, known)}
    return made | {"patient": patient, "related": None, "billablePeriod": None,
                   "total": money.euros(asked)}  # fmt: skip


def _claim(row: Invoice, lines: Sequence[InvoiceLine], known: Any) -> Json:
    related = None
    if row.corrects is not None:
        related = [{"claim": fhir.reference("Claim", row.corrects_id, row.corrects.number)}]
    return {
        "identifier": money.numbered(row.number),
        "status": "cancelled" if getattr(row, "cancelled", False) else "active",
        "type": fhir.concept(TYPES, "professional"),
        "use": "claim",
        "patient": fhir.reference("Patient", row.person_id),
        "billablePeriod": {"start": fhir.on(row.opened_on), "end": fhir.on(row.closed_on)},
        "created": fhir.at(row.issued_at),
        "insurer": {"display": row.payer_label},
        "provider": known.get(row.organisation_id),
        "priority": fhir.concept(PRIORITIES, "normal"),
        "related": related,
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": row.payer_label}}],
        "item": [
            {
                "sequence": one.rank,
                "productOrService": fhir.concept(money.PART, one.role, text=one.payee_label),
                "net": money.euros(one.amo_cents + one.amc_cents),
            }
            for one in lines
        ],
        "total": money.euros(row.amo_cents + row.amc_cents),
    }
