"""Which act of a pathway a visit was: deduced where it can be, else asked, at every entry."""

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone

from liane.agenda import queries as agenda_queries
from liane.agenda import services as agenda
from liane.core.errors import Refused
from liane.interventions import services as acts
from liane.interventions.models import Intervention
from liane.pathways import asking
from liane.pathways.models import Confirmation, Counted, Session
from liane.pathways.services import coding
from liane.pathways.tests.conftest import as_, as_system, at, days_ago, did
from tests import factories as make

pytestmark = pytest.mark.django_db


def visit(who, person, title="", **more):
    """A visit of two hours ago, planned."""
    with as_(who):
        return agenda.plan_visit(
            agenda.Visit(person.pk, timezone.now() - dt.timedelta(hours=2), practice_id=who.pk,
                         title=title, **more)
        )  # fmt: skip


def tapped(who, planned) -> Intervention:
    with as_(who):
        return agenda.mark_done(planned.pk)


def counted() -> list[str]:
    with as_system():
        return list(Counted.objects.filter(ended_at=None).values_list("code", flat=True))


def unsaid(who) -> list[tuple[str, int]]:
    with as_(who):
        return [(one.title, len(one.acts)) for one in asking.mine()]


# ------------------------------------------------------------------ deduced: one tap
def test_a_session_s_own_appointment_says_its_act(included, zoe, simon):
    planned = visit(zoe, simon, "Rendez-vous")
    with as_system():
        Session.objects.filter(requirement="diet", number=1).update(
            status="planned", appointment_id=planned.pk
        )
    assert tapped(zoe, planned).code == "diet"
    assert counted() == ["diet"]
    assert unsaid(zoe) == []


@pytest.mark.parametrize("title", ["Séance diététique", "seance dietetique", "diet"])
def test_the_name_of_the_visit_says_its_act(included, zoe, simon, title):
    assert tapped(zoe, visit(zoe, simon, title)).code == "diet"


def test_somebody_outside_of_the_team_is_asked_nothing(included, simon):
    nurse = make.practice("nora", name="Nora")
    make.member(simon, nurse)
    tapped(nurse, visit(nurse, simon, "Pansement"))
    assert unsaid(nurse) == []
    assert counted() == []


def test_a_person_in_no_pathway_is_asked_nothing(included, zoe):
    dupont = make.patient()
    make.member(dupont, zoe)
    made = tapped(zoe, visit(zoe, dupont, "Séance diététique"))
    assert (made.code, unsaid(zoe)) == ("", [])


# ------------------------------------------------------------------ asked
def test_what_cannot_be_deduced_is_asked_and_never_holds_the_visit_back(included, zoe, simon):
    planned = visit(zoe, simon, "Visite")
    made = tapped(zoe, planned)
    assert made.code == ""
    assert unsaid(zoe) == [("Visite", 1)]
    with as_(zoe):
        [shown] = agenda_queries.with_questions([agenda_queries.one(planned.pk)])
        assert [code for code, _ in shown.asked] == ["diet"], "the acts of one's own trade"
        assert coding.answer([made.pk], "diet") == 1
        assert agenda_queries.one(planned.pk).act.code == "diet"
    assert (counted(), unsaid(zoe)) == (["diet"], [])
    with as_(zoe):
        assert coding.answer([agenda_queries.one(planned.pk).act.pk], "diet") == 0, "settled"


def test_out_of_the_pathway_is_an_answer_that_lasts(included, zoe, simon):
    planned = visit(zoe, simon, "Visite")
    made = tapped(zoe, planned)
    with as_(zoe):
        coding.answer([made.pk], "")
        assert asking.mine() == []
        acts.amend_intervention(made.pk, outcome="watch", note="fatigué")
        assert asking.mine() == [], "saying more of it asks nothing again"
    assert counted() == []


def test_a_series_is_asked_about_once(included, zoe, simon):
    with as_(zoe):
        series = agenda.plan_series(
            agenda.Visit(simon.pk, at(3, 9), practice_id=zoe.pk, title="Pesée"),
            "FREQ=DAILY",
            since=at(3, 0),
        )
        first, second, third = list(series.occurrences.order_by("starts_at")[:3])
        made = agenda.mark_done(first.pk)
        coding.answer([made.pk], "")
        agenda.mark_done(second.pk)
        assert asking.mine() == []
        agenda.mark_done(third.pk, code="diet")
        assert counted() == ["diet"], "the answer may change"


