"""The PDF of a version: the four parts, made by a task, for the team."""

import io

import pikepdf
import pytest
from django.template.loader import render_to_string

from liane.careplans import pdf, queries, services
from liane.careplans.tests.conftest import as_
from liane.core import acting
from liane.core import pdf as core_pdf
from tests import factories as make

pytestmark = pytest.mark.django_db
needs_pango = pytest.mark.skipif(not core_pdf.available(), reason=core_pdf.MISSING)


@pytest.fixture
def version(plan, problem, goal, action, isabelle, simon):
    make.contact(simon, "paul", access="carer_write")
    with as_("paul"):
        services.give_words(simon.pk, text="Entre nous : je suis à bout.", topic="matters")
    with as_(isabelle):
        services.give_words(simon.pk, text="Rester chez moi.", topic="matters")
        return services.send(plan.pk)


def test_the_document_has_the_four_parts_and_no_aside(version) -> None:
    with acting.acting(acting.system("test")):
        markup = render_to_string("careplans/pdf.html", pdf.context_of(version))
    for part in ("1. La personne", "2. Synthèse", "3. Plan d’action", "4. Objectifs partagés"):
        assert part in markup
    for text in ("Chutes à répétition", "Sortir chaque semaine", "Revoir le traitement",
                 "Claire Aubert", "Rester chez moi."):  # fmt: skip
        assert text in markup
    assert "à bout" not in markup


@needs_pango
def test_the_task_makes_it_once_and_the_team_downloads_it(version, isabelle, sign_in) -> None:
    pdf.make_pdf.call(str(version.pk))
    pdf.make_pdf.call(str(version.pk))
    with as_(isabelle):
        made = queries.pdf_of(version)
    assert made is not None
    answer = sign_in("isabelle").get(f"/plan/versions/{version.pk}/document/")
    with pikepdf.open(io.BytesIO(answer.content)) as document:
        assert document.Root.MarkInfo.Marked
        assert "coordination" in str(document.docinfo["/Title"])
    assert "no-store" in answer["Cache-Control"]
    assert sign_in("simon").get(f"/plan/versions/{version.pk}/document/").status_code in {403, 404}


def test_without_pango_the_page_does_without(version, isabelle, sign_in, monkeypatch) -> None:
    monkeypatch.setattr("liane.careplans.version_pages.pdf.available", lambda: False)
    page = sign_in("isabelle").get(f"/plan/versions/{version.pk}/").content.decode()
    assert "PDF" not in page
    assert "Chutes à répétition" in page
