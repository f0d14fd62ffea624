"""Acts and bundles: what pays each act, the file for billing software, what was billed twice."""

import csv
import datetime as dt
import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from liane.bundles.exclusivity import acts, billed
from liane.bundles.tests.conftest import as_
from liane.bundles.tests.samples import ESSAI
from liane.bundles.tests.test_invoicing import ready  # noqa: F401
from liane.core import acting
from liane.core.errors import Refused
from liane.directory.models import Professional
from liane.interventions.models import Intervention
from liane.pathways.models import Enrolment, ProtocolVersion
from tests import factories as make

FEBRUARY = dt.date(2026, 2, 1), dt.date(2026, 2, 28)
HEAD = ";".join(billed.COLUMNS)


@pytest.fixture
def house(house):
    """Two professionals have an RPPS; the person a birth date."""
    with acting.owner():
        Professional.objects.filter(pk=house.diet.professional_id).update(rpps="10001234567")
        Professional.objects.filter(pk=house.outside.professional_id).update(rpps="10007654321")
        house.person.birth_date = dt.date(1960, 5, 4)
        house.person.save(update_fields=["birth_date"])
    return house


def another(house, who, day):
    """An act outside of any sequence, of the same person."""
    at = dt.datetime.combine(day, dt.time(15), tzinfo=dt.UTC)
    with acting.owner():
        return Intervention.objects.create(
            person=house.person, at=at, performed_by=who, organisation=who.organisation,
            author_label=who.professional.name,
        )  # fmt: skip


def compared(house, *lines):
    with as_(house.biller):
        return billed.compare("\n".join([HEAD, *lines]).encode())


def test_each_act_says_what_pays_it(house):
    stranger = make.practice("nour", of=house.msp, name="Nour Bari", profession="60")
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    house.act(house.psy, "psy", dt.date(2026, 2, 9), waits=True)
    another(house, house.diet, dt.date(2026, 2, 3))
    another(house, stranger, dt.date(2026, 2, 4))
    with as_(house.biller):
        found = acts.between(*FEBRUARY)
    assert [(one.by, one.code) for one in found] == [
        ("forfait", "diet"), ("a-verifier", ""), ("acte", ""), ("a-confirmer", "psy"),
    ]  # fmt: skip
    assert found[0].bundle == found[1].bundle == "Parcours d’essai"
    assert found[2].bundle == ""


def test_after_the_pathway_an_act_is_an_act(house):
    with acting.owner():
        Enrolment.objects.filter(pk=house.enrolment.pk).update(
            status="ended", ended_on=dt.date(2026, 2, 10)
        )
    another(house, house.diet, dt.date(2026, 2, 10))
    another(house, house.diet, dt.date(2026, 2, 11))
    with as_(house.biller):
        assert [one.by for one in acts.between(*FEBRUARY)] == ["a-verifier", "acte"]


def test_the_number_of_queries_does_not_grow(house, django_assert_max_num_queries):
    for day in range(1, 13):
        house.act(house.diet, "diet", dt.date(2026, 2, day))
    with as_(house.biller), django_assert_max_num_queries(16):
        assert len(acts.between(*FEBRUARY)) == 12


def test_the_file_for_the_billing_software(house, sign_in):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    answer = sign_in("yves").get("/forfaits/actes.csv?mois=2026-02")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [(row["date"], row["rpps"], row["acte"], row["financement"]) for row in rows] == [
        ("2026-02-02", "10001234567", "diet", "forfait")
    ]
    assert "ne pas facturer" in rows[0]["consigne"]
    assert rows[0]["article"] == "CSS, L.162-62"


def test_a_professional_outside_finds_their_own_acts_alone(house, sign_in):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    house.act(house.outside, "psy", dt.date(2026, 2, 5))
    make.member(house.person, house.outside)
    text = sign_in("tess").get("/forfaits/actes.csv?mois=2026-02").content.decode("utf-8-sig")
    assert "Tess Faure" in text
    assert "forfait" in text
    assert "Léa Moreau" not in text
    page = sign_in("tess").get("/forfaits/actes/?mois=2026-02").content.decode()
    assert "Comparer" not in page


def test_an_act_billed_for_what_the_bundle_counted_is_refused(house):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    report = compared(house, "2026-02-02;10001234567;Sarrade;1960-05-04;DIET1")
    assert [(one.line.number, one.article) for one in report.refused] == [(2, "CSS, L.162-62")]
    assert "déjà comptée au forfait « Parcours d’essai »" in report.refused[0].why


def test_an_act_of_a_code_that_the_bundle_covers_is_refused_whoever_did_it(house):
    with acting.owner():
        version = ProtocolVersion.objects.get(organisation=house.msp)
        version.text = ESSAI + "cumulation: {acts: [AMI 4]}\n"
        version.pk = uuid4()
        version.number = "2026-02"
        version.text = version.text.replace("version: 2026-01", "version: 2026-02")
        version.save(force_insert=True)
        Enrolment.objects.filter(pk=house.enrolment.pk).update(protocol_version="2026-02")
    report = compared(house, "03/02/2026;10009999999;SARRADE;04/05/1960;ami 4")
    assert "couvre l’acte AMI 4" in report.refused[0].why


def test_an_act_of_a_signatory_is_to_be_looked_at_and_others_are_sound(house):
    report = compared(
        house,
        "2026-02-03;10001234567;Sarrade;1960-05-04;DIET1",
        "2026-02-03;10009999999;Sarrade;1960-05-04;G",
        "2026-02-03;10001234567;Inconnue;1960-05-04;DIET1",
    )
    assert [one.line.number for one in report.look] == [2]
    assert report.sound == 2
    assert report.refused == []


def test_what_cannot_be_read_says_where_and_why(house):
    report = compared(
        house, "hier;10001234567;Sarrade;1960-05-04;X", "2026-02-03;12;S;1960-05-04;X"
    )
    assert report.problems == [
        (2, "date « hier » : écrivez 2026-03-31 ou 31/03/2026"),
        (3, "le RPPS a onze chiffres"),
    ]
    with pytest.raises(Refused, match="Il manque rpps"):
        billed.read(b"date;nom;naissance;acte\n")


@given(st.binary(max_size=300))
def test_torn_files_never_raise_anything_else(content):
    for head in (b"", HEAD.encode() + b"\n"):
        try:
            billed.read(head + content)
        except Refused:
            continue


def test_the_page_compares_a_file_and_a_bad_one_is_a_sentence(house, sign_in):
    house.act(house.diet, "diet", dt.date(2026, 2, 2))
    client = sign_in("yves")
    good = f"{HEAD}\n2026-02-02;10001234567;SARRADE;1960-05-04;DIET1\n"
    page = client.post("/forfaits/actes/?mois=2026-02", {
        "file": SimpleUploadedFile("actes.csv", good.encode())}).content.decode()  # fmt: skip
    assert "à retirer" in page
    bad = client.post("/forfaits/actes/", {"file": SimpleUploadedFile("x.csv", b"\x00\xff;;")})
    assert bad.status_code == 422
    assert "Il manque" in bad.content.decode()
    assert sign_in("lea").post("/forfaits/actes/", {}).status_code == 404