def test_the_coordinator_may_say_it_and_who_did_it_confirms(included, lea, zoe, simon):
    made = tapped(zoe, visit(zoe, simon, "Visite"))
    with as_(lea):
        coding.answer([made.pk], "diet")
    with as_system():
        assert Confirmation.objects.get().practice_id == zoe.pk
    stranger = make.practice("bob", name="Bob")
    with as_(stranger), pytest.raises(Http404):
        coding.answer([made.pk], "diet")


def test_an_act_of_another_trade_is_refused_with_who_does_it(included, zoe, simon):
    with pytest.raises(Refused, match="médecin") as refusal:
        did(zoe, simon, "bilan-med", 3)
    assert refusal.value.field == "code"
    made = tapped(zoe, visit(zoe, simon, "Visite"))
    with as_(zoe), pytest.raises(Refused):
        coding.answer([made.pk], "bilan-med")


def test_what_was_entered_in_time_needs_no_reason_afterwards(included, zoe, simon):
    in_time, late = did(zoe, simon, None, 5, late_reason=""), did(zoe, simon, None, 40,
                                                                 late_reason="")  # fmt: skip
    with as_(zoe):
        coding.answer([in_time.pk], "diet")
        with pytest.raises(Refused) as refusal:
            coding.answer([late.pk], "diet")
        assert refusal.value.field == "late_reason"
        coding.answer([late.pk], "diet", late_reason="congés")
    with as_system():
        rows = Intervention.objects.filter(code="diet").order_by("at")
        assert [row.late_reason for row in rows] == ["congés", ""]
        assert {row.entered_at.date() for row in rows} == {days_ago(0)}


# ------------------------------------------------------------------ pages
def test_one_tap_then_one_answer_on_the_page(included, zoe, simon, sign_in):
    client, planned = sign_in("zoe"), visit(zoe, simon, "Visite")
    here = f"/agenda/visites/{planned.pk}/"
    shown = client.post(here + "faite/", headers={"HX-Request": "true"}).content.decode()
    assert "Faite" in shown
    assert "Quelle séance du parcours" in shown
    assert "visite</a> à préciser" in client.get("/").content.decode()
    answered = client.post(here + "acte/", {"code": "diet"}, headers={"HX-Request": "true"})
    assert "Quelle séance du parcours" not in answered.content.decode()
    assert counted() == ["diet"]
    wrong = client.post(here + "acte/", {"code": "sport"}, headers={"HX-Request": "true"})
    assert wrong.status_code == 200, "it was said already: nothing is asked any more"


def test_several_visits_are_settled_together_on_their_page(included, zoe, simon, sign_in):
    client = sign_in("zoe")
    made = [did(zoe, simon, None, days, title="Pesée") for days in (4, 3, 2)]
    shown = client.get("/parcours/seances/").content.decode()
    assert "Visites à préciser" in shown
    assert shown.count("Pesée") >= 1
    said = {"acte": [str(one.pk) for one in made], "code": "diet"}
    assert client.post("/parcours/seances/acte/", said).status_code == 302
    assert counted() == ["diet"] * 3
    assert "Visites à préciser" not in client.get("/parcours/seances/").content.decode()


def test_a_noted_visit_left_unsaid_waits(included, zoe, simon, sign_in):
    client = sign_in("zoe")
    today = timezone.localtime()
    form = {"day": today.date(), "hour": "00:01", "kind": "session", "outcome": "nothing",
            "practice": str(zoe.pk), "code": ""}  # fmt: skip
    client.post(f"/personnes/{simon.pk}/agenda/noter/", form)
    assert unsaid(zoe) == [("séance", 1)]
    client.post(f"/personnes/{simon.pk}/agenda/noter/", form | {"code": "hors", "hour": "00:02"})
    assert unsaid(zoe) == [("séance", 1)]
    client.post(f"/personnes/{simon.pk}/agenda/noter/", form | {"code": "diet", "hour": "00:03"})
    assert counted() == ["diet"]
