"""The health centre's pathway: its project, its team, sixteen persons at every stage, one story.

No source gives the amounts of the bundle's sequences: the structure's own version completes them
with plainly invented ones, labelled « montants de démonstration ».
"""

import datetime as dt
import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import yaml
from django.utils import timezone

from liane.circle.compile import compile_many
from liane.circle.models import Membership
from liane.demo.chronicle import Chronicle, at, voice
from liane.demo.names import chance, ident
from liane.demo.stories import person
from liane.demo.territory import Territory
from liane.directory.models import Practice
from liane.interventions.models import ActKind, Intervention
from liane.pathways import progress
from liane.pathways.models import (
    Account,
    Answer,
    Completion,
    Confirmation,
    ConfirmationEvent,
    Counted,
    DocumentGiven,
    Enrolment,
    EnrolmentEvent,
    Milestone,
    Project,
    ProjectEvent,
    ProtocolVersion,
    ProtocolVersionEvent,
    Rights,
    Signatory,
    Suspension,
)
from liane.pathways.protocols import library
from liane.pathways.states import EndReason
from liane.patients.models import Patient

KEY, SHIPPED, NUMBER = "pcr-obesite", "2026-02", "2026-02.demo"
LABEL = "Montants de démonstration : inventés, sans valeur réglementaire."
AMOUNTS = {
    "sequence-1": {"A": "790.00", "B": "930.00", "C": "1050.00", "D": "1240.00"},
    "sequence-2": {"A": "336.00", "B": "400.00", "C": "450.00", "D": "529.00"},
}
LEAST = {"medecin": 2, "dietetique": 4, "psychologie": 2, "activite": 4, "infirmier": 2, "suivi": 4}
RHYTHM = {"medecin": 90, "dietetique": 45, "psychologie": 75, "activite": 45, "infirmier": 90}
TEAM = (
    ("Hélène Roussel", "medecin", True),
    ("Élodie Maisonnave", "dieteticien", False),
    ("Inès Harispe", "psychologue", False),
    ("Mathieu Sarrade", "apa", False),
    ("Claire Aubert", "infirmier", True),
)
"""Who signed, in which profession, with an agreement with the health insurance or not."""
EMPLOYED = {"Inès Harispe": "dac"}
ACTS = {
    "dietetique": "Élodie Maisonnave", "psychologie": "Inès Harispe",
    "activite": "Mathieu Sarrade", "infirmier": "Claire Aubert", "consultation": "Hélène Roussel",
}  # fmt: skip
FOLLOWED = 16


@dataclass(frozen=True)
class Life:
    """One enrolment to write: since when, how diligent, what happened."""

    person: Patient
    days: int
    profile: str
    rate: float
    status: str = "included"
    reason: str = ""
    prescribed: bool = True


def load(land: Territory) -> int:
    """The project and everybody in it. Once; returns how many enrolments were made."""
    if Project.objects.filter(pk=ident("pathway project")).exists():
        return 0
    version = _version(land)
    project = _project(land, version)
    book, ids = Chronicle(), []
    story = _castagnet(land, book)
    for number, life in enumerate([story, *_lives(land)]):
        ids.append(_write(land, book, project, life, chance(f"pathway {number}"), number))
    book.save()
    people = Enrolment.objects.filter(pk__in=ids).values_list("person_id", flat=True)
    compile_many(list(people))
    progress.refresh(ids)
    return len(ids)


# ------------------------------------------------------------------ protocol and project
def _version(land: Territory) -> ProtocolVersion:
    by = voice(land.of("Nathalie Cazenave"))
    row = ProtocolVersion.objects.create(
        pk=ident("pathway version"), organisation=land.structures["msp"], key=KEY, number=NUMBER,
        based_on=SHIPPED, text=demo_text(), note=LABEL, status="published", published_at=at(260),
        valid_from=at(260).date(), created_at=at(265), **by.author,
    )  # fmt: skip
    director = voice(land.of("Vincent Castets"))
    ProtocolVersionEvent.objects.create(version=row, after="draft", at=at(265), **by.author)
    ProtocolVersionEvent.objects.create(
        version=row, before="draft", after="published", at=at(260), **director.author
    )
    for phase, amounts in AMOUNTS.items():
        for profile, value in amounts.items():
            Completion.objects.create(
                version=row, path=f"{phase}.{profile}", value=value, source=LABEL, at=at(264),
                **by.author,
            )  # fmt: skip
    return row


