"""Inclusion: criteria, information, decision, prescription, circle, ends; bundles that exclude."""

import pytest
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format

from liane.circle.models import Membership
from liane.circle.services import oppose
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from liane.pathways import catalogue, clashes, listing, queries
from liane.pathways.models import Answer, Clash, Enrolment, Project, ProtocolVersion, Session
from liane.pathways.services import inclusion, life
from liane.pathways.services.inclusion import Said
from liane.pathways.tests.conftest import (
    as_,
    as_system,
    days_ago,
    did,
    only,
    propose,
    publish,
    run_project,
    text_of,
)
from liane.patients.services.identity import confirm_death
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_doctor_s_decision_is_the_prescription(included, roussel, zoe, simon):
    assert (included.status, included.prescribed_by_id) == ("included", roussel.pk)
    with as_system():
        row = Membership.objects.get(person=simon, holder_id=zoe.pk)
        assert (row.ground, row.status) == ("formal", "active")
        told = Entry.objects.filter(kind="circle.joined", object_id=row.pk)
        assert told.exists(), "never silently"


def test_a_coordinator_s_decision_waits_for_a_doctor(project, simon, lea, roussel, zoe):
    row = propose(project, simon, lea)
    with as_(lea):
        row = inclusion.decide(row.pk, on=days_ago(10))
        assert row.prescribed_by_id is None
        assert "inclusion à valider par un médecin" in [
            one.text for one in queries.one(row.pk).blocks
        ]
        with pytest.raises(Refused):
            inclusion.validate(row.pk, on=days_ago(1))
    with as_(roussel):
        assert inclusion.validate(row.pk, on=days_ago(1)).prescribed_by_id == roussel.pk
        with pytest.raises(Refused):
            inclusion.validate(row.pk, on=days_ago(1))


def test_where_no_prescription_is_asked_none_is_waited_for(project, simon, lea):
    row = propose(project, simon, lea)
    free = text_of().replace("prescription: un médecin\n", "")
    ProtocolVersion.objects.update(text=free)
    assert catalogue.of_project(project).prescription is None
    with as_(lea):
        inclusion.decide(row.pk, on=days_ago(10))
        assert "validation/" not in str(queries.one(row.pk).blocks)
        view = listing.Filters(view="a-valider")
        assert not listing.listed(row.organisation_id, view).exists()


def test_a_signed_validation_received_is_written_down(project, simon, lea, roussel):
    row = propose(project, simon, lea)
    with as_(lea):
        inclusion.decide(row.pk, on=days_ago(10))
        inclusion.validate(row.pk, on=days_ago(1), practice_id=roussel.pk)
    assert only(pk=row.pk).prescribed_on == days_ago(1)


@pytest.mark.parametrize(
    ("facts", "code", "outcome"),
    [({"imc": 30.0}, "ineligible", "unmet"), ({}, "unknown", "unknown")],
)
def test_a_criterion_that_is_not_met_or_not_known_stops(
    project, simon, roussel, facts, code, outcome
):
    row = propose(project, simon, roussel, said=Said(facts, profile="A"))
    with as_(roussel):
        with pytest.raises(Refused) as refusal:
            inclusion.decide(row.pk, on=days_ago(1))
        assert refusal.value.code == code
        assert "IMC" in refusal.value.message
        [kept] = Answer.objects.filter(enrolment=row, criterion="imc")
        assert kept.verdict == outcome
        inclusion.answer(row.pk, Said({"imc": 36.5}))
        assert inclusion.decide(row.pk, on=days_ago(0)).status == "included"


def test_nothing_is_decided_before_the_person_is_informed(project, simon, roussel):
    with as_(roussel):
        row = inclusion.propose(simon.pk, project.pk, Said({"imc": 41.0}, profile="A"))
        with pytest.raises(Refused) as refusal:
            inclusion.decide(row.pk, on=days_ago(0))
        assert refusal.value.code == "informed"
        assert inclusion.inform(row.pk, on=days_ago(0), objects=True).status == "refused"


def test_the_answer_is_sealed_and_keeps_the_fact(project, simon, roussel):
    from django.db import connection

    propose(project, simon, roussel)
    with as_system(), connection.cursor() as cursor:
        cursor.execute("SELECT fact FROM pathways_answer")
        assert not any(b"41" in bytes(fact) for (fact,) in cursor.fetchall())
        assert '"imc": 41.0' in Answer.objects.get(criterion="imc").fact


def test_one_living_enrolment_and_no_second_time_where_it_is_not_renewable(
    included, project, simon, roussel
):
    with as_(roussel):
        with pytest.raises(Refused):
            inclusion.propose(simon.pk, project.pk, Said())
        life.end(included.pk, on=days_ago(1), reason="completed")
    row = propose(project, simon, roussel, informed=days_ago(0))
    with as_(roussel), pytest.raises(Refused) as refusal:
        inclusion.decide(row.pk, on=days_ago(0))
    assert refusal.value.code == "ineligible"


def test_a_project_that_was_not_sent_includes_nobody(msp, lea, simon, roussel):
    publish(msp)
    from liane.pathways.services import projects

    with as_(lea):
        one = projects.open_project("essai", category="msp")
    row = propose(one, simon, roussel)
    with as_(roussel), pytest.raises(Refused) as refusal:
        inclusion.decide(row.pk, on=days_ago(0))
    assert refusal.value.code == "project"


def test_somebody_outside_decides_nothing(project, simon, zoe, lea):
    row = propose(project, simon, lea)
    make.member(simon, zoe)
    with as_(zoe), pytest.raises(NotAllowed):
        inclusion.decide(row.pk, on=days_ago(0))
    bob = make.practice("bob", profession="10", name="Bob")
    with as_(bob), pytest.raises(Http404):
        inclusion.decide(row.pk, on=days_ago(0))


