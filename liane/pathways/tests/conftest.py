"""A health centre that runs a small pathway around M. Simon: coordinator, doctor, dietitian…"""

import datetime as dt

import pytest
from django.utils import timezone

from liane.core import acting
from liane.directory.models import Organisation, Practice
from liane.interventions import services as acts
from liane.interventions.models import Intervention
from liane.pathways.models import Enrolment, Project, ProtocolVersion, Signatory
from liane.pathways.services import inclusion, projects, team
from liane.pathways.services.inclusion import Said
from liane.patients.models import Patient
from tests import factories as make

HEAD = """\
schema: 1
key: {key}
version: "2026-01"
title: {title}
sources:
  - {{id: essai, text: Écrit pour les essais, ref: essai, checked: 2026-01-02, mark: inferred}}
legal: {{reference: Protocole d’essai, articles: [essai]}}
valid_from: 2020-01-01
payer: cpam
structures: [msp, cds]
project:
  sent_to: [ars, cpam]
  signed: CSS R. 162-131
  review: {{length: {{months: 2}}, article: CSS R. 162-134}}
  amendment: {{length: {{days: 7}}, article: CSS R. 162-135}}
  notice: {{length: {{months: 6}}, article: CSS R. 162-136}}
  orders: CSS R. 162-132
  numbers: CSS R. 162-133
  inclusion: CSS R. 162-138
prescription: un médecin
renewal: {{kind: never, article: essai}}
cumulation: {{excludes: [{excludes}]}}
"""
BODY = """\
professions:
  - {code: medecin, label: médecin}
  - {code: dieteticien, label: diététicien}
  - {code: apa, label: enseignant en activité physique adaptée}
acts:
  - {code: bilan-med, label: Bilan médical, professions: [medecin]}
  - {code: diet, label: Séance diététique, professions: [dieteticien], minutes: 30, remote: true}
  - {code: sport, label: Séance d’activité physique, professions: [apa]}
facts:
  - {code: imc, label: IMC, kind: number, unit: kg/m²}
  - {code: ald, label: En ALD, kind: boolean}
eligibility:
  - {id: majeur, label: Dix-huit ans ou plus, test: {fact: age, min: 18}, article: essai}
  - {id: imc, label: IMC de 35 au moins, test: {fact: imc, min: 35}, article: essai}
profiles: [{id: A, label: Profil A}, {id: B, label: Profil B}]
phases:
  - id: initiale
    label: Séquence initiale
    article: essai
    starts: {anchor: inclusion}
    length: {months: 6}
    max_length: {months: 9}
    pays: flat
    amounts: {"*": {to_be_completed: montant de la séquence, who: la structure}}
    requires:
      - {id: bilan, label: Bilan médical, acts: [bilan-med], min: 1, max: 1, article: essai,
         late_after_days: 15}
      - {id: diet, label: Suivi diététique, acts: [diet], min: 2, planned: 3, max: 4,
         every_days: 30, article: essai, late_after_days: 10}
    complete_when: {met: all, article: essai}
  - id: suivi
    label: Suivi
    article: essai
    starts: {after: initiale}
    length: {months: 6}
    pays: flat
    amounts: {"*": "100.00"}
    requires:
      - {id: sport, label: Activité physique, acts: [sport], min: 1, article: essai}
    complete_when: {met: all, article: essai}
patient_share: {kind: none, article: essai}
alerts:
  - {id: silence, label: Aucun acte depuis deux mois, kind: silence, days: 60}
  - {id: retard, label: Séance en retard, kind: late, days: 5}
documents:
  - {code: accord, label: Accord signé, blocks: billing, article: essai, due: {days: 30}}
questionnaires:
  - {code: zarit, label: Fardeau de l’aidant à trois mois, anchor: inclusion, due: {months: 3}}
  - {code: tug, label: Lever de chaise à un an, anchor: inclusion, due: {months: 12}}
examples: []
"""


def text_of(key: str = "essai", title: str = "Parcours d’essai", excludes: str = "") -> str:
    """A definition of the tests."""
    return HEAD.format(key=key, title=title, excludes=excludes) + BODY


