"""The dashboard of pathways: counted by hand beside, hidden where small, exported in each form."""

import csv
import datetime as dt
import io
import json
import zipfile

import duckdb
import pytest
from django.utils import timezone

from liane.bundles.tests.conftest import House, built, crowd
from liane.core import acting
from liane.insight.pathway import figures
from liane.insight.pathway.dictionary import meanings
from liane.insight.pathway.figures import Scope
from liane.insight.periods import of
from liane.interventions.models import Intervention
from liane.pathways.models import Enrolment, Session
from tests import factories as make

YEAR = of("annee", dt.date(2026, 6, 1))


@pytest.fixture
def house(db) -> House:
    """Mme Sarrade with a whole sequence; two more persons, one gone; sessions of each sort."""
    house = built()
    house.complete()
    house.entitled()
    rows = crowd(house, 2)
    with acting.owner():
        Enrolment.objects.filter(pk=house.enrolment.pk).update(proposed_on=dt.date(2025, 12, 26))
        Enrolment.objects.filter(pk__in=[row.pk for row in rows]).update(
            proposed_on=dt.date(2026, 1, 1)
        )
        Enrolment.objects.filter(pk=rows[1].pk).update(
            status="ended", ended_on=dt.date(2026, 4, 1), end_reason="drop_out"
        )
        _sessions(house)
    house.settle()
    make.practice("marc", role="manager", of=house.msp, name="Marc Duhart")
    return house


def _sessions(house: House) -> None:
    days = (("done", 2), ("done", 1), ("late", 5), ("missed", 6), ("cancelled", 7), ("due", 8))
    acts = iter([house.made[0], house.made[1]])  # on 2 and 9 February
    for number, (status, day) in enumerate(days, 1):
        Session.objects.create(
            enrolment=house.enrolment, person=house.person, phase="s1", requirement="diet",
            code="diet", number=number, due_from=dt.date(2026, 2, 1), due_on=dt.date(2026, 2, day),
            status=status, practice=house.diet,
            intervention=next(acts) if status == "done" else None,
        )  # fmt: skip


def computed(house: House, period=YEAR, project=None):
    with acting.acting(acting.system("test")):
        return figures.compute(Scope(house.msp.pk, project, period))


def test_each_figure_is_what_one_counts_by_hand(house):
    made = computed(house)
    said = made.totals
    assert (said["proposed"], said["included"], said["refused"]) == (2, 3, 0)
    assert (said["running"], said["ended"]) == (2, 1)
    assert made.details["ended_reason"] == {"drop_out": 1}
    assert (said["expected"], said["done"], said["on_time"]) == (5, 2, 1)
    assert (said["late"], said["missed"], said["rate"]) == (1, 1, 40)
    assert (said["to_include"], said["to_first_act"]) == (4, 28)
    assert said["ready"] == 2 * 30101 + 30101
    assert (said["billed"], said["paid"], said["blocked"]) == (0, 0, 0)
    assert made.details["acts"] == {"Tess Faure": 3, "Sami Ibarra": 3, "Léa Moreau": 3}
    assert made.details["due"] == {"Léa Moreau": 2}
    assert made.details["behind"] == {"Léa Moreau": 1}


def test_sessions_that_nobody_was_named_for_are_counted_by_profession(house):
    with acting.owner():
        Session.objects.filter(status="due").update(practice=None, profession="dieteticien")
    made = computed(house)
    assert made.details["due"] == {"Léa Moreau": 1, "À attribuer : diététicien": 1}
    assert made.totals["due"] == 2


def test_another_year_another_project_another_structure(house):
    empty = computed(house, of("annee", dt.date(2024, 1, 1)))
    assert empty.totals["included"] == empty.totals["expected"] == 0
    assert empty.totals["rate"] is empty.totals["to_include"] is None
    assert computed(house, project=house.project.pk).totals == computed(house).totals
    with acting.acting(acting.system("test")):
        other = figures.compute(Scope(make.organisation("Ailleurs", "msp").pk, None, YEAR))
    assert other.totals["included"] == 0


