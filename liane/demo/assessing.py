"""Assessments of the three stories over months, made with the room's own verbs."""

from typing import Any

from liane.assessments import catalogue, services
from liane.assessments.engine import posting, values
from liane.assessments.engine.answers import Place
from liane.assessments.engine.items import Definition, Item, Value
from liane.assessments.models import Questionnaire, Response
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.areas import Area
from liane.demo import stories
from liane.demo.chronicle import at
from liane.demo.territory import Territory
from liane.followups.models import Accompaniment
from liane.patients.models import Patient

_KATZ = ("hygiene", "habillage", "toilettes", "transferts", "continence", "repas")
_FRAIL = ("seul", "poids", "fatigue", "deplacement", "memoire", "vitesse")
_DOMAINS = ("sante", "psy", "autonomie", "entourage", "logement", "ressources", "parcours")


def _katz(*given: str) -> dict[str, Any]:
    return dict(zip(_KATZ, given, strict=True))


def _frail(*yes: str) -> dict[str, Any]:
    answers: dict[str, Any] = {name: "oui" if name in yes else "non" for name in _FRAIL}
    return answers | {"ressenti": "oui", "accord": "oui"}


def _tug(seconds: float) -> dict[str, Any]:
    return {"aide": "canne", "possible": True, "temps": seconds}


def _grid(*triples: str) -> dict[str, Any]:
    """One « intensity stability support » by domain: ``"211"``."""
    answers = {}
    for name, triple in zip(_DOMAINS, triples, strict=True):
        for part, digit in zip(("intensite", "stabilite", "appuis"), triple, strict=True):
            if part == "intensite" or triple[0] != "0":
                answers[f"{name}.{part}"] = digit
    return answers


_SIMON_WHOLE: dict[str, Any] = {
    "demande": "« Rester chez moi, et qu’on ne me prenne pas la voiture tout de suite. »",
    "important": "Son jardin, les visites de la voisine, Noël avec son fils.",
    "presents": ["personne", "professionnel"],
    "pathologies": "Diabète de type 2, hypertension, chutes à répétition, dénutrition.",
    "suivi": "regulier", "chutes": "2", "poids_perte": True, "poids": 58.5,
    "medicaments": "difficile", "toilette": "1", "repas": "2", "courses": "2", "deplacement": "1",
    "aides_techniques": ["canne"], "moral": "variable", "memoire": "1", "comportement": ["aucun"],
    "vit": "seul", "contacts": "semaine", "type": "maison", "statut": "proprietaire",
    "obstacles": ["escalier", "baignoire"], "amenagements": "Douche à la place de la baignoire.",
    "droits_ouverts": ["ald", "mutuelle"], "ressources": "juste", "aidant_present": False,
    "priorites": ["medical", "autonomie", "logement", "droits"],
    "immediat": "Aide aux repas trois fois par semaine, pesée à chaque passage.",
    "souhaits": "Accepte l’aide aux repas à l’essai. Refuse le fauteuil et la téléalarme.",
}  # fmt: skip