def as_(who):
    return acting.acting(make.actor(who))


def as_system():
    return acting.acting(acting.system("test"))


def days_ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def at(days: int, hour: int = 10) -> dt.datetime:
    """That many local days ago, at an hour."""
    day = days_ago(days)
    return dt.datetime.combine(day, dt.time(hour), tzinfo=timezone.get_current_timezone())


def publish(house: Organisation, **more: str) -> ProtocolVersion:
    """A published version of a structure."""
    return ProtocolVersion.objects.create(
        organisation=house, key=more.get("key", "essai"), number="2026-01", text=text_of(**more),
        status="published", published_at=timezone.now(),
    )  # fmt: skip


def run_project(house: Organisation, coordinator: Practice, *members: tuple[Practice, str],
                key: str = "essai") -> Project:  # fmt: skip
    """A project signed, sent and accepted, with its team."""
    with as_(coordinator):
        project = projects.open_project(key, category="msp")
        for practice, profession in members:
            row = team.add(
                project.pk, team.Joining(practice.pk, profession, days_ago(400),
                                         am_number="123456789"),
            )  # fmt: skip
            team.sign(row.pk, days_ago(300))
        for kind, days in (("structure_signed", 300), ("sent_ars", 290), ("sent_cpam", 290),
                           ("approved", 250)):  # fmt: skip
            projects.note(project.pk, kind, days_ago(days))
    project.refresh_from_db()
    return project


@pytest.fixture
def msp() -> Organisation:
    return make.organisation("MSP de l’Adour", "msp", postcode="40100", city="Dax")


@pytest.fixture
def simon() -> Patient:
    return make.patient("SIMON", "Pierre", used_name="", sex="M", birth_date=dt.date(1968, 1, 22))


@pytest.fixture
def lea(msp, simon) -> Practice:
    """The coordinator of the health centre, which is responsible for M. Simon's record."""
    make.member(simon, msp, responsible=True)
    return make.practice("lea", role="coordinator", of=msp, profession="CO", name="Léa Dupuy")


@pytest.fixture
def roussel(msp, simon) -> Practice:
    return make.practice("roussel", of=msp, profession="10", name="Hélène Roussel")


@pytest.fixture
def zoe() -> Practice:
    """A dietitian who practises elsewhere."""
    return make.practice("zoe", of=make.organisation("Cabinet Zoé"), profession="95",
                         name="Zoé Lacaze")  # fmt: skip


@pytest.fixture
def project(msp, lea, roussel, zoe) -> Project:
    publish(msp)
    return run_project(msp, lea, (roussel, "medecin"), (zoe, "dieteticien"))


def propose(project: Project, person: Patient, who: Practice, **more) -> Enrolment:
    """A proposal whose criteria are all met, and the person informed."""
    said = Said({"imc": 41.0, "ald": True}, profile=more.pop("profile", "A"))
    with as_(who):
        row = inclusion.propose(person.pk, project.pk, more.pop("said", said))
        return inclusion.inform(row.pk, on=more.pop("informed", days_ago(120)))


@pytest.fixture
def included(project, simon, roussel, zoe) -> Enrolment:
    """M. Simon, included a hundred days ago by his doctor; the dietitian is in his circle."""
    row = propose(project, simon, roussel)
    with as_(roussel):
        return inclusion.decide(row.pk, on=days_ago(100), team=[zoe.pk])


def did(who: Practice, person: Patient, code: str, days: int, **more) -> Intervention:
    """An act written by ``who``, done by ``by`` (themselves) so many days ago."""
    by = more.pop("by", who)
    with as_(who):
        return acts.record_intervention(
            acts.Act(person.pk, at(days), by.pk, code=code, minutes=30,
                     late_reason=more.pop("late_reason", "oubli"), **more)
        )  # fmt: skip


def only(**filters) -> Enrolment:
    with as_system():
        return Enrolment.objects.select_related("person").get(**filters)


def signatory(practice: Practice) -> Signatory:
    return Signatory.objects.get(practice=practice, ends_on=None)