def test_the_number_of_queries_is_the_same_at_any_size(house, django_assert_num_queries):
    with acting.acting(acting.system("test")), django_assert_num_queries(12):
        figures.compute(Scope(house.msp.pk, None, YEAR))


def get(client, form="", query="periode=annee&de=2026-06-01"):
    place = f"/pilotage/parcours/export/{form}" if form else "/pilotage/parcours/"
    return client.get(f"{place}?{query}")


def test_a_manager_reads_figures_with_small_counts_hidden(house, sign_in):
    page = get(sign_in("marc")).content.decode()
    assert "&lt; 10" in page
    assert "Tess Faure" in page
    assert "Sarrade" not in page.title()
    whole = get(sign_in("sonia")).content.decode()
    assert "&lt; 10" not in whole.split("Les exports")[0]
    assert sign_in("lea").get("/pilotage/parcours/").status_code == 404


def test_csv_and_dictionary_name_every_figure(house, sign_in):
    client = sign_in("sonia")
    text = get(client, "csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    by = {(row["code"], row["detail"]): row for row in rows}
    assert by["ready", ""]["valeur"] == "903.03"
    assert (by["included", ""]["valeur"], by["included", ""]["mention"]) == ("", "< 10")
    assert by["acts", "Tess Faure"]["valeur"] == "3"
    told = get(client, "dictionnaire").content.decode("utf-8-sig")
    names = {row["code"] for row in csv.DictReader(io.StringIO(told), delimiter=";")}
    assert names >= set(meanings()) | set(rows[0])


def test_parquet_opens_with_the_same_figures(house, sign_in, tmp_path):
    path = tmp_path / "parcours.parquet"
    path.write_bytes(get(sign_in("marc"), "parquet").content)
    with duckdb.connect() as base:
        found = base.execute(
            "SELECT valeur, du FROM read_parquet(?) WHERE code = 'ready' AND detail = ''",
            [str(path)],
        ).fetchall()
    assert found == [(903.03, dt.date(2026, 1, 1))]


def test_the_workbook_carries_its_dictionary(house, sign_in):
    body = get(sign_in("marc"), "xlsx").content
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        assert b"Dictionnaire" in book.read("xl/workbook.xml")
        assert "Taux d’adhésion" in book.read("xl/sharedStrings.xml").decode()


def test_fhir_reports_hide_what_is_small(house, sign_in):
    lines = get(sign_in("marc"), "ndjson").content.decode().splitlines()
    found = {one["measure"].rpartition("parcours-")[2]: one for one in map(json.loads, lines)}
    assert set(found) == set(meanings())
    assert all(one["resourceType"] == "MeasureReport" for one in found.values())
    assert found["ready"]["group"][0]["measureScore"] == {"value": 903.03, "unit": "€"}
    hidden = found["included"]["group"][0]["measureScore"]["extension"][0]
    assert hidden["valueCode"] == "masked"
    strata = found["acts"]["group"][0]["stratifier"][0]["stratum"]
    assert {one["value"]["text"]: one["measureScore"]["value"] for one in strata} == {
        "Tess Faure": 3, "Sami Ibarra": 3, "Léa Moreau": 3,
    }  # fmt: skip


def test_bad_questions_have_plain_answers(house, sign_in):
    client = sign_in("sonia")
    assert get(client, query="periode=annee&de=hier").status_code == 422
    assert get(client, "pdf").status_code == 404
    assert get(client, query="projet=rien").status_code == 200
    assert get(client, query=f"projet={house.project.pk}").status_code == 200


def test_an_act_undone_counts_no_more(house):
    from liane.interventions.models import Undo

    with acting.owner():
        Undo.objects.create(intervention=Intervention.objects.get(pk=house.made[0].pk))
    assert computed(house).details["acts"]["Léa Moreau"] == 2
    assert timezone.localdate(house.made[0].at).month == 2
