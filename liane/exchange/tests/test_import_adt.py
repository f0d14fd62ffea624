"""`liane import adt`: each message's fate, a report, an exit code; every file of the field."""

import io
import json

import pytest
from django.core.management import call_command

from liane.core import acting
from liane.exchange.models import IdentityCase, RawMessage
from liane.exchange.tests.messages import field_files
from liane.exchange.tests.world import hospital, message, odette, the_stay
from liane.patients import ins
from liane.patients.models import Patient
from liane.stays.models import Stay
from tests import factories

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[dict, list[str], int]:
    out = io.StringIO()
    code = 0
    try:
        call_command("import_adt", *arguments, stdout=out)
    except SystemExit as stop:
        code = int(stop.code or 0)
    *lines, report = out.getvalue().splitlines()
    return json.loads(report), lines, code


def test_the_report_counts_each_fate(tmp_path):
    hospital()
    person = odette()
    (tmp_path / "a.hl7").write_bytes(message(control="1") + b"\n" + message("A03", control="2"))
    (tmp_path / "b.hl7").write_bytes(message(control="1", end="\n"))
    (tmp_path / "c.hl7").write_bytes(message(control="3", ins="", ipp="9"))
    (tmp_path / "d.hl7").write_bytes(message(control="4", ins="", ipp="8", birth="19900101",
                                             name="ROY^LUC^^^^^L"))  # fmt: skip
    report, lines, code = run(*(str(path) for path in sorted(tmp_path.iterdir())))
    assert report == {
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "queued": 2,
        "ignored": 1,
        "rejected": [],
    }
    assert (code, len(lines)) == (0, 5)
    assert the_stay(person).status == "ended"


def test_the_same_file_twice_changes_nothing(tmp_path):
    hospital()
    odette()
    (tmp_path / "a.hl7").write_bytes(message())
    run(str(tmp_path / "a.hl7"))
    assert run(str(tmp_path / "a.hl7"))[0]["unchanged"] == 1


def test_what_is_rejected_is_named_and_fails(tmp_path):
    (tmp_path / "bad.hl7").write_bytes(b"nothing here")
    report, _, code = run(str(tmp_path / "bad.hl7"), str(tmp_path / "absent.hl7"))
    assert [one["where"] for one in report["rejected"]] == ["bad.hl7#1", "absent.hl7"]
    assert code == 1


def test_the_hospital_may_be_said(tmp_path):
    dax = factories.organisation("Clinique des Pins", "hospital")
    person = odette()
    (tmp_path / "a.hl7").write_bytes(message())
    run(str(tmp_path / "a.hl7"), "--organisation", str(dax.pk))
    assert the_stay(person).hospital_name == "Clinique des Pins"


@pytest.fixture
def known() -> dict[str, Patient]:
    """The people of the field's messages, as if they were followed here."""
    dominique = factories.patient("PAT-TROIS", "Dominique", used_name="", birth_date="1979-03-28")
    gaston = factories.patient("SCHMITT", "Gaston", used_name="", sex="M", birth_date="1972-06-21")
    with acting.owner():
        ins.put(dominique, ins.parse("279035121518989", ins.NIR_TEST))
        dominique.save()
    return {"dominique": dominique, "gaston": gaston}


FATES = {
    "ans_": "created",
    "field_mb_": "queued",
    "field_dx_": "ignored",
    "field_gzl_ACK": "ignored",
    "field_gzl_Z99": "ignored",
}


@pytest.mark.skipif(not field_files(), reason="../shared/data/adt is not beside this checkout")
def test_every_file_of_the_field_is_applied_queued_or_ignored(known):
    for path in field_files():
        report, [line], code = run(str(path))
        fate = next(fate for start, fate in FATES.items() if path.name.startswith(start))
        assert (report[fate], code) == (1, 0), line
        assert line.endswith(")"), "each with its reason"
    with acting.acting(acting.system("test")):
        assert Stay.objects.filter(person=known["dominique"]).count() == 5
        assert IdentityCase.objects.count() == 4
        kept = RawMessage.objects.filter(content__isnull=False).values_list("status", flat=True)
        assert set(kept) == {"applied", "queued"}


@pytest.mark.skipif(not field_files(), reason="../shared/data/adt is not beside this checkout")
def test_a_stay_of_the_field_once_the_number_is_known(known):
    from liane.exchange.hl7v2.messages import Identifier
    from liane.exchange.hospitals import Speaker
    from liane.exchange.matching import remember

    strasbourg = factories.organisation("CH de Strasbourg", "hospital", authority="CH_STRASBOURG")
    with acting.acting(acting.system("test")):
        speaker = Speaker("CH de Strasbourg", str(strasbourg.pk), strasbourg)
        remember(known["gaston"].pk, Identifier("PAT-00738"), speaker)
    files = [path for path in field_files() if path.name.startswith("field_mb_")]
    for path in [*reversed(files), *files]:
        run(str(path))
    stay = the_stay(known["gaston"])
    assert (stay.status, stay.ward, stay.hospital_name) == (
        "ended",
        "Chirurgie A",
        "CH de Strasbourg",
    )
    assert stay.starts_at.isoformat() == "2024-01-15T07:30:00+00:00"
    assert stay.ends_at.isoformat() == "2024-01-18T15:00:00+00:00"
