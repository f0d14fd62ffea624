"""The pages: who reads what, exports without small cells nor formulas, lists under reach."""

import csv
import datetime as dt
import io
import zipfile

import pytest
from django.utils import timezone

from liane.assessments.catalogue import definition_of
from liane.assessments.models import Questionnaire, Response
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.core.text import ACTING
from liane.directory.models import Practice
from liane.insight import exports
from liane.insight.models import ReportFile
from liane.insight.queries import PER_PERIOD
from liane.interventions.models import Intervention
from liane.meetings.models import Meeting, Participant
from liane.partners.models import UnmetNeed
from liane.patients.models import Patient
from liane.referrals.models import Referral, ReferralStep
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    """A DAC with a manager, a case manager, and three visits to two persons; one unknown to her."""
    dac = make.organisation("=DAC() des Landes", "dac")
    make.practice("martin", role="manager", of=dac)
    make.practice("isabelle", role="case_manager", of=dac)
    make.practice("claire")
    odette, paul = make.patient(), make.patient("SIMON", "Paul", used_name="SIMON", sex="M")
    make.member(odette, Practice.objects.get(professional__user__username="isabelle"))
    with owner():
        for person in (odette, odette, paul):
            Intervention.objects.create(person=person, organisation=dac, at=timezone.now())
    return dac


def text(response) -> str:
    return response.content.decode("utf-8-sig")


def test_a_manager_reads_figures_without_names_nor_small_cells(sign_in, house):
    page = sign_in("martin").get("/pilotage/")
    assert page.status_code == 200
    assert "&lt; 10" in text(page)
    assert "/pilotage/liste/" not in text(page)
    assert "Dupont" not in text(page)


def test_a_case_manager_reads_whole_figures_and_opens_whom_she_follows(sign_in, house):
    client = sign_in("isabelle")
    assert "/pilotage/liste/acts.total/" in text(client.get("/pilotage/"))
    listed = text(client.get("/pilotage/liste/acts.total/"))
    assert "Odette Dupont" in listed
    assert "Simon" not in listed
    odette = Patient.objects.filter(birth_name="LABORDE")
    with owner():
        read = AccessRow.objects.filter(person_id=odette.get().pk, resource="activity_list")
    assert read.count() == 1


@pytest.mark.parametrize(
    "path",
    ["liste/acts.total/", "liste/active.total/", "liste/requests.total/", "liste/rien/"],
)
def test_a_manager_opens_no_list(sign_in, house, path):
    assert sign_in("martin").get(f"/pilotage/{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "export/csv", "export/xlsx"])
def test_a_nurse_reads_no_report(sign_in, house, path):
    assert sign_in("claire").get(f"/pilotage/{path}").status_code == 404


def test_an_unknown_export_is_not_there(sign_in, house):
    assert sign_in("martin").get("/pilotage/export/exe").status_code == 404


def test_a_period_that_means_nothing_is_explained(sign_in, house):
    page = sign_in("martin").get("/pilotage/?periode=dates&de=2026-05-01&a=2026-04-01")
    assert page.status_code == 422
    assert "avant la date de début" in text(page)


def test_the_csv_hides_small_cells_even_from_a_case_manager_and_runs_no_formula(sign_in, house):
    answer = sign_in("isabelle").get("/pilotage/export/csv")
    rows = list(csv.reader(io.StringIO(text(answer)), delimiter=";"))
    assert rows[0] == ["Structure", "'=DAC() des Landes"]
    acts = next(row for row in rows if row[1:3] == ["Actes", ""])
    assert acts[3:5] == ["< 10", "0"]
    assert not [cell for row in rows for cell in row if cell.startswith(ACTING)]
    with owner():
        kept = AccessRow.objects.get(resource="activity_report", action="export")
    assert kept.person_id is None


def test_the_workbook_holds_text_as_text(sign_in, house):
    answer = sign_in("martin").get("/pilotage/export/xlsx")
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=DAC() des Landes" in book.read("xl/sharedStrings.xml").decode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [("=1+1", "'=1+1"), (" =1", "' =1"), ("+33", "'+33"), ("-1", "'-1"), ("@a", "'@a"),
     ("\t=1", "'\t=1"), ("Actes", "Actes"), ("< 10", "< 10")],
)  # fmt: skip
def test_a_text_never_acts(said, shown):
    assert exports.inert(said) == shown


