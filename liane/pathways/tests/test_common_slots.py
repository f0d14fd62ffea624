"""Common slots: free and busy of outsiders, a proposal, each one's word, then appointments."""

import datetime as dt
from uuid import UUID

import pytest
from django.http import Http404
from django.utils import timezone

from liane.agenda import availability, schedules
from liane.agenda import services as agenda
from liane.agenda.models import Appointment
from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from liane.directory.models import Absence
from liane.messaging import links as doors
from liane.pathways import links, looking, slot_reads
from liane.pathways.models import Session, SlotPart, SlotProposal
from liane.pathways.services import slots
from liane.pathways.tests.conftest import as_, as_system
from tests import factories as make

pytestmark = pytest.mark.django_db


def session_of(code: str) -> Session:
    with as_system():
        return Session.objects.filter(code=code, status__in=["due", "late"]).earliest("due_on")


def day_at(hour: int, *, ahead: int = 1, minute: int = 0) -> dt.datetime:
    """That hour of a working day at least ``ahead`` days away."""
    day = timezone.localdate() + dt.timedelta(days=ahead)
    while day.weekday() > 4:
        day += dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(hour, minute), tzinfo=timezone.get_current_timezone())


def searched(row, who, **chosen) -> looking.Search:
    with as_(who):
        return looking.search(
            row, {session_of(code).pk: practice.pk for code, practice in chosen.items()},
            timezone.now(),
        )  # fmt: skip


def proposed(row, who, **chosen) -> SlotProposal:
    """The first slot found for these acts, proposed by ``who``."""
    found = searched(row, who, **chosen)
    whom = {str(one.session.pk): signed.practice_id for one, signed in found.chosen}
    times = {UUID(slot.key): (whom[slot.key], slot.span.start) for slot in found.slots[0]}
    with as_(who):
        return slots.propose(row.pk, times)


def part_of(proposal, practice) -> SlotPart:
    with as_system():
        return SlotPart.objects.get(proposal=proposal, practice=practice)


def kinds() -> list[str]:
    with as_system():
        return list(
            Entry.objects.filter(kind__startswith="pathway.slot").order_by("id")
            .values_list("kind", flat=True)
        )  # fmt: skip


def test_busy_times_of_an_outsider_say_nothing_of_whom(included, lea, zoe):
    other = make.patient("AUTRE", "Paul")
    make.member(other, zoe.organisation, responsible=True)
    start = day_at(9)
    with as_(zoe):
        for hour, title in ((9, "Secret"), (10, "Autre secret")):
            agenda.plan_visit(
                agenda.Visit(other.pk, start.replace(hour=hour), 60, practice_id=zoe.pk,
                             title=title)
            )  # fmt: skip
    found = searched(included, lea, diet=zoe)
    (taken,) = found.times[zoe.pk].busy
    assert taken == (start, start.replace(hour=11))
    assert not found.times[zoe.pk].declared
    assert all(
        not (slot[0].span.start < taken.end and taken.start < slot[0].span.end)
        for slot in found.slots
    )


def test_meetings_absences_and_other_practices_take_time_too(included, lea, zoe):
    elsewhere = make.practice("zoe-bis", of=make.organisation("Centre B"), profession="95")
    elsewhere.professional = zoe.professional
    elsewhere.save()
    start = day_at(14)
    with as_system():
        patient = make.patient("TIERS", "Ana")
        Appointment.objects.create(
            person=patient, practice=elsewhere, starts_at=start,
            ends_at=start + dt.timedelta(hours=1),
        )  # fmt: skip
        Absence.objects.create(
            practice=zoe, starts_on=start.date(), ends_on=start.date() + dt.timedelta(3)
        )
    found = searched(included, lea, diet=zoe)
    assert (start, start + dt.timedelta(hours=1)) in found.times[zoe.pk].busy
    assert all(slot[0].span.start.date() > start.date() + dt.timedelta(3) for slot in found.slots)


def test_only_hours_worked_are_proposed(included, lea, zoe):
    wednesday = day_at(14)
    while wednesday.weekday() != 2:
        wednesday += dt.timedelta(days=1)
    hours = schedules.Hours(wednesday, wednesday.replace(hour=15, minute=30), rule="FREQ=WEEKLY")
    with as_(zoe):
        schedules.add(zoe.pk, hours, 30)
    found = searched(included, lea, diet=zoe)
    local = [timezone.localtime(slot[0].span.start) for slot in found.slots]
    assert local
    assert {(one.weekday(), one.hour) for one in local} == {(2, 14)}
    assert found.times[zoe.pk].declared


