"""Claim, Invoice, ClaimResponse, PaymentReconciliation: the accounts of a structure."""

import pytest

from liane.bundles.models import InvoiceLine, Return, ReturnLine
from liane.bundles.tests.conftest import built
from liane.bundles.tests.test_invoicing import issued, ready
from liane.circle.models import Opposition
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_accounts_of import used_by
from tests import factories as make

pytestmark = pytest.mark.django_db
ready = ready  # noqa: PLW0127  (a fixture of the room, named here)


@pytest.fixture
def house(db):
    return built()


@pytest.fixture
def invoice(ready):
    return issued(ready)


@pytest.fixture
def api(house):
    return Api(house.msp)


def lines(invoice):
    with owner():
        return list(InvoiceLine.objects.filter(invoice=invoice).order_by("rank"))


def response(invoice, *items, day="2026-07-10", reference="VIR1"):
    """What a payer says of one invoice: (line, euros, reason)."""
    return {
        "resourceType": "ClaimResponse",
        "status": "active",
        "type": {"coding": [{"code": "professional"}]},
        "use": "claim",
        "patient": {"reference": f"Patient/{invoice.person_id}"},
        "created": day,
        "insurer": {"display": "CPAM"},
        "request": {"identifier": {"value": invoice.number}},
        "outcome": "complete",
        "disposition": "Traitée",
        "item": [
            {
                "itemSequence": rank,
                "adjudication": [
                    {"category": {"coding": [{"code": "benefit"}]},
                     "amount": {"value": euros, "currency": "EUR"}}
                    | ({"reason": {"coding": [{"code": reason}]}} if reason else {})
                ],
            }
            for rank, euros, reason in items
        ],
        "payment": {
            "type": {"text": "virement"}, "amount": {"value": 1, "currency": "EUR"},
            "date": day, "identifier": {"value": reference},
        },
    }  # fmt: skip


def reconciliation(invoice, *details):
    return {
        "resourceType": "PaymentReconciliation",
        "status": "active",
        "created": "2026-07-10",
        "paymentDate": "2026-07-10",
        "paymentAmount": {"value": 1, "currency": "EUR"},
        "paymentIdentifier": {"value": "VIR9"},
        "detail": [
            {"type": {"text": "paiement"},
             "request": {"identifier": {"value": f"{invoice.number}/{rank}"}},
             "amount": {"value": euros, "currency": "EUR"}}
            for rank, euros in details
        ],
    }  # fmt: skip


def euros(line):
    return (line.amo_cents + line.amc_cents) / 100


def test_an_invoice_and_what_it_asks_of_the_payer(api, house, invoice):
    (shown,) = api.get(f"Invoice?identifier={invoice.number}").found
    assert shown["totalGross"] == {"value": invoice.cents / 100, "currency": "EUR"}
    assert len(shown["lineItem"]) == len(lines(invoice))
    claim = api.get(f"Claim/{invoice.pk}").body
    asked = sum(one.amo_cents + one.amc_cents for one in lines(invoice))
    assert claim["total"]["value"] * 100 == asked
    assert [one["net"]["value"] for one in claim["item"]] == [euros(one) for one in lines(invoice)]
    who = AccessRow.objects.filter(person_id=house.person.pk, resource="fhir.Claim")
    assert who.exists()


@pytest.mark.parametrize(
    "query",
    ["Invoice?identifier=urn:liane:facture|{number}", "Invoice?patient={person}",
     "Invoice?subject=Patient/{person}", "Invoice?issuer=Organization/{house}",
     "Invoice?date=ge2020", "Invoice?status=issued", "Invoice?type=invoice",
     "Invoice?patient.gender=female", "Claim?identifier={number}", "Claim?patient={person}",
     "Claim?provider=Organization/{house}", "Claim?created=ge2020", "Claim?use=claim",
     "Claim?priority=normal", "Claim?_id={key}&_include=Claim:patient"],
)  # fmt: skip
def test_invoices_are_found(api, house, invoice, query):
    query = query.format(number=invoice.number, person=house.person.pk, house=house.msp.pk,
                         key=invoice.pk)  # fmt: skip
    assert [one["id"] for one in api.get(query).found] == [str(invoice.pk)]
    assert Api(make.organisation("Ailleurs", "msp")).get(query).found == []
    assert api.get("Invoice?status=cancelled").found == []


