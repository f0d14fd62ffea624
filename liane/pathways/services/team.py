"""Verbs of a project's team: who signs, who is paid, under which number, on which account."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.directory.models import Organisation, Practice
from liane.pathways import bank, catalogue, rules
from liane.pathways.models import Account, Project, Signatory
from liane.pathways.services import projects
from liane.pathways.states import ProjectStatus

AM_LENGTH = 9
"""Figures of a professional's health insurance number."""
SENT = {ProjectStatus.TRANSMITTED, ProjectStatus.RUNNING, ProjectStatus.NOTICE}


@dataclass(frozen=True)
class Joining:
    """Who joins a project, in which profession of its protocol, and who is paid for their acts."""

    practice_id: UUID
    profession: str
    starts_on: dt.date
    employer_id: UUID | None = None
    conventioned: bool = True
    am_number: str = ""
    cpam_number: str = ""
    cpam_asked_on: dt.date | None = None


def add(project_id: UUID, joining: Joining) -> Signatory:
    """A professional enters the team: an amendment, once the project was sent (R.162-135)."""
    with transaction.atomic():
        project = projects.mine(project_id)
        practice = _practice(joining.practice_id)
        _check(project, joining)
        if project.signatories.filter(practice=practice, ends_on=None).exists():
            raise Refused("Déjà signataire de ce projet.", field="practice")
        made: Signatory = Signatory.objects.create(
            project=project, practice=practice, profession=joining.profession,
            payee=Signatory.Payee.EMPLOYER if joining.employer_id else Signatory.Payee.SELF,
            employer_id=joining.employer_id, conventioned=joining.conventioned,
            am_number=joining.am_number, cpam_number=joining.cpam_number.strip(),
            cpam_asked_on=joining.cpam_asked_on, starts_on=joining.starts_on,
            **author_of(acting.current()),
        )  # fmt: skip
        if project.status in SENT:
            projects.amended(
                project, timezone.localdate(), f"arrivée de {practice.professional.name}"
            )
    return made


def sign(signatory_id: UUID, on: dt.date) -> Signatory:
    """The day of a signature: the last one, with the structure's, makes the project signed."""
    with transaction.atomic():
        row = _mine(signatory_id)
        if row.signed_on is not None:
            raise Refused("Cette signature est déjà notée.", field="on")
        row.signed_on = _past(on)
        _changed(row, "signed_on")
        projects.signed_by_all(row.project)
    return row


def sign_all(project_id: UUID, on: dt.date) -> int:
    """Everybody of the team who had not signed did on that day. Returns how many."""
    with transaction.atomic():
        project = projects.mine(project_id)
        rows = list(project.signatories.filter(signed_on=None, ends_on=None))
        if not rows:
            raise Refused("Toutes les signatures sont déjà notées.", code="none")
        for row in rows:
            sign(row.pk, on)
    return len(rows)


def practice_or_none(practice_id: UUID) -> Practice | None:
    """A professional of the directory who still practises there. One query."""
    return (
        Practice.objects.filter(pk=practice_id, ended_on=None, professional__active=True)
        .select_related("professional", "organisation")
        .first()
    )


def tell_order(signatory_id: UUID, on: dt.date) -> Signatory:
    """The order was told of the signature (R.162-132)."""
    with transaction.atomic():
        row = _mine(signatory_id)
        if not needs_order(row):
            raise Refused("Aucun ordre à prévenir pour cette profession.", field="on")
        if row.signed_on is None or on < row.signed_on:
            raise Refused("L’ordre est prévenu une fois le projet signé.", field="on")
        row.order_told_on = _past(on)
        _changed(row, "order_told_on")
    return row


def number(
    signatory_id: UUID, *, am_number: str = "", cpam_number: str = "",
    cpam_asked_on: dt.date | None = None,
) -> Signatory:  # fmt: skip
    """The number under which the CPAM pays: the professional's, or the one it gave (R.162-133)."""
    with transaction.atomic():
        row = _mine(signatory_id)
        row.am_number = _am(am_number) or row.am_number
        row.cpam_number = cpam_number.strip()[:20] or row.cpam_number
        row.cpam_asked_on = cpam_asked_on or row.cpam_asked_on
        _changed(row, "am_number", "cpam_number", "cpam_asked_on")
    return row


def leave(signatory_id: UUID, on: dt.date) -> Signatory:
    """The last day in the team; the acts until then are paid to whoever was to be paid."""
    with transaction.atomic():
        row = _mine(signatory_id)
        if on < row.starts_on:
            raise Refused("Cette date précède l’arrivée.", field="on")
        row.ends_on = on
        _changed(row, "ends_on")
        if row.project.status in SENT:
            projects.amended(
                row.project, timezone.localdate(), f"départ de {row.practice.professional.name}"
            )
    return row


def set_account(
    project_id: UUID, *, iban: str, holder: str, signatory_id: UUID | None = None,
    starts_on: dt.date | None = None,
) -> Account:  # fmt: skip
    """Bank details from a day on: of a signatory, or of the structure. The key is checked."""
    actor = acting.current()
    with transaction.atomic():
        project: Project | None = (
            Project.objects.within(Reach.of(actor)).filter(pk=project_id).first()
        )
        if project is None:
            raise Http404
        if not rules.pays(actor, project.organisation_id):
            raise NotAllowed("Les coordonnées bancaires sont tenues par la facturation.")
        if signatory_id is not None and not project.signatories.filter(pk=signatory_id).exists():
            raise Http404
        good = bank.checked_iban(iban)
        if not holder.strip():
            raise Refused("Écrivez le titulaire du compte.", field="holder")
        row = Account(
            project=project, signatory_id=signatory_id, holder=holder.strip()[:120],
            tail=good[-4:], starts_on=starts_on or timezone.localdate(), **author_of(actor),
        )  # fmt: skip
        row.iban = good
        row.save(force_insert=True)
    return row


def needs_order(row: Signatory) -> bool:
    """The structure tells this professional's order of the signature (R.162-132)."""
    return row.practice.professional.profession in rules.ORDERED


def _check(project: Project, joining: Joining) -> None:
    protocol = catalogue.of_project(project)
    if joining.profession not in {one.code for one in protocol.professions}:
        raise Refused("Choisissez une profession du protocole.", field="profession")
    _am(joining.am_number)
    if (
        joining.employer_id is not None
        and not Organisation.objects.filter(pk=joining.employer_id, active=True).exists()
    ):
        raise Refused("Cet employeur n’est pas dans l’annuaire.", field="employer")


def _am(number: str) -> str:
    plain = number.replace(" ", "").strip()
    if plain and (len(plain) != AM_LENGTH or not plain.isascii() or not plain.isdigit()):
        raise Refused(f"Un numéro d’assurance maladie a {AM_LENGTH} chiffres.", field="am_number")
    return plain


def _practice(practice_id: UUID) -> Practice:
    found = practice_or_none(practice_id)
    if found is None:
        raise Refused("Ce professionnel n’est plus dans l’annuaire.", field="practice")
    return found


def _mine(signatory_id: UUID) -> Signatory:
    actor = acting.current()
    rows = Signatory.objects.within(Reach.of(actor)).select_for_update(of=("self",))
    row: Signatory | None = (
        rows.select_related("project", "practice__professional").filter(pk=signatory_id).first()
    )
    if row is None:
        raise Http404
    rules.require_runs(actor, row.project.organisation_id)
    return row


def _past(on: dt.date) -> dt.date:
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    return on


def _changed(row: Signatory, *fields: str) -> None:
    row.version, row.changed_at = row.version + 1, timezone.now()
    row.save(update_fields=["version", "changed_at", *fields])