Told = tuple[int, str, str, dict[str, Any]]
STORIES: dict[str, tuple[Told, ...]] = {
    "michelle": (
        (120, "Claire Aubert", "tug", _tug(12.5)),
        (30, "Claire Aubert", "tug", _tug(11.8)),
    ),
    "simon": (
        (117, "Claire Aubert", "katz", _katz("1", "1", "1", "1", "1", "1")),
        (74, "Claire Aubert", "tug", _tug(17.4)),
        (73, "Claire Aubert", "katz", _katz("0.5", "1", "1", "1", "1", "1")),
        (70, "Hélène Roussel", "fragilite", _frail("seul", "poids", "fatigue", "vitesse")),
        (44, "Claire Aubert", "katz", _katz("0.5", "0.5", "1", "0.5", "0.5", "1")),
        (37, "Isabelle Lafitte", "multidimensionnelle", _SIMON_WHOLE),
        (36, "Isabelle Lafitte", "complexite",
         _grid("221", "111", "221", "212", "211", "111", "221")),
        (15, "Claire Aubert", "tug", _tug(15.9)),
        (9, "Claire Aubert", "katz", _katz("0.5", "1", "1", "0.5", "1", "1")),
        (8, "Isabelle Lafitte", "complexite",
         _grid("210", "110", "110", "111", "211", "110", "110")),
    ),
    "dupont": (
        (150, "Hélène Roussel", "mmse", {"total": 25}),
        (140, "Claire Aubert", "katz", _katz("0.5", "0.5", "1", "0.5", "1", "1")),
        (95, "Claire Aubert", "katz", _katz("0.5", "0.5", "0.5", "0.5", "1", "1")),
        (90, "Hélène Roussel", "zarit", {"total": 34}),
        (40, "Claire Aubert", "katz", _katz("0", "0.5", "0.5", "0.5", "0.5", "1")),
        (30, "Hélène Roussel", "mmse", {"total": 22}),
        (12, "Hélène Roussel", "zarit", {"total": 46}),
        (10, "Claire Aubert", "katz", _katz("0", "0.5", "0.5", "0", "0.5", "1")),
    ),
}  # fmt: skip
"""Days ago, who, which questionnaire, what was answered (by linkId)."""


OPINIONS = ("3333", "3332", "3323", "2333", "2232", "3233", "2212", "3333", "1121", "3322", "0110")
"""What persons of the file active said of it: useful, listened to, clear, together."""


def opinions(land: Territory) -> None:
    """Some of those whom the DAC followed said what they thought, on the telephone."""
    manager = land.of("Isabelle Lafitte")
    sheet = Questionnaire.objects.get(url="urn:liane:questionnaire:satisfaction", organisation=None)
    if Response.objects.filter(questionnaire=sheet).exists():
        return
    rows = Accompaniment.objects.filter(organisation=manager.organisation, person__died_on=None)
    asked = rows.order_by("opened_at", "pk").values_list("person_id", flat=True).distinct()
    known = {one.pk: one for one in Patient.objects.filter(pk__in=list(asked[:60]))}
    with acting.acting(stories.acting_as(manager)):
        followed = [known[pk] for pk in known if Reach.of(acting.current()).may_write(
            Area.SOCIAL_ASSESSMENT, pk)]  # fmt: skip
        for number, person in enumerate(followed[: 2 * len(OPINIONS)]):
            given = dict(zip(("utile", "ecoute", "clair", "ensemble"),
                             OPINIONS[number % len(OPINIONS)], strict=True))  # fmt: skip
            _one(person, sheet, 9 + 11 * number, {"qui": "personne"} | given)


def assess(land: Territory, one: Patient, key: str) -> None:
    """Complete the assessments of one story."""
    if Response.objects.filter(person=one).exists():
        return
    known = {
        row.url.rsplit(":", 1)[-1]: row
        for row in Questionnaire.objects.filter(origin=Questionnaire.Origin.HOUSE)
    }
    for days, name, which, answers in STORIES[key]:
        actor = stories.acting_as(land.of(name))
        with acting.acting(actor):
            _one(one, known[which], days, answers)


def _one(one: Patient, questionnaire: Questionnaire, days: int, answers: dict[str, Any]) -> None:
    when = at(days, 11)
    response = services.start(one, questionnaire, at=when)
    definition = catalogue.definition_of(questionnaire)
    posted = posting.Posted(values=dict(_values(definition, answers)))
    opened = services.save(response.pk, version=response.version, posted=posted)
    services.complete(response.pk, version=opened.response.version, announce=False)


def _values(definition: Definition, answers: dict[str, Any]) -> list[tuple[Place, list[Value]]]:
    found: list[tuple[Place, list[Value]]] = []
    for link, given in answers.items():
        item = definition.by_link[link]
        many = given if isinstance(given, list) else [given]
        found.append(((item.n, ()), [_value(item, one) for one in many]))
    return found


def _value(item: Item, given: Any) -> Value:
    for option in item.options:
        bare = values.bare(option.value)
        if isinstance(bare, dict) and bare.get("code") == given:
            return option.value
    return {values.NAMES[item.type]: given}