def demo_text() -> str:
    """The shipped definition with everything that no source gives invented, and labelled so."""
    said: dict[str, Any] = yaml.safe_load(library.text_of(KEY, SHIPPED))
    said |= {
        "version": NUMBER,
        "valid_from": said["valid_from"],
        "summary": f"{LABEL} {said['summary']}",
        "totals": {
            profile: f"{_cents(first) + _cents(AMOUNTS['sequence-2'][profile]):.2f}"
            for profile, first in AMOUNTS["sequence-1"].items()
        },
        "sharing": {
            "label": "Clé de démonstration : 15 % à la structure, le reste selon les actes",
            "article": "démonstration",
            "shares": [{"id": "coordination", "kind": "percent", "to": "structure",
                        "percent": "15.00"}],
            "remainder": "acts",
        },
        "dropout": [{"id": "prorata", "label": "Au prorata de ce qui est fait (démonstration)",
                     "strategy": "pro_rata", "article": "démonstration"}],
        "patient_share": {"kind": "rate", "rate": "20.00", "article": "démonstration",
                          "exemptions": said["patient_share"]["exemptions"]},
        "notes": [LABEL, *said.get("notes", [])],
        "examples": [one for one in said["examples"] if "eligible" in one["expect"]
                     and "acts" not in one["facts"]],
    }  # fmt: skip
    for phase in said["phases"]:
        if phase["id"] in AMOUNTS:
            phase["amounts"] = AMOUNTS[phase["id"]]
        for need in phase.get("requires", []):
            if need["id"] in LEAST:
                need["min"] = LEAST[need["id"]]
            if need["id"] in RHYTHM:
                need["every_days"] = RHYTHM[need["id"]]
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=100)


def _cents(text: str) -> float:
    return float(text)


def _project(land: Territory, version: ProtocolVersion) -> Project:
    by = voice(land.of("Nathalie Cazenave"))
    project = Project.objects.create(
        pk=ident("pathway project"), organisation=land.structures["msp"], category="msp",
        protocol_key=KEY, protocol_version=version.number, status="running",
        title="Obésité complexe de l’adulte (montants de démonstration)", created_at=at(258),
        **by.author,
    )  # fmt: skip
    for before, after, days in (
        ("", "draft", 258), ("draft", "signed", 250), ("signed", "transmitted", 248),
        ("transmitted", "running", 190),
    ):  # fmt: skip
        ProjectEvent.objects.create(
            project=project, before=before, after=after, at=at(days), **by.author
        )
    for kind, days, reference in (
        ("structure_signed", 250, ""), ("sent_ars", 249, "téléprocédure"),
        ("sent_cpam", 248, "téléprocédure"), ("approved", 190, "courrier de l’ARS"),
    ):  # fmt: skip
        Milestone.objects.create(
            project=project, kind=kind, on=at(days).date(), reference=reference, **by.author
        )
    for number, (name, profession, conventioned) in enumerate(TEAM):
        _signatory(land, project, name, profession, conventioned, number)
    return project


def _signatory(
    land: Territory, project: Project, name: str, profession: str, conventioned: bool, number: int
) -> None:
    by, house = voice(land.of("Nathalie Cazenave")), EMPLOYED.get(name)
    row = Signatory.objects.create(
        pk=ident("signatory", name), project=project, practice=land.of(name),
        profession=profession, payee="employer" if house else "self",
        employer=land.structures[house] if house else None, conventioned=conventioned,
        am_number=f"40199{number:04d}" if conventioned else "",
        cpam_number="" if conventioned else f"CPAM40-{number:03d}", signed_on=at(252).date(),
        cpam_asked_on=None if conventioned else at(251).date(),
        order_told_on=at(247).date() if conventioned else None, starts_on=at(252).date(),
        **by.author,
    )  # fmt: skip
    account = Account(
        pk=ident("account", name), project=project, signatory=row, holder=name,
        tail=IBANS[number][-4:], starts_on=at(252).date(), **by.author,
    )  # fmt: skip
    account.iban = IBANS[number]
    account.save(force_insert=True)


def _iban(account: int) -> str:
    """An invented French account whose keys are right."""
    bank = f"99999{account:05d}{account:011d}"
    rib = 97 - (89 * 99999 + 15 * account + 3 * account) % 97
    bban = f"{bank}{rib:02d}"
    key = 98 - int(f"{bban}152700") % 97
    return f"FR{key:02d}{bban}"


