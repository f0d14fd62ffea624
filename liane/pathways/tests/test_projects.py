"""A project from its opening to its end: signatures, transmissions, clocks, payees."""

import datetime as dt
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404

from liane.core.errors import NotAllowed, Refused
from liane.pathways import bank, clocks, judging, teams
from liane.pathways.clocks import Dated
from liane.pathways.models import Account, Project, Signatory
from liane.pathways.protocols import library
from liane.pathways.services import projects, team
from liane.pathways.tests.conftest import as_, as_system, days_ago, publish, signatory

pytestmark = pytest.mark.django_db
GOOD = "FR14 2004 1010 0505 0001 3M02 606"


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


PCR = next(one for one in library.shipped() if one.key == "pcr-obesite").project
AFTER_CANCER = next(one for one in library.shipped() if one.key == "apres-cancer")


# ------------------------------------------------------------------ clocks, pure
@pytest.mark.parametrize(
    ("today", "state", "accepted"),
    [
        ("2026-03-01", "running", None),
        ("2026-03-31", "running", None),
        ("2026-04-01", "over", "2026-04-01"),
        ("2026-09-01", "over", "2026-04-01"),
    ],
)
def test_two_months_of_silence_are_no_opposition(today, state, accepted):
    facts = [Dated("sent_ars", day("2026-01-31"))]
    [clock] = clocks.clocks(PCR, facts, [], day(today))
    assert (clock.ends_on, clock.state, clock.article) == (
        day("2026-03-31"), state, "CSS R. 162-134",
    )  # fmt: skip
    assert clocks.accepted_on(PCR, facts, day(today)) == (day(accepted) if accepted else None)


def test_two_months_end_on_the_last_day_of_a_short_month():
    assert PCR.review.length.after(day("2025-12-31")) == day("2026-02-28")
    assert PCR.review.length.after(day("2027-12-31")) == day("2028-02-29")


def test_a_bundle_that_is_no_reinforced_pathway_has_no_clock():
    facts = [Dated("structure_signed", day("2026-01-05")), Dated("notice", day("2026-02-01"))]
    assert AFTER_CANCER.project is None
    amended = [(uuid4(), day("2026-03-01"), "arrivée")]
    assert clocks.clocks(None, facts, amended, day("2027-01-01")) == []
    assert clocks.accepted_on(None, facts, day("2026-01-06")) == day("2026-01-05")
    assert clocks.accepted_on(None, [], day("2026-01-06")) is None


def test_an_article_of_the_reinforced_pathways_is_cited_for_them_alone():
    pcr = next(one for one in library.shipped() if one.key == "pcr-obesite")
    assert judging.by_article(pcr, "inclusion") == " (CSS R. 162-138)."
    assert judging.by_article(AFTER_CANCER, "inclusion") == "."


def test_such_a_project_runs_once_all_have_signed_and_asks_for_nothing_of_the_code(msp, lea, zoe):
    with as_(lea):
        one = projects.open_project("apres-cancer", category="msp")
        row = team.add(one.pk, team.Joining(zoe.pk, "dieteticien", days_ago(3)))
        projects.note(one.pk, "structure_signed", days_ago(2))
        team.sign(row.pk, days_ago(1))
        found = teams.detail(one.pk)
    assert (found.project.status, found.clocks) == ("running", [])
    said = [lack.text for lack in found.missing] + found.members[0].missing
    assert not any("R.162" in text or "R. 162" in text or "CPAM" in text for text in said)


def test_an_opposition_in_time_stops_the_silence():
    facts = [Dated("sent_ars", day("2026-01-10")), Dated("opposed", day("2026-03-10"))]
    assert clocks.accepted_on(PCR, facts, day("2026-06-01")) is None
    [clock] = clocks.clocks(PCR, facts, [], day("2026-06-01"))
    assert clock.state == "kept"


@pytest.mark.parametrize(
    ("sent", "today", "state"),
    [
        ({}, "2026-05-08", "running"),
        ({}, "2026-05-09", "late"),
        ({"sent_ars": "2026-05-03"}, "2026-05-09", "late"),
        ({"sent_ars": "2026-05-03", "sent_cpam": "2026-05-08"}, "2026-06-01", "kept"),
        ({"sent_ars": "2026-05-03", "sent_cpam": "2026-05-09"}, "2026-06-01", "late"),
    ],
)
def test_an_amendment_is_sent_to_both_within_seven_days(sent, today, state):
    pk = uuid4()
    facts = [Dated(kind, day(on), pk) for kind, on in sent.items()]
    clock = clocks.clocks(PCR, facts, [(pk, day("2026-05-01"), "arrivée")], day(today))[0]
    assert (clock.state, clock.article) == (state, "CSS R. 162-135")


@pytest.mark.parametrize(
    ("complied", "today", "state"),
    [(None, "2026-08-28", "running"), (None, "2026-09-01", "late"),
     ("2026-06-01", "2026-09-01", "kept")],
)  # fmt: skip
def test_a_formal_notice_leaves_six_months(complied, today, state):
    facts = [Dated("notice", day("2026-02-28"))]
    facts += [Dated("complied", day(complied))] if complied else []
    [clock] = clocks.clocks(PCR, facts, [], day(today))
    assert (clock.ends_on, clock.state) == (day("2026-08-28"), state)


# ------------------------------------------------------------------ bank details
def test_an_iban_is_kept_without_blanks():
    assert bank.checked_iban(GOOD) == "FR1420041010050500013M02606"


