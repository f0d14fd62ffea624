"""Rows of the pathways in the access matrix: an enrolment for each person, its facts, its acts."""

import datetime as dt

from django.utils import timezone

from liane.interventions.models import Intervention
from liane.pathways.models import (
    Answer,
    Confirmation,
    Counted,
    Enrolment,
    EnrolmentEvent,
    Project,
    ProtocolVersion,
    Rights,
    Session,
    SharingAgreement,
    Signatory,
    SlotEvent,
    SlotPart,
    SlotProposal,
)
from liane.pathways.tests.conftest import text_of
from tests.access.world import World, planter

GROUPS = frozenset({"team", "person"})


@planter
def plant(world: World) -> None:
    """A project of the MSP, a project of a stranger; one person in each."""
    for name, place, doctor in (("A", "msp", "doctor"), ("B", "hospital", "zoe")):
        _pathway(world, name, place, doctor)


def _pathway(world: World, name: str, place: str, doctor: str) -> None:
    house, person = world.organisations[place], world.persons[name]
    who = world.practices[doctor]
    author = {"author_holder_id": who.pk, "author_organisation_id": house.pk}
    version = ProtocolVersion.objects.create(
        organisation=house, key="essai", number="2026-01", text=text_of(), status="published",
        published_at=timezone.now(),
    )  # fmt: skip
    project = Project.objects.create(
        organisation=house, category="msp", protocol_key="essai", protocol_version="2026-01",
        title="Parcours d’essai", status="running",
    )  # fmt: skip
    agreed = SharingAgreement.objects.create(
        project=project, starts_on=timezone.localdate(), governs="start",
        key='{"label": "Clé", "article": "essai", "remainder": "acts"}', **author,
    )  # fmt: skip
    world.add("agreement_id", name, agreed.pk)
    signatory = Signatory.objects.create(
        project=project, practice=who, profession="dieteticien",
        starts_on=timezone.localdate() - dt.timedelta(90),
    )  # fmt: skip

    def canary(area: str, **more: object) -> str:
        return world.canary(area, name, **{"groups": GROUPS, **more})  # type: ignore[arg-type]

    day = timezone.localdate() - dt.timedelta(20)
    row = Enrolment.objects.create(
        person=person, project=project, organisation=house, protocol_key="essai",
        protocol_version="2026-01", profile="A", status="included", included_on=day,
        informed_on=day, decided_by=who, for_person=True, **author,
    )  # fmt: skip
    EnrolmentEvent.objects.create(
        enrolment=row, after="included", reason=canary("intervention"), **author
    )
    answer = Answer(enrolment=row, criterion="imc", verdict="met", **author)
    answer.fact = f'{{"imc": "{canary("clinical_note", clinical=True)}"}}'
    answer.save(force_insert=True)
    Rights.objects.create(
        person=person, enrolment=row, starts_on=day, has_amc=True, amc=canary("money")
    )
    act = Intervention.objects.create(
        person=person, at=timezone.now() - dt.timedelta(days=3), performed_by=who, code="diet",
        organisation=house, kind="session", late_reason=canary("intervention"), **author,
    )  # fmt: skip
    Counted.objects.create(enrolment=row, intervention=act, code="diet", **author)
    Session.objects.create(
        enrolment=row, person=person, phase="initiale", requirement="diet", number=1, code="diet",
        profession="dieteticien", due_from=day, due_on=day + dt.timedelta(9), status="done",
        intervention=act, for_person=True,
    )  # fmt: skip
    confirmation = Confirmation.objects.create(
        person=person, enrolment=row, intervention=act, practice=who, reason="", **author
    )
    start = timezone.now() + dt.timedelta(days=9)
    proposal = SlotProposal.objects.create(
        person=person, enrolment=row, starts_at=start, ends_at=start + dt.timedelta(minutes=30),
        **author,
    )  # fmt: skip
    SlotEvent.objects.create(proposal=proposal, after="open", **author)
    due = Session.objects.create(
        enrolment=row, person=person, phase="initiale", requirement="diet", number=2, code="diet",
        profession="dieteticien", due_from=day, due_on=day + dt.timedelta(40), for_person=True,
    )  # fmt: skip
    part = SlotPart.objects.create(
        proposal=proposal, session=due, practice=who, starts_at=start,
        ends_at=start + dt.timedelta(minutes=30),
        reason=canary("intervention", groups=frozenset({"team"})),
    )  # fmt: skip
    for parameter, pk in {
        "enrolment_id": row.pk, "project_id": project.pk, "signatory_id": signatory.pk,
        "version_id": version.pk, "confirmation_id": confirmation.pk, "proposal_id": proposal.pk,
        "part_id": part.pk,
    }.items():  # fmt: skip
        world.add(parameter, name, pk)