IBANS = [_iban(number) for number in range(1, len(TEAM) + 1)]


# ------------------------------------------------------------------ who is in it
def _castagnet(land: Territory, book: Chronicle) -> Life:
    """Mme Castagnet, the named story: seven months in, the psychologist is late."""
    one = person(
        "castagnet", 118, birth_name="CASTAGNET", given_names="Sandrine Marie",
        used_given="Sandrine", sex="F", birth_date=dt.date(1979, 6, 2), birth_place="40088",
        birth_place_name="Dax", address_line="14 rue du Tuc d’Eauze", postcode="40100", city="Dax",
        insee="40088", phone="0639980177",
    )  # fmt: skip
    by = voice(land.of("Hélène Roussel"))
    book.opened(one, by, at(220))
    book.member(one, land.of("Hélène Roussel"), by, at(220))
    book.member(one, land.structures["msp"], by, at(220))
    return Life(one, 215, "C", 0.85)


def _lives(land: Territory) -> list[Life]:
    """Persons of the crowd whom the health centre follows, at every stage."""
    msp = land.structures["msp"]
    doctors = Practice.objects.filter(organisation=msp, professional__profession="10")
    inside = Membership.objects.filter(
        holder_id__in=[msp.pk, *doctors.values_list("pk", flat=True)], status="active"
    ).values("person_id")
    born = timezone.localdate() - dt.timedelta(days=365 * 74)
    people = Patient.objects.filter(
        pk__in=inside,
        died_on=None,
        birth_date__gt=born,
        birth_date__lt=timezone.localdate() - dt.timedelta(days=365 * 19),
    ).exclude(pk__in=[ident("story", key) for key in ("michelle", "simon", "dupont", "castagnet")])
    stages = (
        ("included", 180, 0.95), ("included", 150, 0.5), ("included", 120, 0.9),
        ("included", 100, 0.3), ("included", 90, 1.0), ("included", 75, 0.7),
        ("suspended", 110, 0.9), ("included", 60, 0.9), ("included", 45, 0.6),
        ("ended", 170, 0.4), ("included", 30, 1.0), ("included", 20, 0.8),
        ("included", 10, 1.0), ("proposed", 6, 0.0), ("proposed", 2, 0.0),
    )  # fmt: skip
    chosen = list(people.order_by("pk")[: len(stages)])
    return [
        Life(
            one, days, "ABCD"[number % 4], rate, status,
            EndReason.DROP_OUT if status == "ended" else "", prescribed=number != 7,
        )
        for number, (one, (status, days, rate)) in enumerate(zip(chosen, stages, strict=False))
    ]  # fmt: skip


def _write(
    land: Territory, book: Chronicle, project: Project, life: Life, rng: random.Random, number: int
) -> UUID:
    """One enrolment with its facts, its team in the circle, its acts."""
    doctor, lead = land.of("Hélène Roussel"), land.of("Nathalie Cazenave")
    by, start = voice(doctor), at(life.days, 11)
    included = life.status != "proposed"
    row = Enrolment(
        pk=ident("enrolment", number), person=life.person, project=project,
        organisation_id=project.organisation_id, protocol_key=KEY, protocol_version=NUMBER,
        profile=life.profile, status=life.status, proposed_on=at(life.days + 5).date(),
        included_on=start.date() if included else None, informed_on=at(life.days + 2).date(),
        informed_by="Hélène Roussel", decided_by=doctor if included else None,
        prescribed_by=doctor if included and life.prescribed else None,
        prescribed_on=start.date() if included and life.prescribed else None,
        ended_on=at(15).date() if life.status == "ended" else None, end_reason=life.reason,
        coordinator=lead if number % 5 != 4 else None, for_person=True,
        created_at=at(life.days + 5), **by.author,
    )  # fmt: skip
    book.add(row)
    _history(book, row, life, by)
    _facts(book, row, life, by, rng)
    _circle(land, book, row, start if included else row.created_at, TEAM if included else ())
    if included:
        _acts(land, book, row, life, rng)
    return row.pk


