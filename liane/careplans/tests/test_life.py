"""From draft to force: the doctor answers or is silent, the person agrees, each step is dated."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.careplans import queries, services
from liane.careplans.models import Plan
from liane.careplans.tests.conftest import as_
from liane.circle.queries import recipients
from liane.core import acting
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import Entry
from tests import factories as make

pytestmark = pytest.mark.django_db
Status = Plan.Status


def status_of(plan) -> str:
    with acting.acting(acting.system("test")):
        return Plan.objects.get(pk=plan.pk).status


def steps_of(plan) -> list[str]:
    with acting.acting(acting.system("test")):
        return [event.after for event in plan.history.order_by("at", "id")]


def told(kind: str) -> set[str]:
    from liane.accounts.models import User

    with acting.acting(acting.system("test")):
        entry = Entry.objects.filter(kind=kind).latest("id")
        return {User.objects.get(pk=one.user_id).username for one in recipients(entry)}


@pytest.fixture
def sent(plan, problem, isabelle, roussel):
    with as_(isabelle):
        services.share(plan.pk, person=True, carers=False)
        return services.send(plan.pk)


def test_a_plan_begins_with_its_referent(simon, isabelle) -> None:
    outsider = make.practice("zoe")
    with as_(isabelle):
        with pytest.raises(Refused, match="cercle"):
            services.open_plan(simon.pk, referent_id=outsider.pk)
        plan = services.open_plan(simon.pk, referent_id=isabelle.pk)
        with pytest.raises(Refused, match="déjà ouvert"):
            services.open_plan(simon.pk, referent_id=isabelle.pk)
    assert plan.review_on == timezone.localdate() + dt.timedelta(days=90)


def test_an_empty_plan_is_not_sent(plan, isabelle) -> None:
    with as_(isabelle), pytest.raises(Refused, match="vide"):
        services.send(plan.pk)


def test_validated_and_agreed_it_is_in_force(sent, plan, roussel) -> None:
    with as_(roussel):
        services.answer(sent.pk, validated=True)
    assert status_of(plan) == Status.VALIDATED
    with as_("simon"):
        services.agree(sent.pk, answer="agrees")
    assert status_of(plan) == Status.IN_FORCE
    assert steps_of(plan) == ["draft", "sent", "validated", "in_force"]


def test_only_the_attending_doctor_validates(sent, isabelle, claire) -> None:
    for one in (isabelle, claire):
        with as_(one), pytest.raises(NotAllowed):
            services.answer(sent.pk, validated=True)


def test_remarks_bring_it_back_to_the_team_and_must_be_said(sent, plan, roussel) -> None:
    with as_(roussel):
        with pytest.raises(Refused, match="reprendre"):
            services.answer(sent.pk, validated=False)
        services.answer(sent.pk, validated=False, text="Revoir l’action du kiné.")
    assert status_of(plan) == Status.DRAFT
    assert "isabelle" in told("plan.returned")


def test_only_the_latest_version_is_answered(sent, plan, isabelle, roussel) -> None:
    with as_(isabelle):
        newer = services.send(plan.pk, reason="action ajoutée")
    with as_(roussel):
        with pytest.raises(Conflict):
            services.answer(sent.pk, validated=True)
        services.answer(newer.pk, validated=True)


def test_a_plan_sent_tells_the_doctor(sent) -> None:
    assert told("plan.to_validate") == {"roussel"}


@pytest.mark.parametrize(("days", "expected"), [(9.9, Status.SENT), (10, Status.UNANSWERED)])
def test_after_ten_days_of_silence_it_runs(sent, plan, days, expected, time_machine) -> None:
    time_machine.move_to(sent.at + dt.timedelta(days=days, seconds=5), tick=False)
    services.note_silences()
    assert status_of(plan) == expected


def test_silence_is_noted_once_and_the_doctor_may_answer_after(
    sent, plan, roussel, settings, time_machine
) -> None:
    settings.LIANE_PLAN_SILENCE_DAYS = 3
    time_machine.move_to(sent.at + dt.timedelta(days=3, seconds=5), tick=False)
    assert (services.note_silences(), services.note_silences()) == (1, 0)
    with as_(roussel):
        services.answer(sent.pk, validated=True)
    assert status_of(plan) == Status.VALIDATED


def test_without_answer_it_is_put_in_force_with_the_persons_agreement(
    sent, plan, isabelle, time_machine
) -> None:
    time_machine.move_to(sent.at + dt.timedelta(days=11), tick=False)
    services.note_silences()
    with as_(isabelle):
        with pytest.raises(Refused, match="réponse de la personne"):
            services.start(plan.pk)
        services.agree(sent.pk, answer="agrees", text="« C’est bien comme ça. »")
        services.start(plan.pk)
    assert status_of(plan) == Status.IN_FORCE


def test_a_refusal_keeps_it_from_being_in_force(sent, plan, isabelle, roussel) -> None:
    with as_("simon"):
        services.agree(sent.pk, answer="refuses", text="Pas de portage de repas.")
    with as_(roussel):
        services.answer(sent.pk, validated=True)
    with as_(isabelle), pytest.raises(Refused, match="pas d’accord"):
        services.start(plan.pk)
    assert status_of(plan) == Status.VALIDATED


def test_a_carer_gives_an_opinion_that_binds_nobody(sent, plan, simon, isabelle, roussel) -> None:
    make.contact(simon, "paul", access="carer_write")
    with as_(isabelle):
        services.share(plan.pk, person=True, carers=True)
    with as_("paul"):
        services.agree(sent.pk, answer="refuses")
    with as_(roussel):
        services.answer(sent.pk, validated=True)
    with as_(isabelle):
        standing = queries.standing(plan)
    assert standing.agreement is None
    assert [one.answer for one in standing.opinions] == ["refuses"]


def test_who_cannot_answer_is_said_by_the_team_with_the_reason(sent, plan, isabelle, roussel):
    with as_("simon"), pytest.raises(Refused):
        services.agree(sent.pk, answer="unable", text="x")
    with as_(isabelle):
        with pytest.raises(Refused):
            services.agree(sent.pk, answer="unable")
        services.agree(sent.pk, answer="unable", text="Aphasie, mari consulté.")
    with as_(roussel):
        services.answer(sent.pk, validated=True)
    assert status_of(plan) == Status.IN_FORCE


def test_a_review_due_tells_the_referent_once(plan, isabelle, time_machine) -> None:
    with acting.acting(acting.system("test")):
        assert services.note_reviews() == 0
    time_machine.move_to(timezone.now() + dt.timedelta(days=91), tick=False)
    assert (services.note_reviews(), services.note_reviews()) == (1, 0)
    assert told("plan.review_due") == {"isabelle"}
    with as_(isabelle):
        assert [one.pk for one in queries.to_review()] == [plan.pk]
        later = timezone.localdate() + dt.timedelta(days=60)
        services.review(plan.pk, note="Marche mieux.", next_on=later)
        assert queries.to_review() == []


def test_a_closed_plan_is_changed_no_more_and_another_may_open(plan, simon, isabelle) -> None:
    from liane.careplans import editing

    with as_(isabelle):
        with pytest.raises(Refused, match="pourquoi"):
            services.close(plan.pk, reason=" ")
        services.close(plan.pk, reason="objectifs atteints")
        with pytest.raises(Refused, match="clos"):
            editing.add_line(plan.pk, "problem", {"domain": "medical", "statement": "x"})
        assert services.open_plan(simon.pk, referent_id=isabelle.pk).pk != plan.pk


def test_the_person_reads_once_it_is_shared(plan, isabelle) -> None:
    with as_("simon"):
        assert queries.current(plan.person_id) is None
    with as_(isabelle):
        services.share(plan.pk, person=True, carers=False)
    with as_("simon"):
        assert queries.current(plan.person_id).pk == plan.pk
    with as_(isabelle):
        services.share(plan.pk, person=False, carers=False)
    with as_("simon"):
        assert queries.current(plan.person_id) is None


def test_what_a_carer_says_is_read_by_the_person_only_if_they_wish(plan, simon) -> None:
    make.contact(simon, "paul", access="carer_write")
    with as_("paul"):
        services.give_words(simon.pk, text="Je n’en peux plus.", topic="matters")
        services.give_words(simon.pk, text="Il aime le jardin.", topic="matters", both=True)
    with as_("simon"):
        assert [one.text for one in queries.words_of(simon.pk)] == ["Il aime le jardin."]
