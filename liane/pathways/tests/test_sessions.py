"""Sessions due, acts that fulfil them, confirmations, payees; facts for the engine."""

import datetime as dt

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone

from liane.agenda import services as agenda
from liane.core.errors import NotAllowed, Refused
from liane.directory.models import Locum, Practice
from liane.interventions import services as acts
from liane.pathways import cases, links, progress, queries
from liane.pathways.models import Confirmation, Counted, Session, SharingAccord, SharingAgreement
from liane.pathways.services import confirming, counting, following, life
from liane.pathways.tests.conftest import as_, as_system, at, days_ago, did, only, signatory
from tests import factories as make

pytestmark = pytest.mark.django_db


def states(**filters) -> list[tuple[str, int, str]]:
    with as_system():
        rows = Session.objects.filter(**filters).order_by("requirement", "number")
        return [(row.requirement, row.number, row.status) for row in rows]


def test_what_falls_due_is_made_when_it_falls_due(included):
    assert states() == [
        ("bilan", 1, "late"), ("diet", 1, "late"), ("diet", 2, "late"), ("diet", 3, "late"),
    ]  # fmt: skip
    row = only(pk=included.pk)
    assert (row.phase, row.late) == ("initiale", 4)
    assert row.next_on == days_ago(100) + dt.timedelta(9), "the dietitian's first, ten days"


def test_refreshing_again_writes_nothing(included):
    with as_system():
        assert progress.refresh([included.pk]) == 0


def test_an_act_fulfils_the_session_that_was_due(included, zoe, simon):
    act = did(zoe, simon, "diet", 90)
    with as_system():
        row = Session.objects.get(requirement="diet", number=1)
        assert (row.status, row.intervention_id) == ("done", act.pk)
        assert [one.after for one in row.history.order_by("at", "id")][-1] == "done"
    assert only(pk=included.pk).late == 3


def test_an_act_undone_is_due_again(included, zoe, simon):
    act = did(zoe, simon, "diet", 3)
    with as_(zoe):
        acts.undo_intervention(act.pk, reason="erreur")
    assert ("diet", 1, "late") in states()
    with as_system():
        assert not Counted.objects.filter(ended_at=None).exists()


def test_saying_more_about_an_act_keeps_its_count(included, zoe, simon):
    act = did(zoe, simon, "diet", 3)
    with as_(zoe):
        made = acts.amend_intervention(act.pk, outcome="watch", note="a perdu 2 kg")
    with as_system():
        assert Counted.objects.get(ended_at=None).intervention_id == made.pk
        assert Session.objects.get(requirement="diet", number=1).intervention_id == made.pk


def test_a_done_sequence_opens_the_next(included, roussel, zoe, simon):
    did(roussel, simon, "bilan-med", 95)
    did(zoe, simon, "diet", 80)
    did(zoe, simon, "diet", 50)
    assert only(pk=included.pk).phase == "suivi"
    assert ("sport", 1, "late") in states(phase="suivi")
    assert ("diet", 3, "cancelled") in states(phase="initiale")


def test_more_than_thirty_days_late_needs_a_reason(included, zoe, simon):
    with pytest.raises(Refused) as refusal:
        did(zoe, simon, "diet", 31, late_reason="")
    assert refusal.value.field == "late_reason"
    assert did(zoe, simon, "diet", 29, late_reason="").late_reason == ""
    assert did(zoe, simon, "diet", 31, late_reason="congés").late_reason == "congés"


def test_an_act_of_no_pathway_is_refused(included, zoe, simon):
    with pytest.raises(Refused) as refusal:
        did(zoe, simon, "diet", 200)
    assert refusal.value.field == "code"
    assert did(zoe, simon, "", 200).code == ""


def test_acts_of_one_s_trade_are_offered_first(included, zoe, simon):
    with as_(zoe):
        offered = counting.codes(simon.pk, [zoe.pk])
    assert [code for code, _ in offered] == ["diet", "bilan-med", "sport"]
    dupont = make.patient()
    make.member(dupont, zoe)
    with as_(zoe):
        assert counting.codes(dupont.pk, [zoe.pk]) == []


