"""A second project of the health centre, over for five persons: the bundle after a cancer.

Its tariffs are those of the text (45,00 € an assessment, 22,50 € a consultation, 180,00 € a year);
the ARS pays the structure, which pays each professional.
"""

import datetime as dt
from uuid import UUID

from django.utils import timezone

from liane.circle.models import Membership
from liane.demo.chronicle import Chronicle, Voice, at, voice
from liane.demo.names import ident
from liane.demo.pathways import IBANS
from liane.demo.territory import Territory
from liane.interventions.models import ActKind, Intervention
from liane.pathways.models import (
    Account,
    Counted,
    DocumentGiven,
    Enrolment,
    EnrolmentEvent,
    Milestone,
    Project,
    ProjectEvent,
    Signatory,
)
from liane.patients.models import Patient

KEY, VERSION = "apres-cancer", "2020-12"
TEAM = (
    ("Élodie Maisonnave", "dieteticien"),
    ("Inès Harispe", "psychologue"),
    ("Mathieu Sarrade", "apa"),
)
SINCE = 430
"""Days since the inclusions: the twelve months of the bundle are over."""
STORIES = (
    (("bilan-diet", 420), *(("consultation-diet", 400 - 30 * place) for place in range(6))),
    (("bilan-diet", 420), ("bilan-psy", 410), ("consultation-diet", 380),
     ("consultation-psy", 350), ("consultation-psy", 320), ("consultation-diet", 290)),
    (("bilan-apa", 420), ("bilan-diet", 415), ("bilan-psy", 405), ("consultation-diet", 360),
     ("consultation-psy", 330), ("consultation-diet", 300)),
    (("bilan-psy", 418), ("consultation-psy", 388), ("consultation-psy", 358)),
    (("bilan-apa", 425),),
)  # fmt: skip
"""What was done, and how many days ago."""
WHO = {"diet": "Élodie Maisonnave", "psy": "Inès Harispe", "apa": "Mathieu Sarrade"}


def load(land: Territory) -> int:
    """The project, its team and its five persons. Once."""
    pk = ident("after cancer project")
    if Project.objects.filter(pk=pk).exists():
        return 0
    project = _project(land, pk)
    book, people = Chronicle(), _people(land)
    for number, (person, story) in enumerate(zip(people, STORIES, strict=False)):
        _write(land, book, project, person, story, number)
    book.save()
    return len(people)


def _project(land: Territory, pk: UUID) -> Project:
    by, house = voice(land.of("Nathalie Cazenave")), land.structures["msp"]
    row = Project.objects.create(
        pk=pk, organisation=house, category="msp", protocol_key=KEY, protocol_version=VERSION,
        title="Après un cancer, autour de Dax", status="running", created_at=at(500), **by.author,
    )  # fmt: skip
    Milestone.objects.create(
        pk=ident("after cancer signed"), project=row, kind="structure_signed", on=at(480).date(),
        created_at=at(480), **by.author,
    )  # fmt: skip
    ProjectEvent.objects.create(project=row, after="running", at=at(480), **by.author)
    _account(row, None, house.name, 4, by)
    for number, (name, trade) in enumerate(TEAM):
        signed = Signatory.objects.create(
            pk=ident("after cancer signatory", name), project=row, practice=land.of(name),
            profession=trade, conventioned=False,
            signed_on=at(490).date(), starts_on=at(490).date(), **by.author,
        )  # fmt: skip
        _account(row, signed, name, number, by)
    return row


def _account(
    project: Project, signed: Signatory | None, holder: str, place: int, by: Voice
) -> None:
    row = Account(
        pk=ident("after cancer account", holder), project=project, signatory=signed, holder=holder,
        tail=IBANS[place][-4:], starts_on=at(490).date(), **by.author,
    )  # fmt: skip
    row.iban = IBANS[place]
    row.save(force_insert=True)


def _people(land: Territory) -> list[Patient]:
    """Persons of the crowd who are in no other pathway and whom the health centre follows."""
    msp, today = land.structures["msp"], timezone.localdate()
    inside = Membership.objects.filter(holder_id=msp.pk, status="active").values("person_id")
    found = Patient.objects.filter(
        pk__in=inside, died_on=None, birth_date__lt=today - dt.timedelta(days=365 * 30),
        user=None,
    ).exclude(pk__in=Enrolment.objects.values("person_id"))  # fmt: skip
    return list(found.order_by("-pk")[: len(STORIES)])


def _write(
    land: Territory,
    book: Chronicle,
    project: Project,
    person: Patient,
    story: tuple[tuple[str, int], ...],
    number: int,
) -> None:
    by, start = voice(land.of("Hélène Roussel")), at(SINCE)
    doctor = land.of("Hélène Roussel")
    row = Enrolment(
        pk=ident("after cancer enrolment", number), person=person, project=project,
        organisation_id=project.organisation_id, protocol_key=KEY, protocol_version=VERSION,
        status="ended", proposed_on=start.date(), included_on=start.date(),
        informed_on=start.date(), informed_by="Hélène Roussel", decided_by=doctor,
        prescribed_by=doctor, prescribed_on=start.date(), ended_on=at(50).date(),
        end_reason="completed", for_person=True, created_at=start, **by.author,
    )  # fmt: skip
    book.add(row)
    for before, after, days in (("", "included", SINCE), ("included", "ended", 50)):
        book.add(EnrolmentEvent(enrolment=row, before=before, after=after, at=at(days),
                                created_at=at(days), **by.author))  # fmt: skip
    book.add(DocumentGiven(enrolment=row, code="prescription", on=start.date(), created_at=start,
                           **by.author))  # fmt: skip
    for place, (code, days) in enumerate(story):
        practice = land.of(WHO[code.rpartition("-")[2]])
        who, when = voice(practice), at(days, 10)
        act = Intervention(
            pk=ident("after cancer act", number, place), person=person, at=when, entered_at=when,
            created_at=when, minutes=60 if code.startswith("bilan") else 30,
            performed_by=practice, organisation_id=practice.organisation_id,
            kind=ActKind.SESSION, code=code, for_person=True, for_carers=True, **who.author,
        )  # fmt: skip
        book.add(act, Counted(enrolment=row, intervention=act, code=code, created_at=when,
                              **who.author))  # fmt: skip
