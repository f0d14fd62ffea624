"""Writing an issued piece: its number, its lines, the sealed copy of whom it is about that day."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.bundles import balance, numbering, payees, standing
from liane.bundles.balance import Money, Payee
from liane.bundles.models import Coverage, Draft, Invoice, InvoiceLine, LineStep, Mark, Sequence
from liane.bundles.models.invoices import Kind
from liane.bundles.states import LineState
from liane.directory.models import Organisation
from liane.pathways.models import Enrolment, Signatory
from liane.patients import ins
from liane.patients.models import Patient

GONE = frozenset({LineState.CANCELLED, LineState.REISSUED})
"""States of a line that another piece settled."""
PAYERS = {
    "cpam": "Caisse primaire d’assurance maladie",
    "ars_fir": "Agence régionale de santé (FIR)",
    "assurance_maladie": "Assurance maladie",
}


def write(draft: Draft, lines: Mapping[Payee, Money], alone: str, who: dict[str, Any]) -> Invoice:
    """The piece and its lines, numbered. Inside the caller's transaction, as a machine: ``who``
    are the columns of whoever issues."""
    one, now = draft.sequence, timezone.now()
    year = timezone.localdate(now).year
    ordinal = numbering.next_number(one.organisation_id, year)
    whole = balance.total(lines.values())
    invoice = Invoice(
        person_id=one.person_id, organisation_id=one.organisation_id, sequence=one,
        enrolment_id=one.enrolment_id, kind=draft.kind, corrects_id=_corrected(draft), year=year,
        ordinal=ordinal, number=numbering.written(year, ordinal), issued_at=now, payer=one.payer,
        payer_label=payer_label(one), protocol=one.protocol, version=one.version,
        title=one.label, opened_on=one.opened_on, closed_on=one.closed_on, cents=whole.cents,
        amo_cents=whole.amo, amc_cents=whole.amc, patient_cents=whole.patient,
        structure=json.dumps(structure(one.organisation_id), ensure_ascii=False),
        settled_number=Mark.objects.get(enrolment_id=one.enrolment_id).number,
        prepared_by_user_id=draft.author_user_id, prepared_by_label=draft.author_label,
        alone=alone, reason=draft.reason, **who,
    )  # fmt: skip
    invoice.insured = json.dumps(insured(one), ensure_ascii=False)
    invoice.save(force_insert=True)
    _lines(invoice, draft, lines, who)
    return invoice


def payer_label(one: Sequence) -> str:
    """Who pays, in words."""
    return PAYERS.get(one.payer, one.payer)


def _lines(
    invoice: Invoice, draft: Draft, lines: Mapping[Payee, Money], who: dict[str, Any]
) -> None:
    labels = payees.names_of({holder for holder, _ in lines})
    numbers = _numbers(invoice.enrolment_id)
    acts = _acts(invoice)
    former = living_lines(draft.corrects_id) if draft.kind == Kind.CREDIT else []
    order = sorted(lines.items(), key=lambda one: (one[0][1] == "structure", labels[one[0][0]]))
    made = []
    for rank, ((holder, role), money) in enumerate(order, 1):
        made.append(
            InvoiceLine(
                invoice=invoice,
                person_id=invoice.person_id,
                organisation_id=invoice.organisation_id,
                rank=rank,
                role=role,
                payee_holder_id=holder,
                payee_label=labels[holder],
                payee_number=numbers.get(holder, ""),
                cents=money.cents,
                amo_cents=money.amo,
                amc_cents=money.amc,
                patient_cents=money.patient,
                acts=" ".join(acts.get((holder, role), [])),
                replaces_id=draft.corrects_id if draft.kind == Kind.REISSUE else None,
            )
        )
    InvoiceLine.objects.bulk_create(made)
    moved = [(line, LineState.CANCELLED) for line in former]
    if draft.kind == Kind.REISSUE:
        moved.append((presented_again(draft), LineState.REISSUED))
    if former:
        moved += [(line, LineState.CANCELLED) for line in made]
    step(moved, f"pièce {invoice.number}", who)


def living_lines(invoice_id: UUID | None) -> list[InvoiceLine]:
    """The lines of an invoice that were neither cancelled nor presented again. Two queries."""
    if invoice_id is None:
        return []
    lines = list(InvoiceLine.objects.filter(invoice_id=invoice_id).order_by("rank"))
    states = standing.states_of([line.pk for line in lines])
    return [line for line in lines if states[line.pk] not in GONE]


def presented_again(draft: Draft) -> InvoiceLine:
    """The rejected line that a draft presents again."""
    found: InvoiceLine = InvoiceLine.objects.filter(pk__in=[draft.corrects_id]).get()
    return found


def step(moved: list[tuple[InvoiceLine, LineState]], reason: str, who: dict[str, Any]) -> None:
    """One dated step for each of these lines."""
    states = standing.states_of([line.pk for line, _ in moved])
    LineStep.objects.bulk_create(
        LineStep(line=line, before=states[line.pk], after=after, reason=reason[:500], **who)
        for line, after in moved
        if states[line.pk] != after
    )


def _corrected(draft: Draft) -> UUID | None:
    if draft.kind == Kind.REISSUE:
        return presented_again(draft).invoice_id
    if draft.kind == Kind.INVOICE:
        return None
    if draft.corrects_id is not None:
        return draft.corrects_id
    first = Invoice.objects.filter(sequence_id=draft.sequence_id).order_by("issued_at", "id")
    return first.values_list("pk", flat=True).first()


def _numbers(enrolment_id: UUID) -> dict[UUID, str]:
    project = Enrolment.objects.values_list("project_id", flat=True).get(pk=enrolment_id)
    rows = Signatory.objects.filter(project_id=project).order_by("starts_on")
    return {one.payee_id: one.number for one in rows if one.number}


def _acts(invoice: Invoice) -> dict[Payee, list[str]]:
    key = (invoice.enrolment_id, invoice.sequence.key)
    return {payee: part.acts for payee, part in balance.of_sequences([key])[key].items()}


def structure(organisation_id: UUID) -> dict[str, str]:
    """The structure as it stands on a piece."""
    one = Organisation.objects.get(pk=organisation_id)
    return {"name": one.name, "finess": one.finess, "siret": one.siret, "address": one.where}


def insured(one: Sequence) -> dict[str, Any]:
    """Whom the piece is about: the beneficiary, the insured's number and rights of that day."""
    person = Patient.objects.get(pk=one.person_id)
    row = Coverage.objects.filter(person_id=one.person_id).order_by("-created_at", "-id").first()
    matricule = ins.of(person) if person.is_qualified else None
    said: dict[str, Any] = {
        "family": person.birth_name, "given": person.given_names, "called": person.usual_name,
        "born_on": person.birth_date.isoformat() if person.birth_date else None,
        "sex": person.sex, "ins": matricule.value if matricule else None,
        "ins_oid": matricule.oid if matricule else None,
    }  # fmt: skip
    if row is not None:
        said |= {
            "insured_number": row.number, "quality": row.quality, "rank": row.rank,
            "amo": row.amo, "amo_name": row.amo_name, "amc": row.amc, "amc_name": row.amc_name,
            "exemption": row.exemption, "seen": row.seen, "seen_on": row.seen_on.isoformat(),
        }  # fmt: skip
    return said
