"""A generated year: an organisation's work around many persons, written in bulk.

Everything comes from a seeded generator; nothing counts anything: `test_against_sql` does.
"""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from django.utils import timezone

from liane.assessments.models import Questionnaire, Response, Score
from liane.careplans.models import Plan, PlanVersion
from liane.core.acting import owner
from liane.directory import needs
from liane.directory.models import Commune, Department, Epci, Organisation, Practice
from liane.followups.models import Accompaniment, Contact, LevelChange
from liane.followups.states import ExitReason, Level
from liane.interventions.models import ActKind, Intervention, Undo
from liane.meetings.models import Meeting, Participant
from liane.partners.models import UnmetNeed
from liane.patients.models import Patient, PersonLink
from liane.referrals import motives
from liane.referrals.models import Quest, Referral, ReferralStep
from liane.referrals.states import Status
from tests import factories as make

YEAR = 2026
DAY = dt.timedelta(days=1)
CHUNK = 2000


def moment(chance: Random, first: int = -400, last: int = 400) -> dt.datetime:
    """A moment around the year, at any hour: midnights of local time included."""
    start = timezone.make_aware(dt.datetime(YEAR, 1, 1))
    return start + DAY * chance.randint(first, last) + dt.timedelta(minutes=chance.randint(0, 1439))