def test_money_is_read_by_who_keeps_the_accounts_and_a_person_reads_her_share(api, house, invoice):
    biller = used_by(house.msp, "yves", f"practice:{house.biller.pk}")
    assert len(biller.get("Invoice").found) == 1
    assert len(biller.get("Claim").found) == 1
    dietician = used_by(house.msp, "lea", f"practice:{house.diet.pk}")
    make.member(house.person, house.diet)
    for kind in ("ClaimResponse", "PaymentReconciliation"):
        assert dietician.get(kind).found == [], kind
    with owner():
        house.person.user = make.user("jeanne", "Jeanne Sarrade")
        house.person.save()
        make.compile_grants(house.person.pk)
    herself = used_by(house.msp, "jeanne", f"person:{house.person.pk}")
    (hers,) = herself.get("Invoice").found
    assert hers["totalNet"]["value"] * 100 == invoice.patient_cents
    assert not {"lineItem", "participant", "totalGross", "note"} & set(hers)
    for kind in ("Claim", "ClaimResponse", "PaymentReconciliation"):
        assert herself.get(kind).found == [], kind


def paid(house, name, place):
    return used_by(house.msp, name, f"practice:{place.pk}")


def test_whom_a_line_pays_reads_that_line_and_its_sum(house, invoice):
    (mine,) = [one for one in lines(invoice) if one.payee_holder_id == house.diet.pk]
    others = [one for one in lines(invoice)
              if one.payee_holder_id not in {house.diet.pk, house.msp.pk}]  # fmt: skip
    assert others
    dietician = paid(house, "lea", house.diet)
    (shown,) = dietician.get("Invoice").found
    assert (shown["id"], shown["identifier"][0]["value"]) == (str(invoice.pk), invoice.number)
    assert [one["sequence"] for one in shown["lineItem"]] == [mine.rank]
    assert shown["totalGross"]["value"] * 100 == mine.cents
    assert [one["actor"]["reference"] for one in shown["participant"]] == [
        f"PractitionerRole/{house.diet.pk}"
    ]
    (claim,) = dietician.get("Claim").found
    assert [one["net"]["value"] for one in claim["item"]] == [euros(mine)]
    assert claim["total"]["value"] == euros(mine)
    for one in others:
        assert one.payee_label not in dietician.get("Invoice").raw.decode()
        assert one.payee_label not in dietician.get(f"Claim/{invoice.pk}").raw.decode()
    patient = f"Patient/{house.person.pk}"
    assert (shown["subject"]["reference"], claim["patient"]["reference"]) == (patient, patient)
    assert len(dietician.get(f"Invoice?patient={house.person.pk}").found) == 1
    # Out of her reach, the line stays hers, and no longer says whose it is.
    with owner():
        Opposition.objects.create(person=house.person, practice=house.diet)
        make.compile_grants(house.person.pk)
    (left,) = dietician.get("Invoice").found
    assert "subject" not in left
    assert left["totalGross"] == shown["totalGross"]
    assert "reference" not in dietician.get("Claim").found[0]["patient"]
    assert str(house.person.pk) not in dietician.get("Invoice?_include=*").raw.decode()
    assert dietician.get(f"Invoice?patient={house.person.pk}").found == []
    who = AccessRow.objects.filter(person_id=house.person.pk, resource="fhir.Invoice")
    assert who.exists()


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("identifier={number}", True), ("participant=PractitionerRole/{me}", True),
     ("participant=PractitionerRole/{other}", False), ("participant:missing=false", True),
     ("totalgross={mine}", True), ("totalgross={whole}", False), ("date=ge2020", True),
     ("participant:PractitionerRole._id={me}", True),
     ("participant:PractitionerRole._id={other}", False)],
)  # fmt: skip
def test_no_search_of_a_payee_tells_of_the_parts_of_others(house, invoice, query, is_found):
    (mine,) = [one for one in lines(invoice) if one.payee_holder_id == house.diet.pk]
    query = query.format(number=invoice.number, me=house.diet.pk, other=house.psy.pk,
                         mine=mine.cents / 100, whole=invoice.cents / 100)  # fmt: skip
    found = paid(house, "lea", house.diet).get(f"Invoice?{query}")
    assert (found.status, bool(found.found)) == (200, is_found), found.body
    outside = paid(house, "tess", house.outside)
    assert outside.get(f"Invoice?participant=PractitionerRole/{house.diet.pk}").found == []


def test_who_is_paid_by_nothing_reads_nothing(house, invoice):
    other = make.practice("olga", of=house.msp)
    reader = paid(house, "olga", other)
    for kind in ("Invoice", "Claim"):
        assert reader.get(kind).found == []
        assert reader.get(f"{kind}/{invoice.pk}").status == 404


