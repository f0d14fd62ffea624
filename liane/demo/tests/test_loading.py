"""The demo territory: reproducible, idempotent, and the stories are there."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from liane.agenda.models import Appointment
from liane.circle.models import Grant, Membership
from liane.circle.reach import Reach
from liane.core.acting import acting, owner, system
from liane.core.models import Entry, Outbox
from liane.demo import loading
from liane.demo.names import ident
from liane.demo.queries import personas
from liane.demo.tests.conftest import SEED
from liane.directory import identifiers
from liane.directory.models import Organisation, Practice, Professional
from liane.interventions.models import Intervention
from liane.messaging.models import Message, Thread
from liane.patients import ins
from liane.patients.models import Patient
from liane.timeline.models import Document, Note
from tests import factories as make

pytestmark = pytest.mark.django_db
PERSONS = 4
ROLES = {
    "doctor", "nurse", "pharmacist", "physiotherapist", "home_help", "meals", "coordinator",
    "case_manager", "secretary", "billing", "manager", "dpo", "identity", "technical_admin",
    "person", "carer",
}  # fmt: skip


def story(key: str) -> Patient:
    with owner():
        return Patient.objects.get(pk=ident("story", key))


def counted() -> dict[str, int]:
    with owner():
        models = (Patient, Membership, Grant, Note, Intervention, Message, Entry, Appointment,
                  Professional, Practice, Organisation, Document)  # fmt: skip
        return {model.__name__: model.objects.count() for model in models}


def traits() -> list[tuple[object, ...]]:
    with owner():
        rows = Patient.objects.order_by("pk")
        return list(rows.values_list("pk", "birth_name", "given_names", "birth_date", "ins_digest"))


def test_twice_gives_the_same(land):
    before, people = counted(), traits()
    assert loading.load(PERSONS, SEED).persons_made == 0
    assert (counted(), traits()) == (before, people)


def test_more_persons_are_added_to_those_there(land):
    people = traits()
    assert loading.load(14, SEED).persons_made == 10
    assert set(people) < set(traits())
    with owner():
        assert Patient.objects.count() == 14


def test_there_is_a_persona_for_each_role(land):
    found = personas()
    assert {persona.role for persona in found} >= ROLES
    assert any(" et " in persona.organisation for persona in found)


def test_forty_two_professionals_and_the_structures_of_a_territory(land):
    assert Professional.objects.count() == 42
    kinds = set(Organisation.objects.values_list("kind", flat=True))
    assert {"dac", "msp", "cpts", "hospital", "ssiad", "saad", "meals", "pharmacy"} <= kinds
    assert Organisation.objects.get(kind="hospital").authority


def test_numbers_are_well_formed(land):
    loading.load(40, SEED)
    for person in Professional.objects.exclude(rpps=None):
        assert identifiers.rpps(str(person.rpps)) == person.rpps
    for place in Organisation.objects.exclude(finess=""):
        assert identifiers.finess(place.finess) == place.finess
    with owner():
        for person in Patient.objects.exclude(ins_sealed=None):
            matricule = ins.of(person)
            assert matricule is not None
            assert ins.key_of(matricule.number) == matricule.key
            assert matricule.oid in ins.TEST_OIDS


def test_madame_dupont_has_her_circle_and_her_history(land):
    mme = story("dupont")
    assert (mme.birth_name, str(mme.birth_date), mme.is_qualified) == (
        "LABORDE",
        "1941-03-07",
        True,
    )
    with acting(system("test")):
        names = {
            str(item.holder) for item in Membership.objects.filter(person=mme, status="active")
        }
        assert any("Karim Lasserre" in name for name in names)
        assert any("Repas du Luy" in name for name in names)
        assert Intervention.objects.filter(person=mme).count() > 60
        assert Document.objects.filter(person=mme).count() == 2
        ahead = Appointment.objects.filter(person=mme, status="planned")
        assert ahead.values("practice").distinct().count() == 4


def test_claire_and_the_doctor_read_madame_michelle_and_the_outsider_does_not(land):
    mme = story("michelle")
    for username, reads in (("claire.aubert", 1), ("helene.roussel", 1), ("sophie.lagarde", 0)):
        with acting(make.actor(username)) as actor:
            assert Reach.of(actor).patients().filter(pk=mme.pk).count() == reads, username


def test_home_help_is_outside_the_care_team_and_reads_no_note(land):
    with acting(make.actor("maite.darrigrand")) as actor:
        assert Note.objects.within(Reach.of(actor)).count() == 0
        assert Appointment.objects.within(Reach.of(actor)).filter(person=story("dupont")).exists()


def test_history_is_published_and_only_present_tasks_are_announced(land):
    loading.load(10, SEED)
    with owner():
        told = Entry.objects.filter(announce=True)
        assert set(told.values_list("kind", flat=True)) == {"task.created"}
        assert not Outbox.objects.exists()


def test_the_personas_pages_open(land, settings):
    settings.LIANE_DEMO = True
    michelle = f"/personnes/{story('michelle').pk}/"
    for username, path in (
        ("helene.roussel", michelle),
        ("claire.aubert", michelle),
        ("claire.aubert", "/"),
        ("julie.dupont", "/messages/"),
    ):
        client = Client()
        assert client.post("/demo/connexion", {"username": username}).status_code == 302
        assert client.get(path).status_code == 200, (username, path)


def test_conversations_have_something_unread_for_claire(land):
    with acting(make.actor("claire.aubert")) as actor:
        threads = Thread.objects.within(Reach.of(actor))
        assert threads.unread_by(actor.user_id).count() >= 1


def test_the_personas_command_gives_one_object_a_line(land):
    out = StringIO()
    call_command("demo_personas", stdout=out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(rows) == 23
    assert all({"username", "name", "role", "organisation"} <= set(row) for row in rows)
