"""What a file of the payer says, line by line. Nothing here touches the database.

Three forms: CSV (columns below), FHIR ClaimResponse, FHIR PaymentReconciliation, alone or in a
Bundle. A line that cannot be read is a problem with its place; the others are kept.
"""

import csv
import datetime as dt
import io
import json
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from liane.bundles.states import LineState
from liane.core.errors import Refused

COLUMNS = ("facture", "ligne", "statut", "montant", "date", "code", "motif", "reference")
OUTCOMES = {
    "paye": LineState.PAID, "payee": LineState.PAID, "payé": LineState.PAID,
    "payée": LineState.PAID, "paid": LineState.PAID, "partiel": LineState.PARTLY,
    "partielle": LineState.PARTLY, "partly": LineState.PARTLY, "rejete": LineState.REJECTED,
    "rejetee": LineState.REJECTED, "rejeté": LineState.REJECTED, "rejetée": LineState.REJECTED,
    "rejected": LineState.REJECTED,
}  # fmt: skip
MOST = 20_000_000
"""Bytes of a file that is read at all."""


@dataclass(frozen=True)
class Said:
    """One statement. ``rank`` None: the whole invoice; ``cents`` None: all that was asked."""

    place: str
    number: str
    rank: int | None
    outcome: LineState
    cents: int | None
    on: dt.date
    code: str = ""
    text: str = ""
    reference: str = ""


@dataclass
class Read:
    """A file, read."""

    form: str
    said: list[Said] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """(where, what and how to mend it)."""


class _Wrong(ValueError):
    """A line that cannot be read; its text is shown."""


def read(content: bytes) -> Read:
    """Read a file in whichever form it is. Raises Refused when it is none of them."""
    if len(content) > MOST:
        raise Refused("Ce fichier dépasse 20 Mo : découpez-le.", field="file")
    text = _text(content)
    if text.lstrip().startswith(("{", "[")):
        return _fhir(text)
    return _csv(text)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


# ------------------------------------------------------------------ CSV


def _csv(text: str) -> Read:
    head, _, _ = text.partition("\n")
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",")
    names = [name.strip().lower() for name in rows.fieldnames or []]
    missing = [name for name in COLUMNS[:5] if name not in names]
    if missing:
        raise Refused(
            f"Ce fichier n’est ni du FHIR ni le CSV attendu : il manque la colonne "
            f"« {missing[0]} ». Colonnes : {', '.join(COLUMNS)}.", field="file",
        )  # fmt: skip
    rows.fieldnames = names
    found = Read("csv")
    try:
        for row in rows:
            place = f"ligne {rows.line_num}"
            if not any((value or "").strip() for value in row.values() if isinstance(value, str)):
                continue
            try:
                found.said.append(_row(place, row))
            except _Wrong as error:
                found.problems.append((place, str(error)))
    except csv.Error:
        found.problems.append((f"ligne {rows.line_num}", "ligne illisible, le reste n’est pas lu"))
    return found


def _row(place: str, row: dict[str, Any]) -> Said:
    value = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    outcome = OUTCOMES.get(value["statut"].lower())
    if outcome is None:
        raise _Wrong(f"statut « {value['statut'][:20]} » inconnu : paye, partiel ou rejete")
    cents = cents_of(value["montant"]) if value["montant"] else None
    if outcome is LineState.PARTLY and cents is None:
        raise _Wrong("un paiement partiel demande un montant")
    return Said(
        place, value["facture"][:40], _rank(value["ligne"]), outcome,
        0 if outcome is LineState.REJECTED else cents, _day(value["date"]), value["code"][:20],
        value["motif"][:300], value["reference"][:80],
    )  # fmt: skip


