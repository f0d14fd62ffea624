"""A request is sent, taken, answered; who reads what, who joins, who is told back."""

from uuid import uuid4

import pytest
from django.http import Http404

from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.circle.queries import recipients
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.errors import Conflict, NotAllowed, Refused, Replayed
from liane.core.models import Entry
from liane.followups import services as followups
from liane.followups.models import Accompaniment
from liane.followups.states import ExitReason
from liane.referrals import queries, returning, sending, services
from liane.referrals.models import Assignment, Referral, ReferralStep, ReturnTo
from liane.referrals.sending import Wanted
from liane.referrals.services import Reply
from liane.referrals.states import Status
from liane.referrals.tests.conftest import as_
from tests import factories as make

pytestmark = pytest.mark.django_db


def reads_record(who, person) -> bool:
    with as_(who) as actor:
        return Reach.of(actor).patients().filter(pk=person.pk).exists()


def told(kind: str) -> set[str]:
    with acting.acting(acting.system("test")):
        entry = Entry.objects.filter(kind=kind).latest("id")
        return {one.role for one in recipients(entry)} | {
            str(one.holder_id) for one in recipients(entry)
        }


def accepted(referral, who, outcome=Status.INTENSIVE):
    with as_(who):
        services.take(referral.pk)
        services.qualify(referral.pk, Status.IN_SCOPE)
        return services.answer(referral.pk, Reply(outcome, "Nous passons jeudi."))


def test_the_right_one_for_the_address_gets_it_and_its_desk_is_told(asked, dac, isabelle) -> None:
    referral = asked()
    assert (referral.organisation, referral.city) == (dac, "Narrosse")
    assert str(isabelle.pk) in told("referral.sent")
    with as_(isabelle):
        (row,) = queries.page("a-prendre").rows
        assert row.name == "M. Pierre Simon"
        assert row.need == "Maintien à domicile difficile"


def test_on_duty_hears_alone(asked, dac, isabelle, lise) -> None:
    from django.utils import timezone

    from liane.directory.models import Duty

    Duty.objects.create(post=make.post("Accueil", dac), practice=lise, starts_at=timezone.now())
    asked()
    assert str(lise.pk) in told("referral.sent")
    assert str(isabelle.pk) not in told("referral.sent")


def test_before_it_accepts_the_organisation_reads_the_request_and_nothing_of_the_record(
    asked, isabelle, simon
) -> None:
    referral = asked(text="Deux chutes ce mois-ci.")
    with as_(isabelle):
        found = queries.one(referral.pk)
        assert (found.text, found.identity["city"]) == ("Deux chutes ce mois-ci.", "Narrosse")
    assert not reads_record(isabelle, simon)
    with as_(isabelle):
        services.take(referral.pk)
        services.qualify(referral.pk, Status.IN_SCOPE)
    assert not reads_record(isabelle, simon)


@pytest.mark.parametrize(
    ("consent", "note", "ground"),
    [("agrees", "", "consent"), ("unable", "fils consulté", "team"),
     ("override", "dénutrition, danger", "team")],
)  # fmt: skip
def test_accepting_joins_the_circle_on_the_ground_of_the_request_and_tells_it(
    asked, dac, isabelle, simon, consent, note, ground
) -> None:
    accepted(asked(consent=consent, consent_note=note), isabelle)
    assert reads_record(isabelle, simon)
    with acting.owner():
        member = Membership.objects.get(person=simon, organisation=dac)
    assert (member.ground, member.status) == (ground, "active")
    assert note in member.proof
    assert "care" in told("circle.joined")


@pytest.mark.parametrize("qualified", [Status.OUT_OF_SCOPE, Status.DUPLICATE, Status.FOLLOWED])
def test_another_qualification_says_why_and_opens_nothing(
    asked, isabelle, simon, qualified
) -> None:
    referral = asked()
    with as_(isabelle):
        services.take(referral.pk)
        with pytest.raises(Refused) as refusal:
            services.qualify(referral.pk, qualified)
        assert refusal.value.field == "reason"
        services.qualify(referral.pk, qualified, reason="voir la CPTS")
    assert not reads_record(isabelle, simon)


