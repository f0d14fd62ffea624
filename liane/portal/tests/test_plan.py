"""The plan in the portal: read once shared, in plain words; own words and answer are dated."""

import pytest
from django.utils import timezone

from liane.careplans import doing, editing, queries, services
from liane.careplans.models import Agreement
from liane.core import acting
from liane.core.acting import owner
from liane.patients.models import AttendingDoctor
from tests import factories as make

pytestmark = pytest.mark.django_db
URL = "/portail/plan/"


def as_(who):
    return acting.acting(make.actor(who))


@pytest.fixture
def simon():
    person = make.patient("SIMON", "Pierre", used_name="", sex="M", user=make.user("simon"))
    doctor = make.practice("roussel", profession="10")
    make.member(person, doctor)
    with owner():
        AttendingDoctor.objects.create(
            person=person, practice=doctor, started_on=timezone.localdate()
        )
    make.contact(person, "julie", access="carer_read")
    make.contact(person, "marc", access="carer_write")
    make.contact(person, "tuteur", access="legal", measure="tutelle")
    return person


@pytest.fixture
def version(simon):
    claire = make.practice("claire", name="Claire Aubert")
    make.member(simon, claire)
    with as_(claire):
        plan = services.open_plan(simon.pk, referent_id=claire.pk)
        problem = editing.add_line(
            plan.pk, "problem", {"domain": "medical", "statement": "Chutes à répétition"}
        )
        shared = editing.add_line(
            plan.pk, "objective", {"text": "Sortir au marché"}, parent_id=problem.pk
        )
        editing.add_line(
            plan.pk, "objective", {"text": "Parler d’un établissement", "shared": False},
            parent_id=problem.pk,
        )  # fmt: skip
        editing.add_line(
            plan.pk, "action", {"text": "Marcher ensemble", "practice": claire.pk},
            parent_id=shared.pk,
        )  # fmt: skip
        services.share(plan.pk, person=True, carers=False)
        return services.send(plan.pk)


def page(sign_in, who: str) -> str:
    return sign_in(who).get(URL).content.decode()


def answers(version) -> list[tuple[str, str]]:
    with acting.acting(acting.system("test")):
        rows = Agreement.objects.filter(version=version).order_by("at")
        return [(row.voice, row.answer) for row in rows]


def test_the_person_reads_shared_objectives_and_who_does_what(simon, version, sign_in) -> None:
    shown = page(sign_in, "simon")
    for text in ("Sortir au marché", "Marcher ensemble", "Claire Aubert", "Chutes à répétition"):
        assert text in shown
    assert "établissement" not in shown


@pytest.mark.parametrize("who", ["julie", "marc"])
def test_a_carer_reads_it_only_once_it_is_shared_with_carers(simon, version, sign_in, who) -> None:
    assert "Sortir au marché" not in page(sign_in, who)
    with as_("claire"):
        services.share(version.plan_id, person=True, carers=True)
    assert "Sortir au marché" in page(sign_in, who)


def test_what_was_done_since_shows(simon, version, sign_in) -> None:
    with as_("claire"):
        (row,) = queries.screen(queries.current(simon.pk)).rows
        doing.set_status(row.goals[0].actions[0].pk, "done")
    assert "faite" in page(sign_in, "simon")


def test_the_person_agrees_and_may_change_their_mind(simon, version, sign_in) -> None:
    client = sign_in("simon")
    for answer in ("agrees", "refuses"):
        client.post(f"{URL}reponse/", {"version": str(version.pk), "answer": answer})
    assert answers(version) == [("person", "agrees"), ("person", "refuses")]
    assert "Vous n’êtes pas d’accord" in page(sign_in, "simon")


def test_the_representative_s_answer_binds_and_a_carer_s_does_not(simon, version, sign_in) -> None:
    with as_("claire"):
        services.share(version.plan_id, person=True, carers=True)
    for who in ("tuteur", "marc"):
        sign_in(who).post(f"{URL}reponse/", {"version": str(version.pk), "answer": "agrees"})
    assert answers(version) == [("legal", "agrees"), ("carer", "agrees")]
    with as_("claire"):
        assert queries.standing(version.plan).agreement.voice == "legal"


def test_a_carer_who_may_only_see_says_nothing(simon, version, sign_in) -> None:
    with as_("claire"):
        services.share(version.plan_id, person=True, carers=True)
    client = sign_in("julie")
    assert "Oui, d’accord" not in client.get(URL).content.decode()
    posted = {"version": str(version.pk), "answer": "agrees"}
    assert client.post(f"{URL}reponse/", posted).status_code in {302, 403}
    words = {"words-topic": "matters", "words-text": "x"}
    assert client.post(f"{URL}paroles/", words).status_code == 403
    assert answers(version) == []


def test_own_words_reach_the_team_even_before_a_plan(sign_in, simon) -> None:
    make.member(simon, make.practice("claire"))
    words = {"words-topic": "matters", "words-text": "Rester dans ma maison."}
    assert sign_in("simon").post(f"{URL}paroles/", words).status_code == 302
    with as_("claire"):
        assert [one.text for one in queries.words_of(simon.pk)] == ["Rester dans ma maison."]
    assert "Rester dans ma maison." in page(sign_in, "simon")
    assert "Rester dans ma maison." not in page(sign_in, "marc")


def test_empty_words_come_back_with_a_sentence(sign_in, simon) -> None:
    answer = sign_in("simon").post(f"{URL}paroles/", {"words-topic": "matters", "words-text": " "})
    assert answer.status_code == 422