def cents_of(text: str) -> int:
    """Integer cents of « 1 126,50 », « 1126.5 », « 1126 »."""
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("€", "")
    try:
        value = Decimal(plain.replace(",", ".")) * 100
    except InvalidOperation:
        raise _Wrong(f"montant « {text[:20]} » illisible") from None
    if not value.is_finite() or value != value.to_integral_value() or abs(value) > 10**11:
        raise _Wrong(f"montant « {text[:20]} » : deux décimales au plus")
    return int(value)


def _rank(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 4:
        raise _Wrong(f"numéro de ligne « {text[:10]} » illisible")
    return int(text)


def _day(text: str) -> dt.date:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text[:10], form).date()
        except ValueError:
            continue
    raise _Wrong(f"date « {text[:20]} » illisible : AAAA-MM-JJ ou JJ/MM/AAAA")


# ------------------------------------------------------------------ FHIR


def _fhir(text: str) -> Read:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Refused(f"Ce JSON est illisible : {error}.", field="file") from None
    found = Read("fhir")
    for place, one in _resources(data):
        kind = one.get("resourceType")
        try:
            if kind == "ClaimResponse":
                found.said += _claim_response(place, one)
            elif kind == "PaymentReconciliation":
                found.said += _reconciliation(place, one)
            else:
                found.problems.append((place, f"ressource « {str(kind)[:40]} » non lue"))
        except _Wrong as error:
            found.problems.append((place, str(error)))
        except (KeyError, TypeError, AttributeError, IndexError):
            found.problems.append((place, f"{kind} mal formé : un élément attendu manque"))
    return found


def _resources(data: Any) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(data, dict) and data.get("resourceType") == "Bundle":
        entries = data.get("entry") or []
        return [
            (f"entry[{place}]", one["resource"])
            for place, one in enumerate(entries)
            if isinstance(one, dict) and isinstance(one.get("resource"), dict)
        ]
    if isinstance(data, dict):
        return [(str(data.get("resourceType", "fichier"))[:40], data)]
    raise Refused("Ce JSON n’est pas une ressource FHIR.", field="file")


def _claim_response(place: str, one: dict[str, Any]) -> list[Said]:
    number = one["request"]["identifier"]["value"]
    day = _day(one.get("payment", {}).get("date") or one["created"])
    reference = one.get("payment", {}).get("identifier", {}).get("value", "")
    said = []
    for index, item in enumerate(one.get("item", [])):
        paid, code, text = None, "", ""
        for part in item["adjudication"]:
            if _code(part["category"]) in {"benefit", "paid", "paidtoprovider"}:
                paid = _amount(part["amount"])
            code = _code(part.get("reason", {})) or code
            text = part.get("reason", {}).get("text", "") or text
        if paid is None and not code:
            raise _Wrong(f"item[{index}] sans montant payé ni motif de rejet")
        outcome = LineState.REJECTED if not paid else LineState.PARTLY if code else LineState.PAID
        said.append(
            Said(f"{place}.item[{index}]", str(number)[:40], int(item["itemSequence"]), outcome,
                 paid or 0, day, code[:20], str(text)[:300], str(reference)[:80])
        )  # fmt: skip
    return said


def _reconciliation(place: str, one: dict[str, Any]) -> list[Said]:
    said = []
    reference = one.get("paymentIdentifier", {}).get("value", "")
    for index, part in enumerate(one.get("detail", [])):
        number, _, rank = str(part["request"]["identifier"]["value"]).partition("/")
        day = _day(part.get("date") or one["paymentDate"])
        said.append(
            Said(f"{place}.detail[{index}]", number[:40], _rank(rank), LineState.PAID,
                 _amount(part["amount"]), day, reference=str(reference)[:80])
        )  # fmt: skip
    return said


def _code(concept: dict[str, Any]) -> str:
    codings = concept.get("coding") or [{}]
    return str(codings[0].get("code", ""))


def _amount(money: dict[str, Any]) -> int:
    if money.get("currency", "EUR") != "EUR":
        raise _Wrong(f"monnaie {str(money['currency'])[:5]} : seul l’euro est lu")
    return cents_of(str(money["value"]))