def test_refusing_says_why_to_the_requester_and_opens_nothing(
    asked, isabelle, simon, claire, roussel
) -> None:
    referral = asked()
    with as_(isabelle):
        services.refuse(referral.pk, reason="Hors de notre département.")
    assert not reads_record(isabelle, simon)
    assert {str(claire.pk), str(roussel.pk)} <= told("referral.refused")
    with as_(claire):
        lines = queries.detail(queries.one(referral.pk)).lines
        assert any("Hors de notre département" in line.text for line in lines)


def test_a_request_from_outside_the_circle_lets_the_organisation_ask_and_the_circle_decides(
    simon, roussel, claire, dac, isabelle
) -> None:
    """Claiming a consent on the telephone must not open a record to whoever claims it."""
    from liane.circle import tokens
    from liane.referrals import attaching

    with as_(isabelle):
        call = sending.log_call(Wanted("staying_home", caller="Une voisine"), mine=True)
        attaching.attach_unseen(call.pk, tokens.give(simon.pk))
        services.qualify(call.pk, Status.IN_SCOPE)
        services.answer(call.pk, Reply(Status.SUSTAINED, "Nous appelons.", consent="agrees"))
    assert not reads_record(isabelle, simon)
    with acting.owner():
        assert Membership.objects.get(person=simon, organisation=dac).status == "requested"
    with as_(claire):
        assert queries.of_person(simon.pk) == []
    with as_(roussel):
        assert [row.pk for row in queries.of_person(simon.pk)] == [call.pk]


def test_the_return_goes_to_the_requester_and_to_the_attending_doctor(
    asked, isabelle, claire, roussel
) -> None:
    referral = accepted(asked(), isabelle)
    assert {str(claire.pk), str(roussel.pk)} <= told("referral.answered")
    with as_(roussel):
        (line,) = [line for line in queries.detail(queries.one(referral.pk)).lines if line.text]
        assert line.text == "Nous passons jeudi."
        assert [row.role for row in line.told] == ["doctor", "requester"]


def test_no_answer_without_words(asked, isabelle) -> None:
    referral = asked()
    with as_(isabelle):
        services.take(referral.pk)
        services.qualify(referral.pk, Status.IN_SCOPE)
        with pytest.raises(Refused) as refusal:
            services.answer(referral.pk, Reply(Status.INFORMATION, "  "))
        assert refusal.value.field == "text"
        assert queries.one(referral.pk).status == Status.IN_SCOPE


def test_information_closes_by_itself_once_everybody_knows(asked, isabelle) -> None:
    assert accepted(asked(), isabelle, Status.INFORMATION).status == Status.DONE


def test_a_caller_must_be_called_back_before_it_closes(dac, isabelle) -> None:
    with as_(isabelle):
        call = sending.log_call(
            Wanted("advice", caller="Mme Garat", caller_phone="0558112233"), mine=True
        )
        services.qualify(call.pk, Status.IN_SCOPE)
        made = services.answer(call.pk, Reply(Status.INFORMATION, "Voyez le CLIC."))
        assert made.status == Status.INFORMATION
        assert not services.close(call.pk).is_closed
        (owed,) = returning.owed(made)
        assert (owed.label, owed.phone) == ("Mme Garat", "0558112233")
        returning.settle(owed.pk)
        returning.settle(owed.pk)
        assert services.close(call.pk).is_closed


def test_a_doctor_outside_is_written_to_by_mail(asked, isabelle, roussel, settings) -> None:
    from liane.messaging.models import Message

    roussel.professional.user = None
    roussel.professional.save()
    roussel.email = "roussel@mssante.test"
    roussel.save()
    accepted(asked(), isabelle)
    with acting.owner():
        row = ReturnTo.objects.get(role="doctor")
        assert row.way == "mail"
        assert "Nous passons jeudi." in Message.objects.get().text


def test_a_support_ends_with_last_words(asked, isabelle, claire) -> None:
    referral = accepted(asked(), isabelle)
    with as_(isabelle):
        with pytest.raises(Refused) as refusal:
            services.close(referral.pk, text="Aides en place.")
        assert refusal.value.code == "supported"
        opened = Accompaniment.objects.get(request_id=referral.pk)
        followups.end(opened.pk, ExitReason.RELAY, text="Aides en place.")
        assert queries.one(referral.pk).status == Status.DONE
    with as_(claire):
        assert services.reopen(referral.pk, reason="Nouvelle chute").status == Status.REOPENED
    with as_(isabelle):
        rows = ReferralStep.objects.filter(referral=referral).order_by("at", "id")
        assert [row.after for row in rows] == [
            "sent", "received", "in_scope", "intensive", "done", "reopened",
        ]  # fmt: skip