def test_a_planned_visit_is_noted_with_its_act(included, zoe, simon):
    with as_(zoe):
        visit = agenda.plan_visit(
            agenda.Visit(simon.pk, timezone.now() - dt.timedelta(hours=2), practice_id=zoe.pk)
        )
        agenda.mark_done(visit.pk, code="diet")
        agenda.mark_done(visit.pk, outcome="watch", note="fatigué")
    with as_system():
        assert Counted.objects.get(ended_at=None).intervention.note == "fatigué"


# ------------------------------------------------------------------ entered for somebody else
def test_an_act_entered_for_another_waits_for_them(included, lea, zoe, simon):
    act = did(lea, simon, "diet", 5, by=zoe)
    with as_(zoe):
        [row] = queries.confirmations()
        assert row.intervention_id == act.pk
    with as_(lea):
        assert "1 séance à confirmer" in [one.text for one in queries.one(included.pk).blocks]
        with pytest.raises(Http404):
            confirming.confirm(row.pk)
    with as_(zoe):
        confirming.confirm(row.pk)
        assert confirming.confirm(row.pk).status == "confirmed"
        assert queries.confirmations() == []
    with as_(lea):
        assert "1 séance à confirmer" not in [one.text for one in queries.one(included.pk).blocks]


def test_a_contested_act_counts_no_more_and_says_why(included, lea, zoe, simon):
    did(lea, simon, "diet", 5, by=zoe)
    with as_(zoe):
        [row] = queries.confirmations()
        with pytest.raises(Refused) as refusal:
            confirming.contest(row.pk, reason=" ")
        assert refusal.value.field == "reason"
        confirming.contest(row.pk, reason="elle n’est pas venue")
    assert ("diet", 1, "late") in states()
    told = following.told_of_confirmation([row.pk], author=True)
    assert told[row.pk] == [lea.pk]


def test_the_month_s_link_lets_somebody_without_an_account_confirm(included, lea, zoe, simon):
    person = zoe.professional
    did(lea, simon, "diet", 5, by=zoe)
    person.user = None
    person.save(update_fields=["user"])
    assert (links.open_month(), links.open_month()) == (1, 0)
    with as_(lea):
        link, code = links.spoken_code(zoe.pk)
    path, client = links.path_of(link), Client()
    assert "Simon" not in client.get(path).content.decode()
    assert client.post(f"{path}code/", {"code": "000000"}).status_code == 422
    client.post(f"{path}code/", {"code": code})
    assert "M. Simon" in client.get(path).content.decode()
    with as_system():
        row = Confirmation.objects.get()
    client.post(path, {"confirmation": str(row.pk), "answer": "confirm"})
    with as_system():
        row.refresh_from_db()
        assert (row.status, row.via) == ("confirmed", "link")
    assert client.get(path[:-3] + "xx/").status_code == 404


def test_a_code_is_said_only_by_who_runs_a_project_with_them(included, zoe):
    lise = make.practice("lise", role="coordinator", name="Lise")
    with as_(lise), pytest.raises(Http404):
        links.spoken_code(zoe.pk)


# ------------------------------------------------------------------ facts for the engine
def read(row, until: dt.date | None = None):
    with as_system():
        return queries.case(row.pk, until or timezone.localdate())


def test_the_payee_is_the_one_of_the_day(included, zoe, simon):
    did(zoe, simon, "diet", 60)
    did(zoe, simon, "diet", 20)
    house, old = make.organisation("Centre", "cds"), signatory(zoe)
    type(old).objects.filter(pk=old.pk).update(ends_on=days_ago(40))
    new = type(old)(project_id=old.project_id, practice=zoe, profession="dieteticien",
                    payee="employer", employer=house, starts_on=days_ago(39))  # fmt: skip
    new.save(force_insert=True)
    payees = {act.on: act.payee for act in read(included).case.acts}
    assert payees == {days_ago(60): str(zoe.pk), days_ago(20): str(house.pk)}


