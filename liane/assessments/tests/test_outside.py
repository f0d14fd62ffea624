"""Questionnaires from outside, as a hospital or an association writes them: answered to the end.

Every type of item of FHIR is either rendered and answered here through the pages, or refused by
the import with the item and the reason.
"""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response
from liane.core import acting
from tests import factories as make

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parent / "outside"
FILES = sorted(FOLDER.glob("*.json"))
TYPES = {
    "group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string",
    "text", "url", "choice", "open-choice", "quantity", "coding", "reference",
}  # fmt: skip
REFUSED = {"attachment", "question"}
"""With those, all the types of R4 and R5."""


class Fields(HTMLParser):
    """The fields of an answer page: name, and something that fits in."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[str]] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name, kind = said.get("name", ""), said.get("inputmode") or said.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and said.get("value"):
            self.answers.setdefault(self._select, [said["value"]])
        elif tag == "textarea" and name.startswith("a-"):
            self.answers[name] = ["Quelques mots"]
        elif tag == "input" and name in {"q", "version", "partie"}:
            self.answers.setdefault(name, []).append(said.get("value", ""))
        elif tag == "input" and name.startswith("a-") and "disabled" not in said:
            if said.get("type") in {"radio", "checkbox"}:
                if said["value"] not in {"", "autre"}:
                    self.answers[name] = [said["value"]]
            else:
                self.answers[name] = [FITTING.get(kind, "6")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


FITTING = {
    "date": "2026-12-10", "datetime-local": "2026-12-12T10:30", "time": "09:15",
    "url": "https://exemple.fr/page",
}  # fmt: skip


def imported(path: Path) -> tuple[dict[str, Any], int]:
    out, status = io.StringIO(), 0
    try:
        call_command("import_fhir", str(path), stdout=out)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return json.loads(out.getvalue().splitlines()[-1]), status


def kinds(items: list[dict[str, Any]]) -> set[str]:
    return {one["type"] for one in items} | {
        kind for one in items for kind in kinds(one.get("item", []))
    }


def test_together_they_hold_every_type_that_is_answered() -> None:
    held = {kind for path in FILES for kind in kinds(json.loads(path.read_text())["item"])}
    assert held == TYPES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_imported_answered_by_its_pages_and_read_again(path: Path, sign_in: Any) -> None:
    report, status = imported(path)
    assert (report["created"], report["rejected"], status) == (1, [], 0)
    person, claire = make.patient(), make.practice("claire")
    make.member(person, claire)
    browser: Client = sign_in("claire")
    chosen = Questionnaire.objects.get(url=json.loads(path.read_text())["url"])
    new = f"/personnes/{person.pk}/evaluations/nouvelle/"
    assert chosen.title in browser.get(new).content.decode()
    address = browser.post(new, {"questionnaire": str(chosen.pk)})["Location"]
    for _ in range(6):
        page = Fields()
        page.feed(browser.get(address).content.decode())
        answer = browser.post(address.partition("?")[0], page.answers | {"go": ["suite"]})
        assert answer.status_code == 302, (page.answers, said(answer))
        address = answer["Location"]
        if address.endswith("/terminer/"):
            break
    with acting.owner():
        response = Response.objects.get()
    form = {"version": str(response.version), "on": timezone.localdate().isoformat()}
    answer = browser.post(f"/evaluations/{response.pk}/terminer/", form)
    assert answer.status_code == 302, said(answer)
    shown = browser.get(f"/evaluations/{response.pk}/").content.decode()
    for item in flat(json.loads(path.read_text())["item"]):
        assert item["text"] in shown, item["linkId"]


def said(answer: Any) -> list[str]:
    """The refusals of a page."""
    return re.findall(r'class="error[^>]*>([^<]*)', answer.content.decode())


def flat(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every question, within its groups."""
    found = []
    for one in items:
        if one["type"] not in {"group", "display"}:
            found.append(one)
        found += flat(one.get("item", []))
    return found


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_what_cannot_be_answered_is_refused_by_item_with_the_reason(
    tmp_path: Path, kind: str
) -> None:
    definition = json.loads(FILES[0].read_text())
    definition["item"].append({"linkId": "piece", "type": kind, "text": "Photo"})
    path = tmp_path / "refused.json"
    path.write_text(json.dumps(definition))
    report, status = imported(path)
    assert status
    assert [one["where"] for one in report["rejected"]] == ["refused.json item piece"]
    assert len(report["rejected"][0]["why"]) > 20
    assert not Questionnaire.objects.filter(url=definition["url"]).exists()