def test_onward_makes_a_request_that_the_first_requester_can_follow(
    asked, isabelle, claire, simon
) -> None:
    cpts = make.organisation("CPTS du Grand Dax", "cpts")
    chris = make.practice("chris", role="coordinator", of=cpts)
    referral = asked(text="Plus de médecin depuis juin.")
    with as_(isabelle):
        services.take(referral.pk)
        services.qualify(referral.pk, Status.OUT_OF_SCOPE, reason="recherche de médecin")
        with pytest.raises(Refused):
            services.answer(referral.pk, Reply(Status.ONWARD, "La CPTS vous répond."))
        services.answer(referral.pk, Reply(Status.ONWARD, "La CPTS vous répond.", cpts.pk))
    with as_(chris):
        (row,) = queries.page("a-prendre").rows
        assert (row.requester_label, queries.one(row.pk).text) == (
            "DAC des Landes", "Plus de médecin depuis juin.",
        )  # fmt: skip
    with as_(claire):
        assert [one.pk for one in queries.detail(queries.one(referral.pk)).onward] == [row.pk]
    assert not reads_record(chris, simon)


def test_the_requester_takes_it_back_and_the_desk_cannot(asked, isabelle, claire) -> None:
    referral = asked()
    with as_(isabelle), pytest.raises(NotAllowed):
        services.revoke(referral.pk, reason="x")
    with as_(claire):
        assert services.revoke(referral.pk, reason="Hospitalisé").status == Status.REVOKED


def test_whoever_takes_it_first_has_it_and_the_second_is_told(asked, isabelle, lise) -> None:
    referral = asked()
    with as_(isabelle):
        services.take(referral.pk)
        services.take(referral.pk)
    with as_(lise), pytest.raises(Conflict):
        services.take(referral.pk)
    with as_(isabelle):
        services.entrust(referral.pk, lise.pk, reason="ton secteur")
    assert str(lise.pk) in told("referral.assigned")
    with acting.owner():
        assert Assignment.objects.count() == 2


def test_a_step_on_what_a_colleague_changed_meanwhile_is_a_conflict(asked, isabelle) -> None:
    referral = asked()
    with as_(isabelle):
        read = queries.one(referral.pk).version
        services.take(referral.pk)
        with pytest.raises(Conflict):
            services.qualify(referral.pk, Status.IN_SCOPE, expect=read)


def test_a_secretary_takes_calls_and_does_not_answer(dac, asked) -> None:
    sarah = make.practice("sarah", role="secretary", of=dac)
    referral = asked()
    with as_(sarah):
        sending.log_call(Wanted("advice"))
        services.take(referral.pk)
        with pytest.raises(NotAllowed):
            services.qualify(referral.pk, Status.IN_SCOPE)


@pytest.mark.parametrize("role", ["manager", "billing", "dpo", "identity", "technical_admin"])
def test_others_of_the_addressed_house_read_no_request(asked, dac, role) -> None:
    referral = asked()
    other = make.practice("other", role=role, of=dac)
    with as_(other):
        assert queries.one(referral.pk) is None
        assert queries.page("").rows == []
        with pytest.raises(NotAllowed):
            sending.log_call(Wanted("advice"))


def test_outside_nobody_sees_it(asked) -> None:
    referral = asked()
    bruno = make.practice("bruno")
    with as_(bruno):
        assert queries.one(referral.pk) is None
        with pytest.raises(Http404):
            services.take(referral.pk)


def test_whom_the_person_opposes_gets_and_keeps_no_request(asked, dac, isabelle, simon) -> None:
    referral = asked()
    with acting.owner():
        Opposition.objects.create(person=simon, organisation=dac)
        compile_grants(simon.pk)
    with as_(isabelle):
        assert queries.one(referral.pk) is None
    with pytest.raises(Refused):
        asked()


WRONG = [
    ({"motive": "x"}, "motive"),
    ({"consent": ""}, "consent"),
    ({"consent": "later"}, "consent"),
    ({"consent": "override"}, "consent_note"),
    ({"urgency": "x"}, "urgency"),
    ({"organisation_id": uuid4()}, "organisation"),
]


