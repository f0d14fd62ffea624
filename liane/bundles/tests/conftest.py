"""A maison de santé with a project: Mme Sarrade, three professionals, one of them outside."""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from liane.bundles import coverage, settling
from liane.bundles.coverage import Said
from liane.bundles.models import Sequence
from liane.bundles.tests.samples import ESSAI
from liane.core import acting
from liane.directory.models import Organisation, Practice
from liane.interventions.models import Intervention
from liane.pathways.models import (
    Account,
    Confirmation,
    Counted,
    DocumentGiven,
    Enrolment,
    Project,
    ProtocolVersion,
    Signatory,
)
from liane.patients import ins
from liane.patients.models import Patient
from tests import factories as make

UNTIL = dt.date(2026, 6, 30)
IBANS = (
    "FR1420041010050500013M02606",
    "FR7630006000011234567890189",
    "FR7610107001011234567890129",
    "FR7611315000011234567890138",
)


def as_(who: Practice | str):
    """Act as somebody."""
    return acting.acting(make.actor(who))


def machine():
    """Act as a machine."""
    return acting.acting(acting.system("test"))


def number_of(plain: str = "2410340202001") -> str:
    """An insured's number with its key."""
    return plain + ins.key_of(plain)


RIGHTS = Said(
    number=number_of(), quality="self", rank=1, amo="010401001", starts_on=dt.date(2026, 1, 1)
)


@dataclass
class House:
    """The structure, its project and its people."""

    msp: Organisation
    project: Project
    person: Patient
    enrolment: Enrolment
    coordinator: Practice
    biller: Practice
    diet: Practice
    psy: Practice
    outside: Practice
    made: list[Intervention] = field(default_factory=list)

    def act(self, who: Practice, code: str, day: dt.date, *, waits: bool = False) -> Intervention:
        """An intervention, counted in the enrolment."""
        at = dt.datetime.combine(day, dt.time(10), tzinfo=timezone.get_current_timezone())
        with acting.owner():
            row = Intervention.objects.create(
                person=self.person, at=at, performed_by=who, organisation=who.organisation,
                code=code, author_label=who.professional.name,
            )  # fmt: skip
            Counted.objects.create(enrolment=self.enrolment, intervention=row, code=code)
            if waits:
                Confirmation.objects.create(
                    enrolment=self.enrolment, intervention=row, practice=who, person=self.person
                )
        self.made.append(row)
        return row

    def complete(self) -> None:
        """The first sequence: one consultation, two sessions, the report."""
        self.act(self.diet, "diet", dt.date(2026, 2, 2))
        self.act(self.psy, "psy", dt.date(2026, 2, 9))
        self.act(self.outside, "psy", dt.date(2026, 3, 2))
        with acting.owner():
            DocumentGiven.objects.create(
                enrolment=self.enrolment, code="compte-rendu", on=dt.date(2026, 3, 2)
            )

    def entitled(self, **more: object) -> None:
        """The rights of the person, entered by the billing officer."""
        with as_(self.biller):
            coverage.enter(self.person.pk, Said(**{**RIGHTS.__dict__, **more}))  # type: ignore[arg-type]

    def settle(self, until: dt.date = UNTIL, **more: bool) -> settling.Report:
        """A run."""
        return settling.run(until, **more)

    def sequence(self, key: str = "s1") -> Sequence:
        """One sequence of the work list."""
        with machine():
            return Sequence.objects.get(enrolment=self.enrolment, key=key)


@pytest.fixture
def house(db) -> House:
    return built()


def built() -> House:
    """The house, as owner of the tables."""
    msp = make.organisation("Maison de santé des Tilleuls", "msp", finess="400000123")
    people = {
        "coordinator": make.practice("sonia", role="coordinator", of=msp, name="Sonia Ferrand"),
        "biller": make.practice("yves", role="billing", of=msp, name="Yves Darrieu"),
        "diet": make.practice("lea", of=msp, name="Léa Moreau", profession="95"),
        "psy": make.practice("sami", of=msp, name="Sami Ibarra", profession="93"),
        "outside": make.practice("tess", name="Tess Faure", profession="93"),
    }
    person = make.patient("SARRADE", "Jeanne", used_name="SARRADE", ins_status="validated")
    make.member(person, msp, responsible=True)
    with acting.owner():
        ProtocolVersion.objects.create(
            organisation=msp, key="essai", number="2026-01", text=ESSAI, status="published",
            published_at=timezone.now(), valid_from=dt.date(2026, 1, 1),
        )  # fmt: skip
        project = Project.objects.create(
            organisation=msp, category="msp", protocol_key="essai", protocol_version="2026-01",
            title="Projet d’essai", status="running",
        )  # fmt: skip
        _account(project, None, msp.name, IBANS[0])
        for name, trade, number, iban in (
            ("diet", "dieteticien", "409000001", IBANS[1]),
            ("psy", "psychologue", "409000002", IBANS[2]),
            ("outside", "psychologue", "409000003", IBANS[3]),
        ):
            signed = Signatory.objects.create(
                project=project, practice=people[name], profession=trade, am_number=number,
                signed_on=dt.date(2026, 1, 1), starts_on=dt.date(2026, 1, 1),
            )  # fmt: skip
            _account(project, signed, people[name].professional.name, iban)
        enrolment = Enrolment.objects.create(
            person=person, project=project, organisation=msp, protocol_key="essai",
            protocol_version="2026-01", status="included", included_on=dt.date(2026, 1, 5),
            prescribed_by=people["psy"], prescribed_on=dt.date(2026, 1, 5),
        )  # fmt: skip
    return House(msp, project, person, enrolment, **people)


def crowd(house: House, count: int) -> list[Enrolment]:
    """As many persons more in the same project, their first sequence complete, rights known."""
    made = []
    for number in range(count):
        person = make.patient("LABORDE", f"Odette {number}", ins_status="validated")
        make.member(person, house.msp, responsible=True)
        with acting.owner():
            row = Enrolment.objects.create(
                person=person, project=house.project, organisation=house.msp,
                protocol_key="essai", protocol_version="2026-01", status="included",
                included_on=dt.date(2026, 1, 5), prescribed_by=house.psy,
            )  # fmt: skip
        one = House(**house.__dict__ | {"person": person, "enrolment": row, "made": []})
        one.complete()
        one.entitled()
        made.append(row)
    return made


def _account(project: Project, signed: Signatory | None, holder: str, iban: str) -> None:
    row = Account(
        project=project, signatory=signed, holder=holder, tail=iban[-4:],
        starts_on=dt.date(2026, 1, 1),
    )  # fmt: skip
    row.iban = iban
    row.save(force_insert=True)