def test_a_locum_s_act_pays_whom_they_replace(included, zoe, simon):
    max_ = make.practice("max", profession="95", name="Max Loc")
    make.member(simon, max_)
    Locum.objects.create(replaced=zoe, locum=max_, starts_on=days_ago(10), ends_on=days_ago(5))
    did(max_, simon, "diet", 7)
    did(max_, simon, "diet", 2)
    payees = {act.on: act.payee for act in read(included).case.acts}
    assert payees == {days_ago(7): str(zoe.pk), days_ago(2): None}


def test_who_left_is_still_paid_for_what_was_done(included, zoe, simon):
    did(zoe, simon, "diet", 60)
    Practice.objects.filter(pk=zoe.pk).update(ended_on=days_ago(30))
    [act] = read(included).case.acts
    assert act.payee == str(zoe.pk)


def test_dated_facts_reach_the_engine(included, lea, roussel, zoe, simon):
    did(lea, simon, "diet", 10, by=zoe)
    with as_(lea):
        life.set_rights(included.pk, starts_on=days_ago(90), exemptions=["ald"], has_amc=True)
        life.set_rights(included.pk, starts_on=days_ago(30), exemptions=[], has_amc=False)
        life.give_document(included.pk, "accord", days_ago(3))
    agreed = SharingAgreement.objects.create(
        project_id=included.project_id, starts_on=days_ago(200), governs="act",
        key='{"label": "Accord", "article": "accord", "remainder": "structure"}',
    )  # fmt: skip
    assert read(included).case.keys == (), "one person proposed it"
    SharingAccord.objects.create(agreement=agreed)
    assert len(read(included).case.keys) == 1
    case = read(included).case
    [(code, span)] = case.exemptions
    assert (code, span.since, span.until) == ("ald", days_ago(90), days_ago(31))
    assert [one.until for one in case.amc] == [days_ago(31)]
    assert case.documents == {"accord": days_ago(3)}
    assert case.keys[0].sharing.governs == "act"
    assert [act.state for act in case.acts] == ["unconfirmed"]
    assert case.structure == str(included.organisation_id)
    assert read(included, days_ago(20)).case.acts == ()


def test_facts_cost_the_same_at_any_number(
    included, project, roussel, zoe, simon, django_assert_max_num_queries
):
    did(zoe, simon, "diet", 60)
    with as_system(), django_assert_max_num_queries(13):
        list(queries.cases_of([included.pk], timezone.localdate()))


def test_machines_read_the_same_facts_as_pages(included, project, roussel, zoe, simon):
    did(zoe, simon, "diet", 60)
    did(zoe, simon, "diet", 30)
    with as_system():
        page = queries.case(included.pk, timezone.localdate())
        (fact,) = cases.many([included.pk], timezone.localdate())
    assert len(page.case.acts) == 2
    named = tuple(act._replace(id=str(act.id)) for act in page.case.acts)
    assert fact.case == page.case._replace(acts=named)
    assert fact.enrolment.person_id == included.person_id


def test_nobody_outside_reads_an_enrolment(included):
    bob = make.practice("bob", name="Bob")
    with as_(bob):
        assert queries.one(included.pk) is None
        assert queries.by_ids([included.pk]) == {}
        with pytest.raises(Http404):
            life.suspend(included.pk, on=days_ago(0), reason="x")


def test_home_help_knows_nothing_of_the_pathway(included, simon):
    saad = make.organisation("SAAD", "saad")
    maite = make.practice("maite", role="social", of=saad, name="Maïté")
    make.member(simon, maite, outside_team=True, ground="consent")
    with as_(maite):
        assert queries.of_person(simon.pk) == []
        with pytest.raises((NotAllowed, Http404)):
            life.suspend(included.pk, on=at(0).date(), reason="x")