def test_two_sessions_asked_of_two_professionals_become_two_appointments(
    included, lea, zoe, roussel, simon
):
    proposal = proposed(included, lea, **{"bilan-med": roussel, "diet": zoe})
    assert proposal.status == "open"
    with as_system():
        assert Appointment.objects.count() == 0
        told = slot_reads.asked([proposal.pk])[proposal.pk]
    assert set(told) == {roussel.pk, zoe.pk}

    with as_(roussel):
        assert [one.pk for one in slot_reads.asking()] == [proposal.pk]
        slots.answer(part_of(proposal, roussel).pk, yes=True)
        assert slot_reads.asking() == []
    with as_(zoe):
        done = slots.answer(part_of(proposal, zoe).pk, yes=True)
    assert done.status == "planned"

    with as_system():
        visits = list(Appointment.objects.order_by("starts_at"))
        assert {one.practice_id for one in visits} == {roussel.pk, zoe.pk}
        assert visits[0].ends_at == visits[1].starts_at
        assert all(one.for_person and one.status == "planned" for one in visits)
        told = Entry.objects.filter(kind="visit.planned", person_id=simon.pk)
        assert {one.for_person for one in told} == {True}
        planned = Session.objects.filter(appointment_id__in=[one.pk for one in visits])
        assert {(one.code, one.status) for one in planned} == {
            ("bilan-med", "planned"), ("diet", "planned"),
        }  # fmt: skip
    assert kinds() == ["pathway.slot", "pathway.slot_planned"]


def test_one_no_says_why_and_frees_the_sessions(included, lea, zoe, roussel):
    proposal = proposed(included, lea, **{"bilan-med": roussel, "diet": zoe})
    with as_(lea):
        assert session_of("diet").pk not in {one.session.pk for one in looking.wanted_of(included)}
    with as_(zoe), pytest.raises(Refused, match="ce qui irait mieux"):
        slots.answer(part_of(proposal, zoe).pk, yes=False)
    with as_(zoe):
        slots.answer(part_of(proposal, zoe).pk, yes=False, reason="le jeudi plutôt")
    with as_(roussel), pytest.raises(Refused, match="close"):
        slots.answer(part_of(proposal, roussel).pk, yes=True)
    with as_(lea):
        (shown,) = slot_reads.of_enrolment(included)
        assert (shown.status, shown.why) == ("refused", "le jeudi plutôt")
        assert session_of("diet").pk in {one.session.pk for one in looking.wanted_of(included)}
    assert kinds() == ["pathway.slot", "pathway.slot_refused"]


def test_a_time_taken_meanwhile_refuses_the_whole(included, lea, zoe, simon):
    proposal = proposed(included, lea, diet=zoe)
    with as_(zoe):
        agenda.plan_visit(
            agenda.Visit(simon.pk, proposal.starts_at, 30, practice_id=zoe.pk, title="autre")
        )
        done = slots.answer(part_of(proposal, zoe).pk, yes=True)
    assert done.status == "refused"
    with as_system():
        assert "Zoé Lacaze" in done.history.latest("at").reason
        assert Appointment.objects.count() == 1


def test_a_forged_time_is_refused(included, lea, zoe):
    night = day_at(3)
    with as_(lea), pytest.raises(Refused, match="hors de ses horaires"):
        slots.propose(included.pk, {session_of("diet").pk: (zoe.pk, night)})
    stranger = make.practice("x", profession="95")
    with as_(lea), pytest.raises(Refused, match="plus de l’équipe"):
        slots.propose(included.pk, {session_of("diet").pk: (stranger.pk, day_at(10))})


def test_only_those_concerned_answer_and_only_the_structure_proposes(included, lea, zoe, roussel):
    proposal = proposed(included, lea, diet=zoe)
    part = part_of(proposal, zoe)
    with as_(lea), pytest.raises(NotAllowed):
        slots.answer(part.pk, yes=True)
    with as_(zoe), pytest.raises(NotAllowed):
        slots.propose(included.pk, {session_of("diet").pk: (zoe.pk, day_at(10))})
    stranger = make.practice("x", profession="95")
    with as_(stranger), pytest.raises(Http404):
        slots.answer(part.pk, yes=True)


