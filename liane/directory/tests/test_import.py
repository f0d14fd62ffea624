"""The national extraction comes in by batches; twice changes nothing; corrections stay."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from liane.core.acting import acting, system
from liane.directory import importing, services
from liane.directory.identifiers import luhn_key
from liane.directory.models import Organisation, Practice, Professional
from liane.directory.search import search

pytestmark = pytest.mark.django_db
HEADER = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|"
    "Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|Code savoir-faire|"
    "Libellé savoir-faire|Numéro SIRET site|Numéro FINESS site|"
    "Identifiant technique de la structure|Raison sociale site|"
    "Enseigne commerciale site|Numéro Voie (coord. structure)|"
    "Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|"
    "Bureau cedex (coord. structure)|Code postal (coord. structure)|"
    "Code commune (coord. structure)|Libellé commune (coord. structure)|"
    "Téléphone (coord. structure)|"
    "Adresse e-mail (coord. structure)|Libellé secteur d'activité|"
)


def number(start: int) -> str:
    digits = f"{1_000_000_000 + start}"
    return digits + luhn_key(digits)


def line(start: int, family: str = "AUBERT", **change: str) -> str:
    cells = {
        "type": "8", "rpps": number(start), "nat": "", "civ": "", "nom": family,
        "prenom": "Claire", "prof": "60", "lprof": "Infirmier", "sf": "", "lsf": "",
        "siret": "", "finess": "", "tech": f"R{start}", "rs": f"CABINET {start}", "ens": "",
        "num": "4", "voie": "RUE", "lvoie": "DU PORT", "cedex": "40100 DAX", "cp": "40100",
        "insee": "40088", "ville": "", "tel": "0558000000", "mail": "",
        "secteur": "Cabinet individuel", **change,
    }  # fmt: skip
    return "|".join(cells.values()) + "|"


def bring(*lines: str) -> importing.Report:
    with acting(system("import")):
        return importing.load([HEADER, *lines])


def counts(report: importing.Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.rejected)


def test_each_line_makes_a_professional_and_a_place():
    assert counts(bring(line(1), line(2, "LASSERRE", prof="70"))) == (2, 0, 0, 0)
    practice = Practice.objects.get(professional__rpps=number(1))
    assert practice.organisation.phone == "0558000000"
    assert practice.organisation.city == "Dax"
    assert practice.organisation.kind == Organisation.Kind.PRACTICE
    assert practice.organisation.line == "4 RUE DU PORT"


def test_what_came_in_is_found():
    bring(line(1))
    assert [person.family for person in search("obert dax").professionals] == ["AUBERT"]


def test_twice_changes_nothing():
    bring(line(1), line(2))
    assert counts(bring(line(1), line(2))) == (0, 0, 2, 0)
    assert Professional.objects.count() == 2


def test_a_new_name_or_a_new_telephone_is_an_update():
    bring(line(1), line(2))
    report = bring(line(1, "AUBERT-DUMAS"), line(2, tel="0558111111"))
    assert counts(report) == (0, 2, 0, 0)
    assert [person.family for person in search("dumas").professionals] == ["AUBERT-DUMAS"]


def test_several_places_of_practice_are_one_professional():
    assert counts(bring(line(1), line(1, tech="R9", rs="MSP DE L'ADOUR"))) == (2, 0, 0, 0)
    assert Practice.objects.filter(professional__rpps=number(1)).count() == 2


def test_the_structure_already_known_by_its_finess_is_not_made_twice():
    known = Organisation.objects.create(name="CH de Dax", kind="hospital", finess="400780193")
    bring(line(1, finess="40078019" + luhn_key("40078019")))
    known.refresh_from_db()
    wanted = Organisation.objects.filter(finess="40078019" + luhn_key("40078019")).count()
    assert wanted == 1


def test_what_users_corrected_stays():
    bring(line(1))
    place = Organisation.objects.get(external_id="R1")
    with acting(system("test")):
        services.correct_contact(place, {"phone": "05 58 22 22 22"})
    bring(line(1, tel="0558333333"))
    place.refresh_from_db()
    assert place.phone == "0558222222"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rpps": "10000000000"}, "clé"),
        ({"type": "0"}, "RPPS"),
        ({"nom": ""}, "nom"),
        ({"prof": ""}, "profession"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place_and_reason(change, why):
    report = bring(line(1, **change), line(2))
    assert counts(report) == (1, 0, 0, 1)
    assert report.rejected[0]["where"] == "2"
    assert why in report.rejected[0]["why"]


def test_a_wrong_finess_is_not_kept():
    bring(line(1, finess="400780190"))
    assert Organisation.objects.get(external_id="R1").finess == ""


def test_the_command_ends_with_its_report(tmp_path: Path):
    file = tmp_path / "ps.txt"
    file.write_text("\ufeff" + "\n".join([HEADER, line(1)]), encoding="utf-8")
    out = StringIO()
    call_command("import_directory", str(file), stdout=out)
    last = json.loads(out.getvalue().splitlines()[-1])
    assert last == {"created": 1, "updated": 0, "unchanged": 0, "rejected": []}


def test_the_command_fails_when_a_line_was_rejected(tmp_path: Path):
    file = tmp_path / "ps.txt"
    file.write_text("\n".join([HEADER, line(1, nom="")]), encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        call_command("import_directory", str(file), stdout=StringIO())
    assert stop.value.code == 1


def test_another_file_is_refused_in_one_line(tmp_path: Path):
    file = tmp_path / "autre.csv"
    file.write_text("a;b;c\n1;2;3\n")
    with pytest.raises(CommandError, match="colonnes absentes"):
        call_command("import_directory", str(file))