def test_who_the_person_opposes_does_not_enter_with_the_team(project, simon, roussel, zoe, lea):
    with as_(lea):
        oppose(simon.pk, practice_id=zoe.pk, reason="ne veut pas")
    row = propose(project, simon, roussel)
    with as_(roussel), pytest.raises(Refused, match="oppose"):
        inclusion.decide(row.pk, on=days_ago(0), team=[zoe.pk])
    assert only(pk=row.pk).status == "proposed", "nothing was written"


def test_only_signatories_enter_by_the_project(project, simon, roussel):
    stranger = make.practice("bob", profession="95", name="Bob")
    row = propose(project, simon, roussel)
    with as_(roussel), pytest.raises(Refused) as refusal:
        inclusion.decide(row.pk, on=days_ago(0), team=[stranger.pk])
    assert refusal.value.field == "team"


# ------------------------------------------------------------------ its life
def test_a_suspension_stops_what_falls_due_and_a_return_resumes_it(included, roussel):
    with as_(roussel):
        row = life.suspend(included.pk, on=days_ago(0), reason="hospitalisée")
        assert queries.one(row.pk).risks == []
        row = life.resume(row.pk, on=days_ago(0))
        assert (row.status, row.suspensions.get().ends_on) == ("included", days_ago(0))


@pytest.mark.parametrize("reason", ["drop_out", "move", "medical"])
def test_an_end_says_its_consequences_and_leaves_nothing_due(included, roussel, reason):
    with as_(roussel):
        said = life.consequences(only(pk=included.pk), queries.one(included.pk).protocol, reason)
        assert "séances encore dues n’auront plus d’objet" in said[0]
        life.end(included.pk, on=days_ago(0), reason=reason, text="dit-elle")
        assert not Session.objects.filter(status__in=["due", "late"]).exists()
    row = only(pk=included.pk)
    assert (row.end_reason, row.late) == (reason, 0)


def test_after_an_early_end_the_picture_says_that_it_stopped_and_why(included, roussel):
    with as_(roussel):
        (stage,) = queries.one(included.pk).stages
        assert (stage.state, stage.says[:8]) == ("open", "jusqu’au")
        life.end(included.pk, on=days_ago(0), reason="drop_out")
        (stage,) = queries.one(included.pk).stages
    assert stage.says == f"arrêtée le {date_format(days_ago(0), 'j F Y')} : abandon"
    assert stage.state == "stopped"


def test_the_profile_is_asked_with_the_decision_where_the_protocol_has_some(
    project, simon, roussel, sign_in
):
    row = propose(project, simon, roussel, said=Said({"imc": 41.0, "ald": True}))
    client, path = sign_in("roussel"), f"/parcours/{row.pk}/decision/"
    page = client.get(path).content.decode()
    assert "<legend>Profil</legend>" in page
    assert client.post(path, {"on": days_ago(0)}).status_code == 422
    assert only().included_on is None
    client.post(path, {"on": days_ago(0), "profile": "B"})
    assert (only().profile, only().status) == ("B", "included")
    criteria = client.get(f"/parcours/{row.pk}/criteres/").content.decode()
    assert "Profil</label>" in criteria.replace(" </label>", "</label>")


def test_a_death_ends_every_pathway(included, lea, simon):
    with as_(lea):
        confirm_death(simon.pk, on=days_ago(2), source="son fils")
    row = only(pk=included.pk)
    assert (row.status, row.end_reason, row.ended_on) == ("ended", "death", days_ago(2))
    with as_(lea), pytest.raises(Refused):
        inclusion.propose(simon.pk, row.project_id, Said())


# ------------------------------------------------------------------ several bundles
@pytest.fixture
def other(included, simon) -> Project:
    """Another structure that runs a pathway which the first one excludes."""
    house = make.organisation("CDS des Pins", "cds")
    make.member(simon, house)
    ines = make.practice("ines", role="coordinator", of=house, name="Inès Lartigue")
    doctor = make.practice("doc", of=house, profession="10", name="Paul Doc")
    publish(
        house, key="autre", title="Autre parcours", excludes="{protocol: essai, article: essai}"
    )
    return run_project(house, ines, (doctor, "medecin"), key="autre")


def test_an_incompatible_pathway_is_told_to_both_and_named_to_none(other, included, simon):
    from liane.directory.models import Practice

    doctor = Practice.objects.get(professional__family="Doc")
    row = propose(other, simon, doctor)
    with as_(doctor), pytest.raises(Refused) as refusal:
        inclusion.decide(row.pk, on=days_ago(0))
    assert refusal.value.code == "clash"
    assert "essai" not in refusal.value.message.lower()
    with as_system():
        assert {one.enrolment_id for one in Clash.objects.all()} == {row.pk, included.pk}
        entries = Entry.objects.filter(kind="pathway.clash")
        assert entries.count() == 2
        told = clashes.told_of([row.pk, included.pk])
    assert all(told.values())
    with as_(doctor):
        inclusion.refuse(row.pk, reason="suit déjà un autre parcours")
    with as_system():
        assert not Clash.objects.filter(settled_at=None).exists()


def test_an_act_counts_in_one_bundle_only(other, included, simon, zoe):
    act = did(zoe, simon, "diet", 60)
    with as_system():
        assert act.in_bundles.filter(ended_at=None).count() == 1
        assert Enrolment.objects.get(pk=included.pk).counted.get().intervention_id == act.pk
    assert timezone.localdate(act.at) == days_ago(60)