def test_the_report_has_a_fixed_number_of_queries(sign_in, house, django_assert_max_num_queries):
    client = sign_in("martin")
    client.get("/pilotage/")
    with django_assert_max_num_queries(2 * PER_PERIOD + 20):
        client.get("/pilotage/?periode=mois&de=2026-03-01")


def test_the_pdf_is_made_by_a_job_and_belongs_to_its_house(sign_in, house):
    from liane.core import pdf
    from liane.insight.services import make_document

    if not pdf.available():
        pytest.skip("no Pango here")
    client = sign_in("martin")
    said = {"periode": "annee", "de": "2026-01-01"}
    client.post("/pilotage/pdf/", said)
    client.post("/pilotage/pdf/", said)
    asked = ReportFile.objects.get()
    assert asked.first == dt.date(2026, 1, 1)
    make_document.func(str(asked.pk))
    made = ReportFile.objects.get()
    assert client.get(f"/pilotage/rapports/{made.pk}/").content.startswith(b"%PDF")
    make.practice("vincent", role="manager")
    assert sign_in("vincent").get(f"/pilotage/rapports/{made.pk}/").status_code == 404


def test_satisfaction_counts_once_answered_and_opens_who_answered(sign_in, house):
    client = sign_in("isabelle")
    with owner():
        odette = Patient.objects.get(birth_name="LABORDE")
    sheet = Questionnaire.objects.get(url="urn:liane:questionnaire:satisfaction")
    new = f"/personnes/{odette.pk}/evaluations/nouvelle/"
    address = client.post(new, {"questionnaire": str(sheet.pk)})["Location"]
    with owner():
        response = Response.objects.get()
    numbers = [one.n for one in definition_of(sheet).by_link.values() if one.options]
    form = {"q": [str(n) for n in numbers], "version": "1", "partie": "1", "go": "fin"}
    form |= {f"a-{n}": "0" for n in numbers}
    assert client.post(address.partition("?")[0], form).status_code == 302
    assert "/pilotage/liste/satisfaction" not in text(client.get("/pilotage/"))
    with owner():
        response.refresh_from_db()
    done = {"version": str(response.version), "on": timezone.localdate().isoformat()}
    assert client.post(f"/evaluations/{response.pk}/terminer/", done).status_code == 302
    assert "Très satisfait" in text(client.get(f"/evaluations/{response.pk}/"))
    assert "/pilotage/liste/satisfaction.total/" in text(client.get("/pilotage/"))
    for path in ("satisfaction.total/", "satisfaction.level/?cle=tres"):
        assert "Odette Dupont" in text(client.get(f"/pilotage/liste/{path}"))
    assert "Odette" not in text(client.get("/pilotage/liste/satisfaction.level/?cle=pas"))


def test_the_lists_behind_meetings_needs_and_delays(sign_in, house):
    odette = Patient.objects.filter(birth_name="LABORDE")
    isabelle = Practice.objects.get(professional__user__username="isabelle")
    now = timezone.now()
    with owner():
        person = odette.get()
        meeting = Meeting.objects.create(
            person=person, convener=isabelle, starts_at=now, status="held"
        )
        Participant.objects.create(meeting=meeting, person=person, practice=isabelle,
                                   presence="present")  # fmt: skip
        UnmetNeed.objects.create(organisation=house, need="night", why="nothing", city="Dax")
        asked = Referral.objects.create(
            organisation=house, person=person, requester_kind="professional", motive="carer",
            consent="agrees", created_at=now - dt.timedelta(days=3), for_team=True,
        )  # fmt: skip
        for state, days in (("sent", 3), ("received", 1)):
            ReferralStep.objects.create(referral=asked, after=state,
                                        at=now - dt.timedelta(days=days))  # fmt: skip
    client = sign_in("isabelle")
    period = f"?periode=dates&de={(now - dt.timedelta(days=9)).date()}&a={now.date()}"
    page = text(client.get(f"/pilotage/{period}"))
    for figure in ("meetings.held", "meetings.who", "needs.kind", "delays.received"):
        assert f"/pilotage/liste/{figure}/" in page
    for path, seen in (
        ("meetings.held/", "Odette Dupont"), ("meetings.who/", "Odette Dupont"),
        ("needs.kind/", "Présence de nuit"), ("delays.received/", "2,0 jours"),
    ):  # fmt: skip
        key = {"meetings.who/": "&cle=own", "needs.kind/": "&cle=night"}.get(path, "")
        assert seen in text(client.get(f"/pilotage/liste/{path}{period}{key}"))
    assert client.get(f"/pilotage/liste/meetings.who/{period}&cle=x").status_code == 404
