"""The DAC's manager reads the report that nobody had to fill in, on a phone and at a desk."""

import csv
import io
import re

import pytest

from tests.system.people import DESK, PHONE


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_manager_reads_the_report_and_takes_it_away(visitor, size):
    manager = visitor("florence.dubroca", size)

    # Given the report of the year, which nobody filled in
    manager.opens("/pilotage/").sees("Demandes reçues").sees("File active")
    manager.finds_it_accessible()
    assert manager.page.locator("main a[href*='/liste/']").count() == 0

    # When she asks how a figure is counted, and changes the period
    manager.page.locator("summary", has_text="Comment c’est compté").first.click()
    manager.sees("Personnes distinctes avec un accompagnement ouvert")
    manager.follows("Trimestre").sees(re.compile(r"[1-4]er? trimestre 20\d\d"))
    steps = manager.page.get_by_role("navigation", name="Période", exact=True)
    shown = manager.page.url
    steps.get_by_role("link").first.click()
    manager.page.wait_for_url(lambda url: url != shown and "periode=trimestre" in url)
    manager.follows("Du… au…").finds_it_accessible()

    # Then she takes the figures away, and they name nobody
    with manager.page.expect_download() as download:
        manager.page.get_by_role("link", name="CSV").click()
    content = download.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert rows[0] == ["Structure", "DAC des Landes"]
    assert any(row[1:2] == ["Demandes reçues"] for row in rows)
    assert "Simon" not in content


def test_a_case_manager_opens_whom_a_figure_counts(visitor):
    case = visitor("isabelle.lafitte", DESK)
    case.opens("/pilotage/").sees("Demandes reçues").finds_it_accessible()
    case.page.locator("main a[href*='/liste/active.total/']").first.click()
    case.page.wait_for_url("**/pilotage/liste/active.total/**")
    case.sees("Seules les personnes que vous suivez sont nommées.").finds_it_accessible()