@pytest.mark.parametrize(("more", "field"), WRONG)
def test_a_request_without_need_or_consent_is_refused(asked, more, field) -> None:
    with pytest.raises(Refused) as refusal:
        asked(**more)
    assert refusal.value.field == field


def test_nobody_for_the_address_is_said(asked, dac) -> None:
    dac.active = False
    dac.save()
    with pytest.raises(Refused) as refusal:
        asked()
    assert refusal.value.field == "organisation"


def test_the_same_key_sends_once(simon, claire, roussel, isabelle) -> None:
    key, wanted = uuid4(), Wanted("staying_home", "agrees", person_id=simon.pk)
    with as_(claire):
        assert sending.send(wanted, key=key) == sending.send(wanted, key=key)
        with pytest.raises(Replayed):
            sending.send(Wanted("carer", "agrees", person_id=simon.pk), key=key)


def test_between_any_two_organisations_without_a_record(landes) -> None:
    """Hospital → DAC, doctor → CPTS, MDPH → ESMS: the identity typed is all there is."""
    esms = make.organisation("Foyer du Luy", "esms")
    zoe = make.practice("zoe", role="coordinator", of=make.organisation("MDPH 40", "mdph"))
    max_ = make.practice("max", role="social", of=esms)
    with as_(zoe):
        with pytest.raises(Refused):
            sending.send(Wanted("placement", "agrees", organisation_id=esms.pk))
        sent = sending.send(
            Wanted("placement", "agrees", organisation_id=esms.pk,
                   identity={"birth_name": "Larrieu", "given_names": "Inès", "city": "Dax"})
        )  # fmt: skip
    assert (sent.requester_kind, sent.insee) == ("organisation", "40088")
    with as_(max_):
        assert [row.name for row in queries.page("a-prendre").rows] == ["Inès Larrieu"]


def test_a_person_and_a_carer_ask_for_themselves(simon, dac, isabelle) -> None:
    julie = make.contact(simon, "julie")
    julie.phone = "0601020304"
    with acting.owner():
        julie.save()
    with acting.acting(make.actor("julie")):
        sent = sending.send(Wanted("carer", "agrees", person_id=simon.pk))
        assert [row.pk for row in queries.page("").rows] == [sent.pk]
    assert (sent.requester_kind, sent.for_team, sent.by_circle) == ("carer", False, False)
    accepted(sent, isabelle, Status.INFORMATION)
    assert "carer_read" in told("referral.answered")


def test_the_identity_and_the_words_are_sealed_in_the_database(asked) -> None:
    from django.db import connection

    asked(text="Deux chutes ce mois-ci.")
    with acting.owner(), connection.cursor() as cursor:
        cursor.execute("SELECT identity_sealed, text FROM referrals_referral")
        (row,) = cursor.fetchall()
    assert not any(word in bytes(cell) for cell in row for word in (b"SIMON", b"chutes"))


def test_a_whole_file_changes_hands_in_one_act(asked, isabelle, lise, claire) -> None:
    from liane.tasks import services as tasks
    from liane.tasks.models import Task

    followed, new = accepted(asked(), isabelle), asked()
    with as_(isabelle):
        services.take(new.pk)
        services.refuse(asked().pk, reason="doublon")
        todo = tasks.create_task(tasks.Asked("Rappeler le fils", practice_id=isabelle.pk))
    with as_(lise):
        with pytest.raises(Refused):
            services.take_over(isabelle.pk, lise.pk, reason="")
        moved = services.take_over(isabelle.pk, lise.pk, reason="Arrêt jusqu’au 15")
        assert {row.pk for row in moved} == {followed.pk, new.pk}
        assert len(queries.page("miennes").rows) == 2
    assert {str(isabelle.pk), str(lise.pk), str(claire.pk)} <= told("referral.taken_over")
    with acting.owner():
        assert Task.objects.get(pk=todo.pk).practice_id == lise.pk
        assert Assignment.objects.filter(reason="Arrêt jusqu’au 15").count() == 2
    with as_(claire), pytest.raises(Refused):
        services.take_over(isabelle.pk, lise.pk, reason="x")


def test_referral_has_no_name_in_its_text() -> None:
    assert str(Referral(pk=uuid4())).startswith("demande ")
