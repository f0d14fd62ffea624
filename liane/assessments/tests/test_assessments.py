"""Assessments are started, shared between devices, completed, corrected, withdrawn, read."""

import datetime as dt
import json

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from liane.assessments import catalogue, queries, services, state, tasks
from liane.assessments.engine import posting
from liane.assessments.models import Questionnaire, Response, Score
from liane.core import acting, pdf
from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry, StoredFile
from tests import factories as make

pytestmark = pytest.mark.django_db
KATZ = ("hygiene", "habillage", "toilettes", "transferts", "continence", "repas")


def as_(who):
    return acting.acting(make.actor(who))


def which(key: str) -> Questionnaire:
    return Questionnaire.objects.get(url=f"urn:liane:questionnaire:{key}")


def posted(questionnaire: Questionnaire, **answers) -> posting.Posted:
    definition = catalogue.definition_of(questionnaire)
    values = {}
    for link, given in answers.items():
        item = definition.by_link[link]
        value = next(
            (o.value for o in item.options if o.value["valueCoding"]["code"] == given), None
        )
        values[item.n, ()] = [value or {"valueInteger": given}]
    return posting.Posted(values=values)


@pytest.fixture
def odette():
    return make.patient(address_line="4 rue des Fleurs", city="Dax")


@pytest.fixture
def claire(odette):
    nurse = make.practice("claire", name="Claire Aubert")
    make.member(odette, nurse)
    return nurse


@pytest.fixture
def manon(odette):
    dac = make.organisation("DAC", "dac")
    make.member(odette, dac)
    return make.practice("manon", role="case_manager", of=dac, name="Manon Lys")


def katz(person, code: str = "1", *, days: int = 0, for_person: bool = False) -> Response:
    """A completed Katz, every answer the same, by the current actor."""
    one = services.start(person, which("katz"), at=timezone.now() - dt.timedelta(days))
    answers = posted(which("katz"), **dict.fromkeys(KATZ, code))
    opened = services.save(one.pk, version=1, posted=answers)
    return services.complete(one.pk, version=opened.response.version, for_person=for_person)


def test_completing_keeps_the_score_tells_the_journal_and_seals_the_answers(odette, claire) -> None:
    with as_(claire):
        done = katz(odette, "0.5")
        (score,) = Score.objects.filter(response=done)
        assert (score.figure, score.level, score.code) == ("3", "partielle", "adl")
        assert Entry.objects.get(object_id=done.pk).kind == "assessment.clinical"
        held = json.loads(Response.objects.get(pk=done.pk).content)["response"]
    assert (held["resourceType"], held["status"]) == ("QuestionnaireResponse", "completed")
    with acting.owner(), connection.cursor() as cursor:
        cursor.execute("SELECT content FROM assessments_response")
        assert b"hygiene" not in bytes(cursor.fetchone()[0])


def test_what_is_missing_is_said_and_nothing_is_completed(odette, claire) -> None:
    with as_(claire):
        one = services.start(odette, which("katz"))
        with pytest.raises(services.Incomplete) as refusal:
            services.complete(one.pk, version=1)
        assert len(refusal.value.missing) == 6
        assert Response.objects.get(pk=one.pk).is_open


def test_two_devices_on_different_questions_lose_nothing(odette, claire, manon) -> None:
    grid = which("katz")
    with as_(claire):
        one = services.start(odette, grid)
        services.save(one.pk, version=1, posted=posted(grid, hygiene="1"))
    with as_(manon):
        opened = services.save(one.pk, version=1, posted=posted(grid, repas="0"))
    assert set(opened.touched) >= {"1", "6"}
    assert len(opened.answers.values) == 2


def test_two_devices_on_the_same_question_are_shown_both_answers(odette, claire, manon) -> None:
    grid = which("katz")
    with as_(claire):
        one = services.start(odette, grid)
        services.save(one.pk, version=1, posted=posted(grid, hygiene="1"))
    with as_(manon):
        with pytest.raises(services.Crossed) as crossed:
            services.save(one.pk, version=1, posted=posted(grid, hygiene="0"))
        (difference,) = crossed.value.differences
        assert "toilette impossible" in difference.mine
        assert difference.theirs == "Se lave sans aide"
        kept = services.save(
            one.pk, version=2, posted=posted(grid, hygiene="0"), decided=True,
            keep_theirs=[difference.place],
        )  # fmt: skip
        assert kept.answers.at((1, ()))[0]["valueCoding"]["code"] == "1"


