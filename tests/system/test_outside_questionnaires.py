"""A questionnaire written elsewhere is imported, shown and answered on a phone and at a desk.

One is made here with every type of item that FHIR knows and Liane answers; the others are those of
``../shared/data``, where there are any.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Response

from liane.demo.names import ident
from tests.system.installation import Installation
from tests.system.people import DESK, PHONE, Someone

OUTSIDE = Path(__file__).parents[3] / "shared/data"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
BASE = "http://hl7.org/fhir/StructureDefinition/questionnaire-"
TYPED = {
    "number": "6", "date": "2026-05-02", "datetime-local": "2026-05-03T10:30", "time": "09:15",
    "url": "https://exemple.fr/fiche", "text": "Deux mots", "textarea": "Une phrase entière.",
}  # fmt: skip
Item = dict[str, Any]


def item(number: str, kind: str, text: str, **more: Any) -> Item:
    return {"linkId": number, "type": kind, "text": text, **more}


def coded(*words: str) -> list[Item]:
    return [
        {"valueCoding": {"system": "urn:essai", "code": str(n), "display": word}}
        for n, word in enumerate(words)
    ]


def every_type() -> Item:
    """Each type once, in two parts, with what depends on an answer, repeats or is calculated."""
    unit = {"system": "http://unitsofmeasure.org", "code": "kg", "display": "kg"}
    first = [
        item("mot", "display", "Les questions viennent d’un autre logiciel."),
        item("oui", "boolean", "Vit seule", required=True),
        item("depuis", "string", "Depuis quand vit-elle seule",
             enableWhen=[{"question": "oui", "operator": "=", "answerBoolean": True}]),
        item("entier", "integer", "Nombre de chutes", required=True),
        item("decimal", "decimal", "Poids en kilogrammes"),
        item("jour", "date", "Jour de la dernière chute"),
        item("moment", "dateTime", "Moment du rendez-vous"),
        item("heure", "time", "Heure du coucher"),
        item("ligne", "string", "Ce qu’elle préfère"),
        item("texte", "text", "Ce qui la gêne le plus"),
        item("adresse", "url", "Fiche de l’association"),
    ]  # fmt: skip
    second = [
        item("choix", "choice", "Comment elle se déplace", required=True,
             answerOption=coded("À pied", "Avec une canne", "En fauteuil")),
        item("plusieurs", "choice", "Qui passe la voir", repeats=True,
             answerOption=coded("Voisine", "Fille", "Facteur")),
        item("liste", "choice", "Département de naissance", answerOption=coded("Landes", "Gers"),
             extension=[{"url": BASE + "itemControl", "valueCodeableConcept": {"coding": [
                 {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": "drop-down"}
             ]}}]),
        item("ouvert", "open-choice", "Son repas préféré", answerOption=coded("Garbure", "Tourin")),
        item("codee", "coding", "Son logement", answerOption=coded("Maison", "Appartement")),
        item("mesure", "quantity", "Poids mesuré",
             extension=[{"url": BASE + "unit", "valueCoding": unit}]),
        item("lien", "reference", "Qui la connaît le mieux"),
        item("visites", "group", "Une visite", repeats=True, item=[
            item("visite-jour", "date", "Jour de la visite"),
            item("visite-mot", "string", "Ce qui a été fait"),
        ]),
        item("double", "integer", "Chutes, deux fois", readOnly=True, extension=[{
            "url": SDC + "calculatedExpression",
            "valueExpression": {"language": "text/fhirpath",
                                "expression": "%resource.descendants()"
                                ".where(linkId='entier').answer.value.first() * 2"},
        }]),
    ]  # fmt: skip
    return {
        "resourceType": "Questionnaire", "url": "http://ailleurs.example/Questionnaire/tout",
        "version": "1", "name": "tout", "title": "Chaque sorte de question", "status": "active",
        "subjectType": ["Patient"],
        "item": [item("une", "group", "Première partie", item=first),
                 item("deux", "group", "Seconde partie", item=second)],
    }  # fmt: skip


def found_outside() -> list[Path]:
    """The questionnaires of the shared data; none where there is no such folder."""
    return [
        path
        for path in sorted(OUTSIDE.rglob("*.json"))
        if path.stat().st_size < 3_000_000
        and re.search(r'"resourceType"\s*:\s*"Questionnaire"', path.read_text(errors="ignore"))
    ]


def starts(someone: Someone, title: str) -> None:
    """Choose it in M. Simon's record."""
    someone.opens(f"/personnes/{ident('story', 'simon')}/evaluations/nouvelle/")
    someone.finds_it_accessible().presses(f"Commencer : {title}").sees(title)