def test_who_has_no_account_is_answered_for_by_telephone_or_by_the_signed_link(included, lea, zoe):
    zoe.professional.user = None
    zoe.professional.save()
    proposal = proposed(included, lea, diet=zoe)
    with acting.acting(doors.reader(zoe)):
        (asked,) = slot_reads.asking()
        assert [part.practice_id for part in asked.mine] == [zoe.pk]
    assert links.open_month() == 1
    with as_(lea):
        slots.answer(part_of(proposal, zoe).pk, yes=True)
    part = part_of(proposal, zoe)
    assert (part.answer, part.answered_by) == ("yes", "Léa Dupuy")
    assert part.appointment_id is not None


def test_a_cancelled_appointment_gives_the_session_back(included, lea, zoe):
    proposal = proposed(included, lea, diet=zoe)
    with as_(zoe):
        slots.answer(part_of(proposal, zoe).pk, yes=True)
    appointment = part_of(proposal, zoe).appointment_id
    with as_(zoe):
        agenda.cancel(appointment, reason="malade")
    with as_system():
        slots.unplanned(list(Entry.objects.all()))
        session = SlotPart.objects.get(proposal=proposal).session
        assert session.status in {"due", "late"}
        assert session.appointment_id is None


def test_the_end_of_a_pathway_cancels_what_was_taken_for_it(included, lea, zoe, sign_in):
    proposal = proposed(included, lea, diet=zoe)
    with as_(zoe):
        slots.answer(part_of(proposal, zoe).pk, yes=True)
    visit = part_of(proposal, zoe).appointment_id
    client, place = sign_in("lea"), f"/parcours/{included.pk}/fin/"
    assert "Annuler aussi le rendez-vous à venir" in client.get(place).content.decode()
    client.post(place, {"reason": "move", "on": timezone.localdate(), "visits": "on"})
    with as_system():
        assert Appointment.objects.get(pk=visit).status == "cancelled"
        assert SlotPart.objects.get(proposal=proposal).session.status == "cancelled"


def test_a_proposal_without_answer_lapses_and_may_be_withdrawn_before(included, lea, zoe):
    proposal = proposed(included, lea, diet=zoe)
    assert slots.lapse() == 0
    assert slots.lapse(proposal.starts_at + dt.timedelta(minutes=1)) == 1
    again = proposed(included, lea, diet=zoe)
    with as_(lea):
        assert slots.withdraw(again.pk).status == "withdrawn"
    assert kinds()[-2:] == ["pathway.slot", "pathway.slot_withdrawn"]


def test_the_pages_choose_propose_and_answer(included, lea, zoe, sign_in):
    client = sign_in("lea")
    place = f"/parcours/{included.pk}/creneaux/"
    shown = client.get(place).content.decode()
    assert "Suivi diététique" in shown
    pk = session_of("diet").pk
    shown = client.get(f"{place}?seance={pk}&qui-{pk}={zoe.pk}").content.decode()
    assert "Proposer ce créneau" in shown
    assert "horaires non déclarés" in shown
    value = shown.split('name="creneau" required checked value="')[1].split('"')[0]
    answer = client.post(place, {"creneau": value, "lieu": "office"})
    assert answer.status_code == 302
    assert "Créneaux proposés" in client.get(answer["Location"]).content.decode()
    assert client.post(place, {"creneau": "n’importe quoi"}).status_code == 422

    theirs = sign_in("zoe")
    shown = theirs.get("/parcours/seances/").content.decode()
    assert "SIMON" in shown.upper()
    with as_system():
        part = SlotPart.objects.get()
    theirs.post(f"/parcours/creneaux/parties/{part.pk}/", {"reponse": "oui"})
    with as_system():
        assert SlotProposal.objects.get().status == "planned"
    assert "planifiée" in client.get(f"/parcours/{included.pk}/").content.decode()
    assert theirs.get(place).status_code == 404


def test_what_is_closed_again_is_taken_out_of_open_hours():
    start = day_at(8)
    span = availability.Span(start, start.replace(hour=18))
    noon = availability.Span(start.replace(hour=12), start.replace(hour=14))
    assert availability.without([span], [noon]) == [
        (start, noon.start), (noon.end, start.replace(hour=18)),
    ]  # fmt: skip
