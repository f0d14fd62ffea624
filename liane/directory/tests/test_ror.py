"""Offers of a repertory come in by a FHIR bundle: once, corrected, ended, refused with a reason."""

import contextlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from liane.directory.models import Commune, Department, HealthcareService, Organisation

pytestmark = pytest.mark.django_db
INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"


def bundle(**change: Any) -> dict[str, Any]:
    service = {
        "resourceType": "HealthcareService", "id": "s1", "active": True, "name": "SSIAD de l’Adour",
        "providedBy": {"reference": "Organization/o1"},
        "type": [{"coding": [{"display": "Soins infirmiers à domicile"}]}],
        "location": [{"reference": "Location/l1"}],
        "coverageArea": [{"reference": "Location/l2"}],
        "eligibility": [{"comment": "Plus de 60 ans"}], **change,
    }  # fmt: skip
    return {
        "resourceType": "Bundle",
        "entry": [
            {"resource": one}
            for one in (
                {
                    "resourceType": "Organization", "id": "o1", "name": "SSIAD de l’Adour",
                    "identifier": [
                        {"system": "https://finess.esante.gouv.fr", "value": "400780193"}
                    ],
                },
                {
                    "resourceType": "Location", "id": "l1",
                    "extension": [
                        {"url": "http://x/ror-capacity", "valueInteger": 30},
                        {"url": "http://x/ror-available", "valueInteger": 2},
                    ],
                },
                {
                    "resourceType": "Location", "id": "l2",
                    "address": {"extension": [{"url": INSEE, "valueCoding": {"code": "40088"}}]},
                },
                service,
            )
        ],
    }  # fmt: skip


def bring(folder: Path, **change: Any) -> dict[str, Any]:
    file = folder / "ror.json"
    file.write_text(json.dumps(bundle(**change)), encoding="utf-8")
    out = StringIO()
    with contextlib.suppress(SystemExit):
        call_command("import_ror", str(file), stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


@pytest.fixture(autouse=True)
def _dax() -> None:
    landes = Department.objects.create(code="40", name="Landes")
    Commune.objects.create(code="40088", name="Dax", search="dax", department=landes)


def test_an_offer_comes_in_with_need_territory_capacity_and_conditions(tmp_path: Path) -> None:
    report = bring(tmp_path)
    assert report == {"created": 1, "updated": 0, "unchanged": 0, "rejected": []}
    offer = HealthcareService.objects.get()
    assert (offer.need, offer.capacity, offer.free_places) == ("nursing", 30, 2)
    assert (offer.availability, offer.conditions) == ("open", "Plus de 60 ans")
    assert [(one.level, one.code) for one in offer.areas.all()] == [("commune", "40088")]


def test_twice_changes_nothing_then_a_correction_then_the_end(tmp_path: Path) -> None:
    bring(tmp_path)
    assert bring(tmp_path)["unchanged"] == 1
    assert bring(tmp_path, eligibility=[{"comment": "Plus de 70 ans"}])["updated"] == 1
    assert HealthcareService.objects.get().conditions == "Plus de 70 ans"
    assert bring(tmp_path, active=False)["updated"] == 1
    assert HealthcareService.objects.get().ended_at is not None
    assert Organisation.objects.filter(name="SSIAD de l’Adour").count() == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": ""}, "nom"),
        ({"name": "Xyz", "type": []}, "Besoin"),
        ({"providedBy": {}}, "structure"),
        ({"type": 3}, "illisible"),
    ],
)
def test_a_wrong_offer_is_refused_with_its_reason(tmp_path: Path, change: Any, why: str) -> None:
    report = bring(tmp_path, **change)
    assert (report["created"], report["rejected"][0]["where"]) == (0, "HealthcareService/s1")
    assert why in report["rejected"][0]["why"]


def test_another_file_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[]")
    with pytest.raises(CommandError, match="Bundle"):
        call_command("import_ror", str(file))
