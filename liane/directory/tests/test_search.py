"""The directory is found by name, profession and town, in any order, slips included."""

import pytest

from liane.directory.index import index_organisations, index_professionals
from liane.directory.models import Organisation, Practice, Professional
from liane.directory.search import search
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _territory() -> None:
    rows = [
        ("Claire", "Aubert", "60", "", "Dax", True),
        ("Karim", "Lasserre", "70", "", "Dax", True),
        ("Hélène", "Roussel", "10", "SM54", "Tartas", True),
        ("Étienne", "Rousset", "10", "SM04", "Dax", True),
        ("Maïté", "Darrigrand", "AD", "", "Dax", False),
    ]
    for number, (given, family, profession, specialty, town, registered) in enumerate(rows):
        person = Professional.objects.create(
            given=given,
            family=family,
            profession=profession,
            specialty=specialty,
            rpps=f"1000000000{number}" if registered else None,
        )
        place = make.organisation(f"Cabinet {number}", city=town)
        Practice.objects.create(professional=person, organisation=place, city=town)
    make.organisation("Pharmacie du Marché", kind="pharmacy", city="Dax")
    index_professionals(Professional.objects.values_list("pk", flat=True))
    index_organisations(Organisation.objects.values_list("pk", flat=True))


def names(query: str, **more: object) -> list[str]:
    return [person.family for person in search(query, **more).professionals]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Aubert", ["Aubert"]),
        ("claire aubert", ["Aubert"]),
        ("AUBERT Claire", ["Aubert"]),
        ("aub", ["Aubert"]),
        ("obert", ["Aubert"]),
        ("lasere", ["Lasserre"]),
        ("Laserre karim", ["Lasserre"]),
        ("helene", ["Roussel"]),
        ("maite", ["Darrigrand"]),
        ("infirmière dax", ["Aubert"]),
        ("infirmiere", ["Aubert"]),
        ("infirmierre", ["Aubert"]),
        ("kiné", ["Lasserre"]),
        ("cardiologue dax", ["Rousset"]),
        ("dr roussel", ["Roussel"]),
        ("médecin tartas", ["Roussel"]),
        ("aide à domicile", ["Darrigrand"]),
        ("tartas", ["Roussel"]),
        ("zzzzz", []),
        ("aubert tartas", []),
        ("", []),
        ("de la", []),
    ],
)
def test_what_people_type(query, expected):
    assert names(query)[: len(expected) or None] == expected


def test_the_same_name_comes_before_one_that_looks_like_it():
    assert names("rousset")[0] == "Rousset"


def test_separate_fields_narrow_the_search():
    assert names("rousse", town="Dax") == ["Rousset"]
    assert names("", profession="70") == ["Lasserre"]
    assert names("", town="Tartas") == ["Roussel"]


def test_staff_without_rpps_are_for_professionals():
    assert names("darrigrand") == ["Darrigrand"]
    assert names("darrigrand", with_unregistered=False) == []


def test_structures_are_found_by_name_kind_and_town():
    assert [item.name for item in search("pharmacie dax").organisations] == ["Pharmacie du Marché"]
    assert [item.name for item in search("marche").organisations] == ["Pharmacie du Marché"]


def test_who_left_the_profession_is_no_longer_found():
    Professional.objects.filter(family="Aubert").update(active=False)
    assert names("aubert") == []


def test_a_search_asks_few_questions(django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        search("kiné laserre karim dax")