@pytest.mark.parametrize(
    ("iban", "says"),
    [
        ("", "deux lettres"),
        ("FR14 2004 1010 0505 0001 3M02 607", "clé"),
        ("FR14 2004 1010 0505 0001 3M02 60", "27 caractères"),
        ("1420041010050500013M02606FR", "deux lettres"),
        ("FR١٤20041010050500013M02606", "deux lettres"),
    ],
)
def test_a_wrong_iban_says_why(iban, says):
    with pytest.raises(Refused, match=says) as refusal:
        bank.checked_iban(iban)
    assert refusal.value.field == "iban"


def test_bank_details_are_sealed_and_only_their_end_is_shown(project, lea, zoe):
    with as_(lea):
        team.set_account(project.pk, iban=GOOD, holder="Zoé", signatory_id=signatory(zoe).pk)
        [member] = [one for one in teams.detail(project.pk).members if one.tail]
    assert (member.row.practice_id, member.tail) == (zoe.pk, "2606")
    with connection.cursor() as cursor:
        cursor.execute("SELECT iban FROM pathways_account")
        assert b"20041010" not in bytes(cursor.fetchone()[0])
    assert Account.objects.get().iban == "FR1420041010050500013M02606"


# ------------------------------------------------------------------ the file
def test_a_project_goes_from_draft_to_running(project):
    with as_system():
        steps = [row.after for row in project.history.order_by("at", "id")]
    assert steps == ["draft", "signed", "transmitted", "running"]


def test_a_category_that_the_protocol_does_not_name_is_refused(msp, lea):
    publish(msp)
    with as_(lea), pytest.raises(Refused) as refusal:
        projects.open_project("essai", category="pmi")
    assert refusal.value.field == "category"


def test_one_living_project_for_a_protocol(project, lea):
    with as_(lea), pytest.raises(Refused, match="déjà"):
        projects.open_project("essai", category="msp")


def test_nothing_is_sent_before_all_have_signed(msp, lea, zoe):
    publish(msp)
    with as_(lea):
        one = projects.open_project("essai", category="msp")
        row = team.add(one.pk, team.Joining(zoe.pk, "dieteticien", days_ago(3)))
        projects.note(one.pk, "structure_signed", days_ago(2))
        with pytest.raises(Refused, match="signé"):
            projects.note(one.pk, "sent_ars", days_ago(1))
        team.sign(row.pk, days_ago(1))
        projects.note(one.pk, "sent_ars", days_ago(1))
    assert Project.objects.get(pk=one.pk).status == "signed", "the CPAM is still to be told"


def test_an_opposition_too_late_is_none(project, lea):
    Project.objects.filter(pk=project.pk).update(status="transmitted")
    with as_(lea), pytest.raises(Refused, match="silence"):
        projects.note(project.pk, "opposed", days_ago(1))


def test_who_joins_a_running_project_makes_an_amendment(project, lea, roussel):
    with as_(lea):
        team.leave(signatory(roussel).pk, days_ago(0))
        found = teams.detail(project.pk)
    assert [one.what for one in found.amendments] == ["départ de Hélène Roussel"]
    assert any(clock.article == "CSS R. 162-135" for clock in found.clocks)


def test_what_is_missing_is_said(project, lea, zoe):
    Signatory.objects.filter(practice=zoe).update(am_number="", conventioned=False)
    with as_(lea):
        found = teams.detail(project.pk)
    [one] = [one for one in found.members if one.row.practice_id == zoe.pk]
    assert one.missing == ["déclaration à la CPAM (CSS R. 162-133)"]
    [doctor] = [one for one in found.members if one.row.practice_id != zoe.pk]
    assert doctor.missing == ["ordre à prévenir (CSS R. 162-132)"]
    lack = next(one for one in found.missing if "activité physique" in one.text)
    assert lack.url == f"/parcours/projets/{project.pk}/equipe/"


def test_the_order_of_a_dietitian_is_nobody(project, lea, zoe, roussel):
    with as_(lea):
        with pytest.raises(Refused):
            team.tell_order(signatory(zoe).pk, days_ago(0))
        assert team.tell_order(signatory(roussel).pk, days_ago(0)).order_told_on == days_ago(0)


@pytest.mark.parametrize("number", ["12345678", "12345678a", "1234567890"])
def test_a_health_insurance_number_has_nine_figures(project, lea, zoe, number):
    with as_(lea), pytest.raises(Refused, match="9 chiffres"):
        team.number(signatory(zoe).pk, am_number=number)


def test_only_the_coordination_keeps_the_file(project, roussel, zoe):
    with as_(roussel), pytest.raises(NotAllowed):
        projects.note(project.pk, "notice", days_ago(1))
    with as_(zoe), pytest.raises(Http404):
        projects.note(project.pk, "notice", days_ago(1))
    with as_(zoe):
        assert teams.detail(project.pk) is None


def test_silence_makes_it_run(msp, lea, roussel):
    publish(msp)
    with as_(lea):
        one = projects.open_project("essai", category="msp")
        team.sign(team.add(one.pk, team.Joining(roussel.pk, "medecin", days_ago(90))).pk,
                  days_ago(80))  # fmt: skip
        for kind in ("structure_signed", "sent_ars", "sent_cpam"):
            projects.note(one.pk, kind, days_ago(70))
    assert projects.settle_silence(days_ago(40)) == 0
    assert (projects.settle_silence(), projects.settle_silence()) == (1, 0)
    assert Project.objects.get(pk=one.pk).status == "running"
