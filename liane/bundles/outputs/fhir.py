"""The invoice as a FHIR R4 Bundle: Invoice (who is paid what) and Claim (what the payer is asked).

The insured's number stands in Coverage.subscriberId; the INS, when qualified, in Patient: they are
not the same number. Amounts are in euros.
"""

import json
from typing import Any
from uuid import uuid5

from liane.bundles.models import InvoiceLine
from liane.bundles.outputs.content import Content

RPPS = "https://rpps.esante.gouv.fr"
NUMBER = "urn:liane:facture"
AM = "urn:oid:1.2.250.1.215.300.2"
PART = "urn:liane:part"


def render(made: Content) -> bytes:
    """The bundle, UTF-8."""
    return (json.dumps(bundle(made), ensure_ascii=False, indent=2) + "\n").encode()


def bundle(made: Content) -> dict[str, Any]:
    """A collection of the resources, referring to one another inside it."""
    parts = [_patient(made), _organisation(made), _coverage(made), _claim(made), _invoice(made)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": made.invoice.issued_at.isoformat(),
        "identifier": {"system": NUMBER, "value": made.invoice.number},
        "entry": [
            {"fullUrl": f"urn:uuid:{_id(made, part['resourceType'])}", "resource": part}
            for part in parts
        ],
    }


def _id(made: Content, kind: str) -> str:
    return str(uuid5(made.invoice.pk, kind))


def _ref(made: Content, kind: str) -> dict[str, str]:
    return {"reference": f"urn:uuid:{_id(made, kind)}"}


def _euros(cents: int) -> dict[str, Any]:
    return {"value": float(f"{cents / 100:.2f}"), "currency": "EUR"}


def _patient(made: Content) -> dict[str, Any]:
    who = made.insured
    found: dict[str, Any] = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": who["family"], "given": who["given"].split()}],
        "gender": {"F": "female", "M": "male"}.get(who["sex"], "unknown"),
    }
    if who["born_on"]:
        found["birthDate"] = who["born_on"]
    if who["ins"]:
        found["identifier"] = [{"system": f"urn:oid:{who['ins_oid']}", "value": who["ins"]}]
    return found


def _organisation(made: Content) -> dict[str, Any]:
    house = made.structure
    found: dict[str, Any] = {"resourceType": "Organization", "name": house["name"]}
    if house["finess"]:
        found["identifier"] = [{"system": "http://finess.esante.gouv.fr", "value": house["finess"]}]
    return found


def _coverage(made: Content) -> dict[str, Any]:
    who = made.insured
    return {
        "resourceType": "Coverage",
        "status": "active",
        "beneficiary": _ref(made, "Patient"),
        "subscriberId": who.get("insured_number", ""),
        "dependent": str(who.get("rank", 1)),
        "payor": [
            {"identifier": {"value": who.get("amo", "")}, "display": made.invoice.payer_label}
        ],
    }


def _claim(made: Content) -> dict[str, Any]:
    one = made.invoice
    found: dict[str, Any] = {
        "resourceType": "Claim",
        "identifier": [{"system": NUMBER, "value": one.number}],
        "status": "active",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type",
                             "code": "professional"}]},
        "use": "claim",
        "patient": _ref(made, "Patient"),
        "created": one.issued_at.date().isoformat(),
        "provider": _ref(made, "Organization"),
        "priority": {"coding": [{"code": "normal"}]},
        "insurance": [{"sequence": 1, "focal": True, "coverage": _ref(made, "Coverage")}],
        "item": [_item(line) for line in made.lines],
        "total": _euros(one.amo_cents + one.amc_cents),
    }  # fmt: skip
    if one.opened_on and one.closed_on:
        found["billablePeriod"] = {
            "start": one.opened_on.isoformat(), "end": one.closed_on.isoformat(),
        }  # fmt: skip
    if made.corrects:
        found["related"] = [{"claim": {"identifier": {"system": NUMBER, "value": made.corrects}}}]
    return found


def _item(line: InvoiceLine) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sequence": line.rank,
        "productOrService": {
            "coding": [{"system": PART, "code": line.role}], "text": line.payee_label,
        },
        "net": _euros(line.amo_cents + line.amc_cents),
    }  # fmt: skip
    if line.payee_number:
        found["extension"] = [{"url": "urn:liane:numero-paye", "valueString": line.payee_number}]
    return found


def _invoice(made: Content) -> dict[str, Any]:
    one = made.invoice
    return {
        "resourceType": "Invoice",
        "identifier": [{"system": NUMBER, "value": one.number}],
        "status": "issued",
        "subject": _ref(made, "Patient"),
        "issuer": _ref(made, "Organization"),
        "date": one.issued_at.isoformat(),
        "participant": [{"actor": _payee(line)} for line in made.lines],
        "lineItem": [
            {
                "sequence": line.rank,
                "chargeItemCodeableConcept": {"text": line.payee_label},
                "priceComponent": [
                    {"type": "base", "code": {"text": text}, "amount": _euros(cents)}
                    for text, cents in (
                        ("AMO", line.amo_cents), ("AMC", line.amc_cents),
                        ("patient", line.patient_cents),
                    )
                    if cents
                ],
            }
            for line in made.lines
        ],
        "totalGross": _euros(one.cents),
        "totalNet": _euros(one.cents),
    }  # fmt: skip


def _payee(line: InvoiceLine) -> dict[str, Any]:
    found: dict[str, Any] = {"display": line.payee_label}
    if line.payee_number:
        found["identifier"] = {"system": AM, "value": line.payee_number}
    return found