def _history(book: Chronicle, row: Enrolment, life: Life, by: Any) -> None:
    steps = [("", "proposed", life.days + 5)]
    if life.status != "proposed":
        steps.append(("proposed", "included", life.days))
    if life.status == "suspended":
        steps.append(("included", "suspended", 12))
        book.add(Suspension(enrolment=row, starts_on=at(12).date(), reason="séjour en clinique",
                            created_at=at(12), **by.author))  # fmt: skip
    if life.status == "ended":
        steps.append(("included", "ended", 15))
    for before, after, days in steps:
        book.add(EnrolmentEvent(enrolment=row, before=before, after=after, at=at(days),
                                created_at=at(days), **by.author))  # fmt: skip


def _facts(book: Chronicle, row: Enrolment, life: Life, by: Any, rng: random.Random) -> None:
    imc = round(rng.uniform(36, 49), 1)
    known = {
        "adulte": {}, "obesite-complexe": {"niveau": "deux", "imc": imc, "complication": True},
        "prescription": {"prescripteur-reference": True}, "renewal": {},
    }  # fmt: skip
    for criterion, facts in known.items():
        answer = Answer(enrolment=row, criterion=criterion, verdict="met",
                        created_at=row.created_at, **by.author)  # fmt: skip
        answer.fact = json.dumps(facts)
        book.add(answer)
    for code in ("evaluation-medicale", "information"):
        book.add(DocumentGiven(enrolment=row, code=code, on=at(life.days + 2).date(),
                               created_at=row.created_at, **by.author))  # fmt: skip
    book.add(Rights(
        person=row.person, enrolment=row, starts_on=at(life.days + 5).date(),
        exemptions="ald" if rng.random() < 0.3 else "", has_amc=rng.random() < 0.8,
        amc="Mutuelle de démonstration", created_at=row.created_at, **by.author,
    ))  # fmt: skip


def _circle(
    land: Territory, book: Chronicle, row: Enrolment, when: dt.datetime, team: Iterable[Any]
) -> None:
    """The structure that proposes is of the circle; its team is from the inclusion on."""
    by = voice(land.of("Hélène Roussel"))
    there = set(
        Membership.objects.filter(person=row.person, status="active").values_list(
            "holder_id", flat=True
        )
    ) | {one.holder_id for one in book.rows.get(Membership, []) if one.person_id == row.person_id}  # type: ignore[attr-defined]
    for name, _, _ in team:
        if land.of(name).pk not in there:
            book.member(row.person, land.of(name), by, when, ground="formal")
    if row.organisation_id not in there:
        book.member(row.person, land.structures["msp"], by, when, ground="formal")


def _acts(land: Territory, book: Chronicle, row: Enrolment, life: Life, rng: random.Random) -> None:
    """The assessment, then each profession's sessions, more or less as they fell due."""
    last = 15 if life.status == "ended" else 1
    planned = [("evaluation", "Hélène Roussel", life.days)]
    for code, name in ACTS.items():
        every = RHYTHM.get("medecin" if code == "consultation" else code, 60)
        if row.pk == ident("enrolment", 0) and code == "psychologie":
            every = 400
        planned += [
            (code, name, life.days - day - rng.randint(0, 6))
            for day in range(3, life.days, every)
            if rng.random() < life.rate
        ]
    for place, (code, name, days) in enumerate(planned):
        if days >= last:
            _act(land, book, row, (code, name, days, place), rng)


def _act(
    land: Territory, book: Chronicle, row: Enrolment, said: tuple[str, str, int, int],
    rng: random.Random,
) -> None:  # fmt: skip
    code, name, days, place = said
    practice, by = land.of(name), voice(land.of(name))
    noted = name == "Mathieu Sarrade" and days < 20
    author = voice(land.of("Nathalie Cazenave")) if noted else by
    when = at(days, rng.randint(9, 17))
    act = Intervention(
        pk=ident("pathway act", row.pk, place), person=row.person, at=when, entered_at=when,
        created_at=when, minutes=rng.choice((30, 45, 60)), performed_by=practice,
        organisation_id=practice.organisation_id, kind=ActKind.SESSION, code=code,
        for_person=True, for_carers=True, **author.author,
    )  # fmt: skip
    book.add(act, Counted(enrolment=row, intervention=act, code=code, created_at=when,
                          **author.author))  # fmt: skip
    if noted:
        waits = Confirmation(
            pk=ident("confirmation", row.pk, place), person=row.person, enrolment=row,
            intervention=act, practice=practice, for_person=True, created_at=when, **author.author,
        )  # fmt: skip
        book.add(waits, ConfirmationEvent(confirmation=waits, after="pending", at=when,
                                          created_at=when, **author.author))  # fmt: skip
