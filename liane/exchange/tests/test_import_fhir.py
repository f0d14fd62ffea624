"""``liane import fhir``: questionnaires are taken or refused item by item; the rest is rejected."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from liane.assessments.models import Questionnaire
from tests import factories as make

pytestmark = pytest.mark.django_db
FOLDERS = [parent / "shared" / "data" / "fhir" for parent in Path(__file__).resolve().parents]
SHARED = next((folder for folder in FOLDERS if folder.exists()), None)


def asks(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {
        "resourceType": "Questionnaire",
        "status": "active",
        "url": "urn:test:q",
        "version": "1",
    }
    return head | {"title": "Sommeil", "item": list(items)} | more


SLEEP = {"linkId": "1", "text": "Dormez-vous bien ?", "type": "boolean"}


@pytest.fixture
def run(tmp_path):
    def go(*contents: Any, organisation: str = "") -> tuple[dict[str, Any], int]:
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"f{number}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content))
            paths.append(str(path))
        out = io.StringIO()
        status = 0
        options = {"organisation": organisation} if organisation else {}
        try:
            call_command("import_fhir", *paths, stdout=out, **options)
        except SystemExit as stop:
            status = stop.code
        return json.loads(out.getvalue().splitlines()[-1]), status

    return go


def test_a_questionnaire_is_created_then_unchanged_then_updated(run) -> None:
    report, status = run(asks(SLEEP))
    assert (report["created"], report["rejected"], status) == (1, [], 0)
    assert run(asks(SLEEP))[0]["unchanged"] == 1
    assert run(asks(SLEEP, title="Le sommeil"))[0]["updated"] == 1
    assert Questionnaire.objects.get(url="urn:test:q").title == "Le sommeil"


def test_a_bundle_and_lines_are_unpacked_with_their_value_sets(run) -> None:
    values = {
        "resourceType": "ValueSet", "url": "urn:test:vs",
        "compose": {"include": [{"system": "s", "concept": [{"code": "a"}, {"code": "b"}]}]},
    }  # fmt: skip
    chooses = asks({"linkId": "c", "text": "?", "type": "choice", "answerValueSet": "urn:test:vs"})
    bundle = {"resourceType": "Bundle", "entry": [{"resource": chooses}, {"resource": values}]}
    report, status = run(bundle)
    assert (report["created"], status) == (1, 0), report
    lines = "\n".join(json.dumps(asks(SLEEP, url=f"urn:test:{n}")) for n in range(3))
    assert run(lines)[0]["created"] == 3


REFUSED = [
    ({"linkId": "p", "text": "Photo", "type": "attachment"}, "p", "pièce jointe"),
    ({"linkId": "c", "text": "?", "type": "choice"}, "c", "sans réponse proposée"),
    ({"linkId": "c", "text": "?", "type": "choice", "answerValueSet": "urn:no"}, "c", "urn:no"),
    ({"linkId": "g", "text": "?", "type": "group"}, "g", "que-1"),
    ({"linkId": "t", "text": "?", "type": "poem"}, "t", "poem"),
    ({"text": "?", "type": "string"}, "item", "linkId"),
]


@pytest.mark.parametrize(("item", "where", "why"), REFUSED)
def test_a_refusal_names_the_item_and_the_reason(run, item, where, why) -> None:
    report, status = run(asks(SLEEP, item))
    assert status == 1
    (told,) = report["rejected"]
    assert told["where"] == f"f0.json item {where}"
    assert why in told["why"]
    assert not Questionnaire.objects.filter(url="urn:test:q").exists()


BROKEN = [
    "", "{", "[]", "<Questionnaire/>", '{"a": 1}', "null", '{"resourceType": "Bundle"}',
    '{"resourceType": "Patient"}', '{"resourceType": "Bundle", "entry": [{}]}', "[" * 5000,
    '{"resourceType": "Questionnaire", "status": "active", "item": {"a": 1}}',
    '{"resourceType": "Questionnaire", "status": "active", "item": ["a"]}',
    '{"resourceType": "Questionnaire", "status": "active", "item": [{"linkId": 3}]}',
]  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_bad_files_are_told_and_never_crash(run, content) -> None:
    report, status = run(content)
    assert status == 1
    assert report["rejected"]


def test_one_bad_file_does_not_keep_the_others_out(run) -> None:
    report, status = run("{", asks(SLEEP))
    assert (report["created"], len(report["rejected"]), status) == (1, 1, 1)


def test_a_questionnaire_for_one_organisation_is_its_own(run) -> None:
    dac = make.organisation("DAC", "dac")
    run(asks(SLEEP), organisation=str(dac.pk))
    assert Questionnaire.objects.get(url="urn:test:q").organisation_id == dac.pk


def test_the_questionnaires_of_the_shared_data_are_taken_or_refused_with_reasons(run) -> None:
    if SHARED is None:
        pytest.skip("../shared/data/fhir is not beside this checkout")
    found = [
        path.read_text()
        for path in sorted(SHARED.rglob("*.json"))
        if '"Questionnaire"' in path.read_text()[:4000]
        and json.loads(path.read_text()).get("resourceType") == "Questionnaire"
    ]
    if not found:
        pytest.skip("../shared/data holds no Questionnaire")
    report, _ = run(*found)
    assert report["created"] + len(report["rejected"]) >= len(found)