def questions(someone: Someone) -> Iterator[Locator]:
    """The questions of the part shown, one at a time, those that appear on the way included."""
    done: set[str] = set()
    while True:
        names = [str(one.get_attribute("value")) for one in someone.main.locator("[name=q]").all()]
        left = [name for name in names if name not in done]
        if not left:
            return
        done.add(left[0])
        yield someone.main.locator(f"#q-{left[0]}")
        someone.settles()


def answers(question: Locator) -> None:
    """Something that fits: the first choice, or a word, a number, a date."""
    choice, pick = question.locator("input[type=radio], input[type=checkbox]"), "select.field"
    if choice.count():
        choice.first.check()
        return
    if question.locator(pick).count() and not question.locator("input.field").count():
        question.locator(pick).select_option(index=1)
        return
    field = question.locator("input.field, textarea.field").first
    if field.evaluate("node => node.tagName") == "TEXTAREA":
        kind = "textarea"
    elif field.get_attribute("inputmode") in {"numeric", "decimal"}:
        kind = "number"
    else:
        kind = field.get_attribute("inputmode") or str(field.get_attribute("type"))
    field.fill(TYPED[kind])
    field.blur()


def is_saved(response: Response) -> bool:
    """The answer to the saving that follows each change."""
    return response.request.method == "POST" and response.url.endswith("/remplir/")


def answers_everything(someone: Someone) -> None:
    """Part after part, looked at by axe, then read again and finished."""
    for _ in range(40):
        for question in questions(someone):
            with someone.page.expect_response(is_saved):
                answers(question)
        someone.finds_it_accessible()
        part = someone.page.url
        last = someone.main.get_by_role("button", name="Relire et terminer").count()
        someone.presses("Relire et terminer" if last else "Continuer")
        someone.page.wait_for_url(lambda url, part=part: url != part)
        if last:
            break
    someone.sees("Terminer l’évaluation").finds_it_accessible().presses("Terminer l’évaluation")
    someone.page.wait_for_url(re.compile(r"/evaluations/[0-9a-f-]+/$"))
    someone.finds_it_accessible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_type_of_question_is_answered(
    site: Installation, visitor: Callable[..., Someone], tmp_path: Path, size: tuple[int, int]
) -> None:
    asked = every_type()
    path = tmp_path / "tout.json"
    path.write_text(json.dumps(asked))
    report = json.loads(site.liane("import", "fhir", str(path)).splitlines()[-1])
    assert report["rejected"] == []
    isabelle = visitor("isabelle.lafitte", size)
    starts(isabelle, asked["title"])
    isabelle.does_not_see("Depuis quand vit-elle seule")
    answers_everything(isabelle)
    # « Oui » made a question appear; six falls make twelve; each answer is read again.
    for words in (
        "Depuis quand vit-elle seule", "12", "02/05/2026", "03/05/2026 à 10:30", "Deux mots",
        "Une phrase entière.", "https://exemple.fr/fiche", "À pied", "Voisine", "Landes", "Garbure",
        "Maison", "kg",
    ):  # fmt: skip
        isabelle.sees(words)


def test_one_more_repetition_is_added_without_losing_what_was_typed(
    site: Installation, visitor: Callable[..., Someone], tmp_path: Path
) -> None:
    asked = every_type()
    path = tmp_path / "tout.json"
    path.write_text(json.dumps(asked))
    site.liane("import", "fhir", str(path))
    isabelle = visitor("isabelle.lafitte", PHONE)
    starts(isabelle, asked["title"])
    isabelle.presses("Continuer").sees("Seconde partie")
    isabelle.writes("Ce qui a été fait", "Toilette")
    isabelle.presses("Ajouter : Une visite").sees("Une visite (2)").finds_it_accessible()
    both = isabelle.main.get_by_label(re.compile("^Ce qui a été fait"))
    assert [one.input_value() for one in both.all()] == ["Toilette", ""]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_questionnaires_of_others_are_answered(
    site: Installation, visitor: Callable[..., Someone], size: tuple[int, int]
) -> None:
    paths = found_outside()
    if not paths:
        pytest.skip("no questionnaire in ../shared/data")
    isabelle = visitor("isabelle.lafitte", size)
    for path in paths:
        report = json.loads(site.liane("import", "fhir", str(path)).splitlines()[-1])
        if report["rejected"]:
            assert all(one["where"] and one["why"] for one in report["rejected"])
            continue
        starts(isabelle, json.loads(path.read_text())["title"])
        answers_everything(isabelle)
