"""Communes come from public lists; the most precise organisation answers for one."""

import io
import json
import tarfile

import pytest
from django.core.management import call_command

from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.directory import communes, territories
from liane.directory.extraction import BadFileError
from liane.directory.models import Change, Commune, Coverage
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def landes() -> None:
    communes.load(communes.SHIPPED)


def covers(name: str, *keys: str, kind: str = "dac"):
    house = make.organisation(name, kind)
    with acting.acting(acting.system("test")):
        territories.cover(house, keys)
    return house


def test_the_shipped_list_holds_the_landes_and_says_where_it_comes_from(landes) -> None:
    assert Commune.objects.count() == 327
    dax = Commune.objects.get(pk="40088")
    assert (dax.name, dax.postcodes, dax.epci.name) == ("Dax", "40100", "CA du Grand Dax")
    said = json.loads(communes.SHIPPED.read_text())
    assert said["source"]
    assert said["licence"] == "Licence Ouverte 2.0"


def test_the_same_list_twice_changes_nothing(landes) -> None:
    again = communes.load(communes.SHIPPED)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 327)


FINDS = [
    ({"insee": "40202"}, "Narrosse"),
    ({"city": "NARROSSE"}, "Narrosse"),
    ({"city": "St Paul les Dax", "postcode": "40990"}, "Saint-Paul-lès-Dax"),
    ({"postcode": "40130"}, "Capbreton"),
    ({"postcode": "40180"}, None),
    ({"city": "Nulle-Part"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("said", "name"), FINDS)
def test_an_address_gives_its_commune(landes, said, name) -> None:
    found = territories.commune(**said)
    assert (found.name if found else None) == name


def test_the_most_precise_territory_wins(landes) -> None:
    wide = covers("DAC des Landes", "department:40")
    near = covers("DAC du Grand Dax", "epci:244000675")
    dax, tartas = Commune.objects.get(pk="40088"), Commune.objects.get(pk="40313")
    assert territories.the_right_one(dax, "dac") == near
    assert territories.the_right_one(tartas, "dac") == wide
    assert [one.organisation for one in territories.competent(dax)] == [near, wide]
    assert territories.the_right_one(dax, "cpts") is None
    assert territories.the_right_one(None, "dac") is None


def test_two_at_the_same_level_are_a_choice_for_somebody(landes) -> None:
    for name in ("SSIAD A", "SSIAD B"):
        covers(name, "commune:40088", kind="ssiad")
    dax = Commune.objects.get(pk="40088")
    assert territories.the_right_one(dax, "ssiad") is None
    assert len(territories.competent(dax, "ssiad")) == 2


def test_a_closed_organisation_answers_for_nothing(landes) -> None:
    house = covers("DAC", "department:40")
    house.active = False
    house.save()
    assert territories.competent(Commune.objects.get(pk="40088")) == []


def test_only_the_house_keeps_its_territory_and_the_history_stays(landes) -> None:
    lise = make.practice("lise", role="coordinator", of=make.organisation("DAC", "dac"))
    with acting.acting(make.actor(make.practice("claire"))), pytest.raises(NotAllowed):
        territories.cover(lise.organisation, ["department:40"])
    with acting.acting(make.actor(lise)):
        with pytest.raises(Refused):
            territories.cover(lise.organisation, ["commune:99999"])
        territories.cover(lise.organisation, ["department:40", "department:40"])
        territories.uncover(Coverage.objects.get())
    said = Change.objects.filter(what="territoire").order_by("at")
    assert [(one.before, one.after) for one in said] == [
        ("", "Landes (département)"),
        ("Landes (département)", ""),
    ]


def imported(tmp_path, text: str, name: str = "list.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return communes.load(path)


def test_the_lists_of_the_post_office_and_the_insee_complete_each_other(tmp_path) -> None:
    post = "\n".join(
        [
            "#Code_commune_INSEE;Nom_de_la_commune;Code_postal;Ligne_5",
            "40279;ST PAUL LES DAX;40990;",
            "2A004;AJACCIO;20000;",
            "2A004;AJACCIO;20090;",
            "X;PERDUE;1;",
        ]
    )
    report = imported(tmp_path, post)
    assert (report.created, [one["where"] for one in report.rejected]) == (2, ["list.csv:5"])
    insee = (
        "TYPECOM,COM,REG,DEP,LIBELLE\nCOM,40279,75,40,Saint-Paul-lès-Dax\n"
        "COMD,40999,75,40,Ancienne\n"
    )
    assert imported(tmp_path, insee).updated == 1
    epci = "CODGEO;LIBGEO;EPCI;LIBEPCI;DEP\n40279;Saint-Paul-lès-Dax;244000675;CA du Grand Dax;40\n"
    assert imported(tmp_path, epci).updated == 1
    assert imported(tmp_path, post).updated == 0
    town = Commune.objects.get(pk="40279")
    assert (town.name, town.postcodes, town.epci.name) == (
        "Saint-Paul-lès-Dax", "40990", "CA du Grand Dax",
    )  # fmt: skip
    assert Commune.objects.get(pk="2A004").postcodes == "20000 20090"
    assert Commune.objects.get(pk="2A004").department_id == "2A"


def test_the_whole_country_comes_in_one_archive(tmp_path, capsys) -> None:
    said = {
        "departements": [{"code": "40", "nom": "Landes"}],
        "communes": [
            {"code": "40088", "nom": "Dax", "departement": "40", "type": "commune-actuelle",
             "codesPostaux": ["40100"]},
            {"code": "01015", "nom": "Arbignieu", "departement": "01", "type": "commune-deleguee"},
        ],
        "epci": [{"code": "244000675", "nom": "CA du Grand Dax", "membres": [{"code": "40088"}]}],
    }  # fmt: skip
    path = tmp_path / "list.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in said.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/data/{name}.json")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    call_command("import_territories", str(path))
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert Commune.objects.get().epci.name == "CA du Grand Dax"


@pytest.mark.parametrize("text", ["a;b\n1;2\n", "{}", ""])
def test_another_file_is_refused_before_anything_is_written(tmp_path, text) -> None:
    with pytest.raises(BadFileError):
        imported(tmp_path, text)


def test_the_pages_find_and_keep_a_territory(landes, sign_in) -> None:
    lise = make.practice("lise", role="coordinator", of=make.organisation("DAC du coin", "dac"))
    browser = sign_in("lise")
    url = f"/annuaire/structures/{lise.organisation_id}/territoire/"
    assert "Landes" in browser.get(url, {"q": "landes"}).content.decode()
    assert browser.post(url, {"place": ["department:40"]}).status_code == 302
    page = browser.get("/annuaire/territoires/", {"commune": "tartas"}).content.decode()
    assert "DAC du coin" in page
    assert "Dax" in browser.get("/annuaire/territoires/", {"commune": "40100"}).content.decode()
    make.practice("claire")
    assert sign_in("claire").get(url).status_code == 404
    row = Coverage.objects.get()
    assert sign_in("claire").post(f"/annuaire/territoires/{row.pk}/fin").status_code == 404
    assert browser.post(f"/annuaire/territoires/{row.pk}/fin").status_code == 302
    assert not Coverage.objects.exists()