def test_an_answer_of_the_payer_is_kept_once_and_read_back(api, house, invoice):
    first, second = lines(invoice)[:2]
    body = response(invoice, (first.rank, euros(first), ""), (second.rank, 0, "42"))
    made = api.post("ClaimResponse", body)
    assert made.status == 201, made.body
    read = api.get(f"ClaimResponse/{made.body['id']}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    with owner():
        paid, refused = ReturnLine.objects.order_by("line__rank")
        assert (paid.cents, paid.outcome, refused.code) == (
            first.amo_cents + first.amc_cents, "paid", "42",
        )  # fmt: skip
    again = api.post("ClaimResponse", body)
    assert (again.status, again.body["id"]) == (201, read["id"])
    same = api.post("ClaimResponse", {**body, "disposition": "Traitée deux fois"})
    assert same.body["id"] == read["id"]
    with owner():
        assert ReturnLine.objects.count() == 2
    for query in (f"request=Claim/{invoice.pk}", f"patient={house.person.pk}", "outcome=complete",
                  "payment-date=2026-07-10", "created=ge2020", "status=active", "use=claim",
                  "disposition=traitee", f"requestor=Organization/{house.msp.pk}",
                  f"request.identifier={invoice.number}"):  # fmt: skip
        found = api.get(f"ClaimResponse?{query}").found
        assert [one["id"] for one in found] == [read["id"]], query
    assert len(api.get(f"Claim?_id={invoice.pk}&_revinclude=ClaimResponse:request").along) == 1
    assert Api(make.organisation("Ailleurs", "msp")).get("ClaimResponse").found == []


def test_a_csv_return_of_the_pages_reads_as_fhir_too(api, house, invoice):
    from liane.bundles.tests.test_returns import HEAD, received, row

    first = lines(invoice)[0]
    received(house, HEAD + row(invoice.number, first.rank, "paye"))
    (answer,) = api.get("ClaimResponse").found
    assert answer["request"]["reference"] == f"Claim/{invoice.pk}"
    assert answer["item"][0]["itemSequence"] == first.rank
    (whole,) = api.get("PaymentReconciliation").found
    assert whole["detail"][0]["request"]["identifier"]["value"] == f"{invoice.number}/{first.rank}"
    noted = AccessRow.objects.filter(
        person_id=house.person.pk, resource="fhir.PaymentReconciliation"
    )
    assert noted.exists()


def test_payments_are_kept_once(api, house, invoice):
    first = lines(invoice)[0]
    body = reconciliation(invoice, (first.rank, euros(first)))
    made = api.post("PaymentReconciliation", body)
    assert made.status == 201, made.body
    assert api.post("PaymentReconciliation", body).body["id"] == made.body["id"]
    with owner():
        assert (Return.objects.count(), ReturnLine.objects.count()) == (1, 1)
    for query in ("created=ge2020", "status=active", "outcome=complete",
                  f"requestor=Organization/{house.msp.pk}"):  # fmt: skip
        assert len(api.get(f"PaymentReconciliation?{query}").found) == 1, query


@pytest.mark.parametrize("change", ["number", "line", "item", "currency"])
def test_what_is_not_understood_leaves_nothing(api, invoice, change):
    first = lines(invoice)[0]
    body = response(invoice, (first.rank, euros(first), ""))
    if change == "number":
        body["request"]["identifier"]["value"] = "F-0"
    elif change == "line":
        body["item"].append({**body["item"][0], "itemSequence": 99})
    elif change == "item":
        del body["item"]
    else:
        body["item"][0]["adjudication"][0]["amount"]["currency"] = "USD"
    answer = api.post("ClaimResponse", body)
    assert answer.status == 422, answer.body
    assert answer.issues
    with owner():
        assert not Return.objects.exists()


def test_a_professional_brings_no_return(house, invoice):
    dietician = used_by(house.msp, "lea", f"practice:{house.diet.pk}")
    first = lines(invoice)[0]
    body = response(invoice, (first.rank, euros(first), ""))
    assert dietician.post("ClaimResponse", body).status == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [("Invoice?totalgross={total}", True), ("Invoice?totalgross=gt{total}", False),
     ("Invoice?totalnet=ge{total}", True), ("Invoice?totalnet=lt{total}", False),
     ("Invoice?participant=PractitionerRole/{payee}", True), ("Claim?status=active", True),
     ("Claim?status=cancelled", False), ("Claim?payee=PractitionerRole/{payee}", True)],
)  # fmt: skip
def test_amounts_payees_and_states_are_searched(api, house, invoice, query, found):
    query = query.format(total=f"{invoice.cents / 100:.2f}", payee=house.diet.pk)
    assert bool(api.get(query).found) == found, query
