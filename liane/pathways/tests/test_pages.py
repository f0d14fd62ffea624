"""Pages: what they show, what they cost, what they refuse."""

import io
import zipfile

import pytest

from liane.core.models import AccessRow
from liane.pathways import catalogue, listing
from liane.pathways.listing import Filters
from liane.pathways.models import Enrolment, ProtocolVersion, SavedView
from liane.pathways.protocols import library
from liane.pathways.services import inclusion
from liane.pathways.tests.conftest import (
    as_,
    as_system,
    days_ago,
    did,
    only,
    propose,
    text_of,
)
from tests import factories as make

pytestmark = pytest.mark.django_db


def html(client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_the_index_shows_projects_and_protocols(project, lea, sign_in):
    shown = html(sign_in("lea"), "/parcours/")
    assert "Parcours d’essai" in shown
    assert "en vigueur" in shown
    assert "après le traitement d’un cancer" in shown


def test_the_project_shows_its_team_and_what_is_missing(project, sign_in):
    shown = html(sign_in("lea"), f"/parcours/projets/{project.pk}/")
    for text in ("Zoé Lacaze", "ordre à prévenir", "activité physique", "Prise en charge possible"):
        assert text in shown


@pytest.mark.parametrize("part", ["etape/", "avenant/", "equipe/", "compte/", "fin/", "inclure/"])
def test_each_form_of_a_project_opens(project, sign_in, part):
    html(sign_in("lea"), f"/parcours/projets/{project.pk}/{part}")


def test_somebody_joins_by_a_search_and_a_form(project, sign_in):
    bob = make.practice("bob", profession="AP", name="Bob Sportif")
    client, path = sign_in("lea"), f"/parcours/projets/{project.pk}/equipe/"
    assert "Bob Sportif" in client.post(path, {"q": "sport"}).content.decode()
    shown = html(client, f"{path}?practice={bob.pk}")
    assert 'value="apa" selected' in shown
    client.post(path, {"practice": bob.pk, "profession": "apa", "starts_on": "2026-01-01"})
    assert project.signatories.filter(practice=bob).exists()


def test_an_inclusion_from_the_record_to_the_list(project, simon, roussel, zoe, sign_in):
    client = sign_in("roussel")
    propose_at = f"/personnes/{simon.pk}/parcours/proposer/?projet={project.pk}"
    assert "à vérifier" in html(client, propose_at)
    said = {"projet": project.pk, "fact-imc": "41", "fact-ald": "yes", "profile": "A"}
    looked = client.post(propose_at, said | {"look": "1"}).content.decode()
    assert "rempli" in looked
    with as_system():
        assert not Enrolment.objects.exists()
    client.post(propose_at, said)
    row = only()
    here = f"/parcours/{row.pk}/"
    assert "rien ne commence avant" in html(client, here).lower()
    client.post(here + "information/", {"answer": "agrees", "on": days_ago(0)})
    shown = html(client, here + "decision/")
    assert "Zoé Lacaze, diététicien" in shown
    assert "vaut prescription de tous les actes du parcours (CSS R. 162-138)." in shown
    client.post(
        here + "decision/",
        {"on": days_ago(0), "team": [zoe.pk], "version": only().version},
    )
    assert only().status == "included"
    assert "M. Simon" in html(client, "/file-active/parcours/")
    assert "Séquence initiale" in html(sign_in("zoe"), here)


@pytest.mark.parametrize("part", ["", "suspendre/", "fin/", "piece/", "confier/"])
def test_each_page_of_an_enrolment_opens(included, sign_in, part):
    html(sign_in("lea"), f"/parcours/{included.pk}/{part}")


def test_the_record_shows_the_picture(included, zoe, simon, sign_in):
    did(zoe, simon, "diet", 60)
    shown = html(sign_in("roussel"), f"/personnes/{simon.pk}/")
    assert 'aria-label="1 sur 3, 2 en retard"' in shown


def test_the_act_is_offered_when_noting_a_visit(included, zoe, simon, sign_in):
    client, path = sign_in("zoe"), f"/personnes/{simon.pk}/agenda/noter/"
    assert "Séance diététique" in html(client, f"{path}?acte=diet")
    said = {
        "day": days_ago(1), "hour": "10:00", "kind": "session", "outcome": "nothing",
        "practice": zoe.pk, "code": "diet",
    }  # fmt: skip
    assert client.post(path, said).status_code == 302
    assert client.post(path, said | {"day": days_ago(40)}).status_code == 422


def test_an_enrolment_of_others_is_not_there(included, sign_in):
    make.practice("bob", name="Bob", role="coordinator")
    client = sign_in("bob")
    html(client, f"/parcours/{included.pk}/", 404)
    html(client, f"/parcours/projets/{included.project_id}/", 404)


# ------------------------------------------------------------------ the list
def crowd(project, house, number: int, who) -> list[Enrolment]:
    people = []
    for place in range(number):
        person = make.patient(f"N{place:03d}", "Ana", used_name="", sex="F")
        make.member(person, house)
        row = propose(project, person, who)
        with as_(who):
            people.append(inclusion.decide(row.pk, on=days_ago(40 + place)))
    return people


def test_the_list_costs_the_same_for_one_or_many(
    included, project, msp, lea, roussel, django_assert_max_num_queries
):
    def cost() -> int:
        # Thirteen, and fourteen more for a protocol that asks for questionnaires.
        with as_(lea), django_assert_max_num_queries(27) as found:
            listing.page(msp.pk, Filters())
        return len(found)

    before = cost()
    crowd(project, msp, 4, roussel)
    assert cost() == before


def test_the_next_page_follows_the_key(included, project, msp, lea, roussel, monkeypatch):
    crowd(project, msp, 4, roussel)
    monkeypatch.setattr(listing, "SHOWN", 2)
    with as_(lea):
        every = [one.row.pk for one in listing.every(msp.pk, Filters())]
        assert len(every) == len(set(every)) == 5
        first = listing.page(msp.pk, Filters())
        second = listing.page(msp.pk, Filters(after=listing.key_of(first.after)))
        assert [one.row.pk for one in (*first.lines, *second.lines)] == every[:4]
    with as_system():
        days = list(Enrolment.objects.order_by("next_on").values_list("next_on", flat=True))
    assert days == sorted(days)


@pytest.mark.parametrize("view", list(listing.VIEWS))
def test_every_view_opens(included, view, sign_in):
    html(sign_in("lea"), f"/file-active/parcours/?vue={view}")


def test_views_hold_whom_they_say(included, project, lea, msp, roussel):
    crowd(project, msp, 1, roussel)
    with as_(lea):
        late = {one.row.pk for one in listing.page(msp.pk, Filters("retard")).lines}
        risk = {one.row.pk for one in listing.page(msp.pk, Filters("risque")).lines}
        none = listing.page(msp.pk, Filters("suspendues")).lines
    assert included.pk in late & risk
    assert none == []


def test_those_ticked_are_reminded_once_a_day_and_entrusted(included, lea, zoe, sign_in):
    from liane.core.models import Entry

    client = sign_in("lea")
    for _ in range(2):
        client.post("/file-active/parcours/actions/", {"enrolment": [included.pk], "do": "remind"})
    client.post(
        "/file-active/parcours/actions/",
        {"enrolment": [included.pk], "do": "entrust", "practice": lea.pk},
    )
    with as_system():
        assert Entry.objects.filter(kind="pathway.reminder").count() == 4
    assert only().coordinator_id == lea.pk


def test_a_view_is_kept_without_any_name(included, lea, sign_in):
    client = sign_in("lea")
    client.post(
        "/file-active/parcours/vues/",
        {"name": "Mes retards", "query": "vue=retard&q=SIMON&parcours=essai"},
    )
    [kept] = SavedView.objects.all()
    assert kept.query == "vue=retard&parcours=essai"
    assert "Mes retards" in html(client, "/file-active/parcours/")
    client.post("/file-active/parcours/vues/", {"forget": kept.pk})
    assert not SavedView.objects.exists()


def test_the_export_has_a_line_a_person_and_is_recorded(included, simon, sign_in):
    client = sign_in("lea")
    text = client.get("/file-active/parcours/export.csv").content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("M. Simon;22/01/1968;Parcours d’essai;Profil A")
    book = client.get("/file-active/parcours/export.xlsx").content
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert b"M. Simon" in parts.read("xl/sharedStrings.xml")
    assert AccessRow.objects.filter(person_id=simon.pk, action="export").exists()


def test_a_structure_that_runs_pathways_alone_lands_on_them(included, sign_in):
    answer = sign_in("lea").get("/file-active/")
    assert (answer.status_code, answer["Location"]) == (302, "/file-active/parcours/")


# ------------------------------------------------------------------ protocols
def test_a_protocol_is_a_picture_and_a_table(project, sign_in):
    shown = html(sign_in("lea"), "/parcours/protocoles/essai/")
    for text in ("<svg", "à compléter : montant de la séquence", "100,00", "Suivi diététique"):
        assert text in shown


def test_a_draft_is_completed_with_sources_and_published_by_a_second(project, msp, lea, sign_in):
    make.practice("dir", role="manager", of=msp, name="Directrice")
    client = sign_in("lea")
    answer = client.post(
        "/parcours/protocoles/essai/version/", {"based_on": "2026-01", "number": "2026-02"}
    )
    here = answer["Location"]
    assert "montant de la séquence" in html(client, here)
    client.post(here + "completer/", {"value-0": "450.00"})
    row = ProtocolVersion.objects.get(number="2026-02")
    assert not row.completions.exists(), "a value without its source"
    client.post(here + "completer/", {"value-0": "450,00", "source-0": "accord du 3 mars"})
    assert row.completions.get().value == "450.00"
    client.post(here + "publier/")
    row.refresh_from_db()
    assert row.status == "draft", "not by who wrote it"
    sign_in("dir").post(here + "publier/")
    row.refresh_from_db()
    assert row.status == "published"
    assert "450,00" in html(client, "/parcours/protocoles/essai/?version=2026-02")


def test_the_real_definition_is_completed_on_the_page_down_to_its_open_rules(
    project, msp, lea, sign_in
):
    make.practice("dir", role="manager", of=msp, name="Directrice")
    client = sign_in("lea")
    for number in ("2026-02.un", "2026-02.deux"):
        here = client.post(
            "/parcours/protocoles/pcr-obesite/version/", {"based_on": "2026-02", "number": number}
        )["Location"]
        row = ProtocolVersion.objects.get(number=number)
        said = {"totals": "1200", "amounts": "600", "min": "1"}
        form = {}
        for place, gap in enumerate(library.gaps(library.read(row.text))):
            kind = next((one for one in said if one in gap.path), "")
            value = "600.00" if kind == "amounts" else "1200.00" if kind == "totals" else "1"
            form[f"value-{place}"] = {"dropout": "pro_rata", "share": "20 %"}.get(gap.kind, value)
            form[f"source-{place}"] = "essai"
        client.post(here + "completer/", form)
        row.refresh_from_db()
        made = library.read(row.text)
        assert library.gaps(made) == []
        assert (made.dropout[0].strategy, made.patient_share.rate) == ("pro_rata", 2000)
        text = row.text.replace("A: '1126.00'", "A: '1200.00'").replace(
            "D: '1769.00'", "D: '1200.00'"
        )
        client.post(here, {"text": text, "version": str(row.version)})
        assert "Valeurs complétées" in html(client, here)
        assert "Participation de l’assuré : <strong" in html(client, here)
        sign_in("dir").post(here + "publier/")
        row.refresh_from_db()
        assert row.status == "published"
    latest = catalogue.find("pcr-obesite", "", msp.pk)
    assert latest is not None
    assert latest.version == "2026-02.deux", "of two of one day, the one published last"


def test_a_text_is_tried_as_it_is_typed(project, msp, lea, sign_in):
    client = sign_in("lea")
    here = client.post(
        "/parcours/protocoles/essai/version/", {"based_on": "2026-01", "number": "2026-03"}
    )["Location"]
    text = text_of().replace('version: "2026-01"', "version: 2026-03")
    tried = client.post(here + "essai/", {"text": text}).content.decode()
    assert "sans erreur" in tried
    wrong = text.replace("professions: [apa]", "professions: [danse]")
    assert "danse" in client.post(here + "essai/", {"text": wrong}).content.decode()
    assert client.post(here, {"text": "{", "version": "1"}).status_code == 422
