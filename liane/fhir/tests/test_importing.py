"""``liane import fhir``: by the same way as the interface, once."""

import contextlib
import json

import pytest
from django.core.management import call_command

from liane.circle.models import Membership
from liane.core.acting import owner
from liane.fhir.tests.api import Api, shared
from liane.fhir.tests.test_core import JACQUES

pytestmark = pytest.mark.django_db


def report(capsys, *arguments):
    with contextlib.suppress(SystemExit):
        call_command("import_fhir", *map(str, arguments))
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file_is_taken_once_and_its_persons_enter_the_circle_of_the_house(
    house, tmp_path, capsys
):
    path = tmp_path / "people.ndjson"
    team = {
        "resourceType": "CareTeam", "id": "c1", "status": "active",
        "subject": {"reference": "Patient/p1"},
    }  # fmt: skip
    lines = [team, {**JACQUES, "id": "p1"}, {**JACQUES, "id": "p2", "gender": "homme"}]
    path.write_text("\n".join(map(json.dumps, lines)))
    told = report(capsys, path, "--organisation", house.pk)
    assert (told["created"], len(told["rejected"])) == (2, 1)
    assert told["rejected"][0]["where"] == "people.ndjson#3 Patient.gender"
    with owner():
        (member,) = Membership.objects.all()
    assert (member.organisation_id, member.ground) == (house.pk, "source")
    again = report(capsys, path, "--organisation", house.pk)
    assert (again["created"], again["unchanged"]) == (0, 2)
    lines[1]["telecom"] = [{"system": "phone", "value": "0633333333"}]
    path.write_text("\n".join(map(json.dumps, lines[:2])))
    changed = report(capsys, path, "--organisation", house.pk)
    assert (changed["updated"], changed["unchanged"], changed["rejected"]) == (1, 1, [])
    (person,) = Api(house).get("Patient?phone=0633333333").found
    assert person["extension"] == JACQUES["extension"]


def test_the_guide_s_examples(house, capsys):
    told = report(
        capsys, shared("examples/cds/Bundle-cds-bundle-transaction-creation-example.json"),
        "--organisation", house.pk,
    )  # fmt: skip
    assert (told["created"], told["rejected"]) == (4, [])
    api = Api(house)
    for query in (
        "identifier=http://fake-identifier.fr|1", "start=2013-01-12", "participant-start=ge2020",
        "status=active", "participant:RelatedPerson.name=lamine", "patient.family=thobois",
        "patient.birthplace=29064", "start=le2014", "end:missing=true",
    ):  # fmt: skip
        assert len(api.get(f"CareTeam?{query}").found) == 1, query
    assert len(api.get("RelatedPerson?relationship=NBOR&name=lamine").found) == 1
    assert len(api.get("Organization?name=cabinet medical cc").found) == 1