def test_the_second_device_is_shown_both_on_its_page(odette, claire, manon, sign_in) -> None:
    with as_(claire):
        one = services.start(odette, which("katz"))
    phone, desk = sign_in("claire"), sign_in("manon")
    url = f"/evaluations/{one.pk}/remplir/"
    form = {"q": "1", "version": "1", "partie": "1", "go": "suite"}
    assert phone.post(url, form | {"a-1": "0"}).status_code == 302
    answer = desk.post(url, form | {"a-1": "2"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Se lave sans aide" in page
    assert "toilette impossible" in page
    chosen = form | {"a-1": "2", "version": "2", "decide": "1", "choix-1": "moi"}
    assert desk.post(url, chosen).status_code == 302
    assert 'value="2" checked' in desk.get(url).content.decode()


def test_a_completed_assessment_never_changes_and_is_corrected_by_another(odette, claire) -> None:
    with as_(claire):
        first = katz(odette, "1", days=3)
        with pytest.raises(Refused):
            services.save(first.pk, version=9, posted=posted(which("katz"), hygiene="0"))
        with pytest.raises(Refused):
            services.amend(first.pk, reason=" ")
        new = services.amend(first.pk, reason="Erreur de ligne")
        with pytest.raises(Refused):
            services.amend(first.pk, reason="Encore")
        saved = services.save(new.pk, version=1, posted=posted(which("katz"), hygiene="0"))
        services.complete(new.pk, version=saved.response.version)
        (track,) = queries.tracks(odette.pk)
        assert [point.figure for point in track.points] == ["5"]
        assert [row.pk for row in queries.of_person(odette.pk) if not row.is_corrected] == [new.pk]
        assert len(state.opened(queries.one_or_404(first.pk)).answers.values) == 7


def test_a_withdrawn_assessment_leaves_the_scores_and_stays_readable(odette, claire) -> None:
    with as_(claire):
        done = katz(odette)
        services.withdraw(done.pk, reason="Autre personne")
        assert queries.tracks(odette.pk) == []
        assert queries.one_or_404(done.pk).status == "entered-in-error"


@pytest.mark.parametrize(
    ("key", "nurse", "manager"), [("complexite", False, True), ("katz", True, True)]
)
def test_each_area_is_written_by_those_whose_right_it_is(
    odette, claire, manon, key, nurse, manager
) -> None:
    for who, may in ((claire, nurse), (manon, manager)):
        with as_(who):
            if may:
                assert services.start(odette, which(key)).is_open
            else:
                with pytest.raises(NotAllowed):
                    services.start(odette, which(key))


def test_outside_the_circle_there_is_nothing(odette, claire, sign_in) -> None:
    with as_(claire):
        done = katz(odette)
    bruno = make.practice("bruno")
    with as_(bruno), pytest.raises(Http404):
        services.start(odette, which("katz"))
    browser = sign_in("bruno")
    for path in ("", "remplir/", "terminer/", "imprimer/", "pdf/"):
        assert browser.get(f"/evaluations/{done.pk}/{path}").status_code == 404
    for path in ("corriger/", "annuler/", "remplir/", "terminer/", "pdf/"):
        assert browser.post(f"/evaluations/{done.pk}/{path}", {"reason": "x"}).status_code == 404


def test_home_help_reads_her_own_social_assessment_only(odette, manon) -> None:
    sonia = make.practice("sonia", role="social", of=make.organisation("SAAD", "saad"))
    make.member(odette, sonia, outside_team=True)
    with as_(manon):
        services.start(odette, which("complexite"))
        katz(odette)
    with as_(sonia):
        assert queries.of_person(odette.pk) == []
        services.start(odette, which("complexite"))
        assert len(queries.of_person(odette.pk)) == 1
        assert {row.area for row in queries.offered()} == {"social_assessment"}


def test_the_record_and_earlier_answers_fill_the_next_one(odette, manon) -> None:
    make.contact(odette, "julie", access="", relationship="fille")
    whole = which("multidimensionnelle")
    with as_(manon):
        first = services.start(odette, whole, at=timezone.now() - dt.timedelta(40))
        one = state.opened(Response.objects.get(pk=first.pk))
        by_link = {
            one.definition.items[n].link_id: given for (n, _), given in one.answers.values.items()
        }
        assert by_link["age"][0]["valueInteger"] >= 85
        assert by_link["adresse"] == [{"valueString": "4 rue des Fleurs, Dax"}]
        assert by_link["entourage"] == [{"valueString": "Julie (fille)"}]
        assert set(one.notes().values()) == {"repris du dossier"}
        kept = posted(whole, vit="seul").values
        one.answers.values |= kept
        Response.objects.filter(pk=first.pk).update(status="completed", completed_at=timezone.now())
        row = Response.objects.get(pk=first.pk)
        row.content = state.closed(one)
        row.save(update_fields=["content"])
        second = state.opened(services.start(odette, whole))
        (place,) = kept
        assert second.answers.at(place) == kept[place]
        assert "Évaluation multidimensionnelle" in second.notes()[place]


def test_the_care_plan_gets_lines_and_reports_get_levels(odette, claire, manon) -> None:
    with as_(manon):
        katz(odette, "0", days=2)
        katz(odette, "1")
        lines = queries.lines_of(odette.pk)
        newest = next(line for line in lines if line.link_id == "hygiene")
        assert (newest.answer, newest.questionnaire[:8]) == ("Se lave sans aide", "Autonomi")
        assert queries.latest([odette.pk], "adl")[odette.pk].level == "autonome"
    with as_(make.practice("bruno")):
        assert queries.lines_of(odette.pk) == []
        assert queries.latest([odette.pk], "adl") == {}


@pytest.mark.skipif(not pdf.available(), reason=pdf.MISSING)
def test_the_pdf_is_made_by_a_task_once(odette, claire, sign_in) -> None:
    with as_(claire):
        done = katz(odette)
    browser = sign_in("claire")
    assert browser.get(f"/evaluations/{done.pk}/pdf/").status_code == 404
    assert browser.post(f"/evaluations/{done.pk}/pdf/").status_code == 302
    tasks.make_paper.call(str(done.pk))
    tasks.make_paper.call(str(done.pk))
    assert StoredFile.objects.count() == 1
    answer = browser.get(f"/evaluations/{done.pk}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


def test_pages_cost_the_same_whatever_the_number(odette, claire, sign_in) -> None:
    browser = sign_in("claire")
    with as_(claire):
        katz(odette, days=9)
        last = katz(odette, "0.5", days=8)

    def cost(url: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        return len(captured)

    pages = (f"/personnes/{odette.pk}/evaluations/", f"/evaluations/{last.pk}/")
    few = [cost(url) for url in pages]
    with as_(claire):
        for days in range(5):
            katz(odette, "0", days=days)
    assert [cost(url) for url in pages] == few


def test_score_only_tools_check_their_range(odette, claire, sign_in) -> None:
    with as_(claire):
        one = services.start(odette, which("mmse"))
    browser = sign_in("claire")
    form = {"q": "2", "version": "1", "partie": "1", "go": "fin"}
    answer = browser.post(f"/evaluations/{one.pk}/remplir/", form | {"a-2": "31"})
    assert answer.status_code == 422
    assert "au plus 30" in answer.content.decode()
    assert browser.post(f"/evaluations/{one.pk}/remplir/", form | {"a-2": "24"}).status_code == 302


def test_a_version_once_answered_never_changes(odette, claire) -> None:
    from liane.assessments.engine import reading

    resource = catalogue.resource_of(which("katz"))
    changed = reading.read(resource | {"title": "Autre titre"})
    assert catalogue.store(changed, (), origin="house") == "updated"
    with as_(claire):
        katz(odette)
    with pytest.raises(catalogue.Answered):
        catalogue.store(reading.read(resource), (), origin="house")
    next_one = reading.read(resource | {"version": "2.0.0"})
    assert catalogue.store(next_one, (), origin="house") == "created"
    with as_(claire):
        offered = [row for row in queries.offered() if row.url == resource["url"]]
    assert [row.version for row in offered] == ["2.0.0"]


@pytest.mark.parametrize("path", catalogue.files(), ids=lambda path: path.name)
def test_each_file_says_its_source_licence_and_validity(path) -> None:
    row = Questionnaire.objects.get(url__endswith=":" + path.name.split(".")[0])
    assert row.source
    assert row.licence
    assert row.valid_from
    assert row.remarks == ""