def generate(persons: int, seed: int = 1) -> tuple[Practice, Organisation]:
    """Persons and what was done for them. Returns the manager of the organisation counted."""
    chance = Random(seed)
    ours = make.organisation("DAC des Landes", "dac")
    other = make.organisation("DAC d’ailleurs", "dac")
    manager = make.practice("martin", role="manager", of=ours)
    _towns()
    with owner():
        people = _people(chance, persons)
        for house in (ours, ours, ours, other):
            _work(chance, house, chance.sample(people, len(people) // 2), manager)
    return manager, ours


def _towns() -> None:
    land = Department.objects.create(code="40", name="Landes")
    for number in range(3):
        epci = Epci.objects.create(code=f"24000000{number}", name=f"Pays {number}")
        for town in range(4):
            code = f"40{number}0{town}"
            Commune.objects.create(
                code=code, name=f"Ville {code}", search=f"ville {code}", department=land,
                epci=epci if town else None,
            )  # fmt: skip


TOWNS = [f"40{number}0{town}" for number in range(3) for town in range(4)] + ["", "99999"]


def _people(chance: Random, number: int) -> list[Patient]:
    first = dt.date(1925, 1, 1)
    people = [
        Patient(
            birth_name=f"NOM{one}", given_names="Prénom", sex=chance.choice("FFMI"),
            birth_date=None if one % 50 == 0 else first + DAY * chance.randint(0, 34000),
        )
        for one in range(number)
    ]  # fmt: skip
    Patient.objects.bulk_create(people, batch_size=CHUNK)
    twins = people[: max(number // 40, 2)]
    PersonLink.objects.bulk_create(
        PersonLink(
            survivor=people[-one - 1], duplicate=twin, reason="doublon",
            ended_at=timezone.now() if one % 5 == 0 else None,
        )
        for one, twin in enumerate(twins)
    )  # fmt: skip
    return people


def _work(chance: Random, house: Organisation, people: list[Patient], who: Practice) -> None:
    _requests(chance, house, people)
    _accompaniments(chance, house, people)
    _acts(chance, house, people)
    _plans(chance, house, people, who)
    _meetings(chance, house, people, who)
    _lacks(chance, house, people)
    _scores(chance, people)
    _opinions(chance, house, people)


def _requests(chance: Random, house: Organisation, people: list[Patient]) -> None:
    rows, steps, quests = [], [], []
    for person in people[::2]:
        at = moment(chance)
        known = chance.random() < 0.8
        row = Referral(
            organisation=house, person=person if known else None, created_at=at, since=at,
            requester_kind=chance.choice(Referral.Requester.values), consent="agrees",
            channel=chance.choice(Referral.Channel.values), insee=chance.choice(TOWNS),
            motive=chance.choice([*motives.version(), "ancien"]),
        )  # fmt: skip
        rows.append(row)
        for _ in range(chance.randint(0, 3)):
            at += dt.timedelta(minutes=chance.randint(1, 30000))
            after = chance.choice(Status.values)
            steps.append(ReferralStep(referral=row, after=after, at=at))
        if chance.random() < 0.3:
            quests.append(
                Quest(
                    person=person, profession=chance.choice(["60", "70", "10", ""]), care="x",
                    rhythm="x", starts_on=at.date(), insee="", city="", proof="x",
                    status=chance.choice(["open", "wider", "desk", "accepted", "cancelled"]),
                    created_at=at, author_organisation_id=house.pk,
                )
            )  # fmt: skip
    Referral.objects.bulk_create(rows, batch_size=CHUNK)
    ReferralStep.objects.bulk_create(steps, batch_size=CHUNK)
    Quest.objects.bulk_create(quests, batch_size=CHUNK)


def _accompaniments(chance: Random, house: Organisation, people: list[Patient]) -> None:
    there = set(Accompaniment.objects.filter(organisation=house, closed_at=None)
                .values_list("person_id", flat=True))  # fmt: skip
    rows, levels, contacts = [], [], []
    for person in people[::3]:
        opened = moment(chance)
        left = chance.random() < 0.6 or person.pk in there
        row = Accompaniment(
            person=person, organisation=house, level=chance.choice(Level.values), opened_at=opened,
            closed_at=opened + DAY * chance.choice([1, 40, 91, 180, 365, 800]) if left else None,
            exit_reason=chance.choice(ExitReason.values) if left else "",
        )  # fmt: skip
        rows.append(row)
        at = opened
        for _ in range(chance.randint(1, 3)):
            levels.append(LevelChange(accompaniment=row, after=chance.choice(Level.values), at=at))
            at += dt.timedelta(minutes=chance.randint(1, 200000))
        if chance.random() < 0.2:
            contacts.append(
                Contact(person=chance.choice(people), organisation=house, channel="call",
                        at=moment(chance))
            )  # fmt: skip
    Accompaniment.objects.bulk_create(rows, batch_size=CHUNK)
    LevelChange.objects.bulk_create(levels, batch_size=CHUNK)
    Contact.objects.bulk_create(contacts, batch_size=CHUNK)


def _acts(chance: Random, house: Organisation, people: list[Patient]) -> None:
    rows = [
        Intervention(person=person, organisation=house, at=moment(chance),
                     kind=chance.choice(ActKind.values))
        for person in people
        for _ in range(chance.randint(0, 2))
    ]  # fmt: skip
    Intervention.objects.bulk_create(rows, batch_size=CHUNK)
    Undo.objects.bulk_create([Undo(intervention=row) for row in rows[::9]], batch_size=CHUNK)


def _plans(chance: Random, house: Organisation, people: list[Patient], who: Practice) -> None:
    plans, versions = [], []
    for person in people[::4]:
        at = moment(chance)
        about: dict[str, Any] = {"person": person, "author_organisation_id": house.pk}
        plan = Plan(**about, referent=who, status="closed", created_at=at)
        plans.append(plan)
        for number in range(chance.randint(0, 2)):
            at += DAY * chance.randint(1, 60)
            versions.append(PlanVersion(**about, plan=plan, number=number + 1, at=at))
    Plan.objects.bulk_create(plans, batch_size=CHUNK)
    PlanVersion.objects.bulk_create(versions, batch_size=CHUNK)


def _meetings(chance: Random, house: Organisation, people: list[Patient], who: Practice) -> None:
    """Convened by the manager's house whatever the house at work, some by another practice."""
    away = Practice.objects.exclude(organisation=who.organisation).first() or make.practice("away")
    meetings, there = [], []
    for person in people[::3]:
        at = moment(chance)
        meeting = Meeting(
            person=person, convener=chance.choice([who, who, away]), created_at=at,
            starts_at=at + DAY * chance.randint(0, 40) if chance.random() < 0.9 else None,
            status=chance.choice(Meeting.Status.values), author_organisation_id=house.pk,
        )  # fmt: skip
        meetings.append(meeting)
        there += [
            Participant(
                meeting=meeting, person=person, practice=practice,
                presence=chance.choice(["", *Participant.Presence.values]),
                dropped_at=at if chance.random() < 0.1 else None,
            )
            for practice in (who, away, None, None)
        ]  # fmt: skip
    Meeting.objects.bulk_create(meetings, batch_size=CHUNK)
    Participant.objects.bulk_create(there, batch_size=CHUNK)


def _lacks(chance: Random, house: Organisation, people: list[Patient]) -> None:
    rows = [
        UnmetNeed(
            organisation=house, need=chance.choice([*needs.version(), "ancien"]),
            why=chance.choice(UnmetNeed.Why.values), insee=chance.choice(TOWNS),
            person=person if chance.random() < 0.5 else None, at=moment(chance),
        )
        for person in people[::4]
    ]  # fmt: skip
    UnmetNeed.objects.bulk_create(rows, batch_size=CHUNK)


def _scores(chance: Random, people: list[Patient]) -> None:
    sheet, _ = Questionnaire.objects.get_or_create(
        url="urn:test:aggir", version="1", organisation=None,
        defaults={"title": "AGGIR", "content": "{}", "digest": "x"},
    )  # fmt: skip
    responses, scores = [], []
    for person in people[::5]:
        earlier = None
        for _ in range(chance.randint(1, 3)):
            at = moment(chance)
            about: dict[str, Any] = {"person": person, "area": "social_assessment"}
            status = chance.choice(["completed", "completed", "amended", "entered-in-error"])
            row = Response(**about, questionnaire=sheet, status=status, completed_at=at,
                           replaces=earlier if chance.random() < 0.3 else None)  # fmt: skip
            earlier = row
            responses.append(row)
            scores.append(
                Score(**about, response=row, url=sheet.url, code="gir", label="GIR", at=at,
                      value=Decimal(chance.randint(1, 6)))
            )  # fmt: skip
    Response.objects.bulk_create(responses, batch_size=CHUNK)
    Score.objects.bulk_create(scores, batch_size=CHUNK)


def _opinions(chance: Random, house: Organisation, people: list[Patient]) -> None:
    """Satisfaction as the house, or another, collected it; some taken back, some corrected."""
    sheet, _ = Questionnaire.objects.get_or_create(
        url="urn:test:opinions", version="1", organisation=None,
        defaults={"title": "Satisfaction", "content": "{}", "digest": "y"},
    )  # fmt: skip
    responses, scores = [], []
    for person in people[::4]:
        earlier = None
        for _ in range(chance.randint(1, 2)):
            by = house.pk if chance.random() < 0.8 else None
            about: dict[str, Any] = {
                "person": person, "area": "social_assessment", "author_organisation_id": by,
            }  # fmt: skip
            at, status = moment(chance), chance.choice(["completed", "amended", "entered-in-error"])
            row = Response(
                **about, questionnaire=sheet, status=status, completed_at=at,
                replaces=earlier if chance.random() < 0.3 else None,
            )  # fmt: skip
            earlier = row
            responses.append(row)
            scores.append(
                Score(
                    **about, response=row, url=sheet.url, code="satisfaction", label="Satisfaction",
                    at=at, value=Decimal(chance.randint(0, 12)),
                    level=chance.choice(["tres", "plutot", "peu", "pas"]),
                )
            )  # fmt: skip
    Response.objects.bulk_create(responses, batch_size=CHUNK)
    Score.objects.bulk_create(scores, batch_size=CHUNK)
