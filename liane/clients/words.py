"""Scopes in plain French, for who grants them and who agrees to them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from liane.clients.scopes import Scope, Scopes


@dataclass(frozen=True)
class Group:
    """Kinds of resources that one decides upon together."""

    key: str
    label: str
    types: tuple[str, ...]


GROUPS = (
    Group("identity", "l’identité et les coordonnées", ("Patient", "RelatedPerson")),
    Group(
        "circle", "le cercle de soins et l’annuaire",
        ("CareTeam", "Practitioner", "PractitionerRole", "Organization", "Location",
         "HealthcareService"),
    ),
    Group("agenda", "l’agenda et les séjours", ("Appointment", "Schedule", "Slot", "Encounter")),
    Group(
        "messages", "les messages, les demandes et les tâches",
        ("Communication", "CommunicationRequest", "ServiceRequest", "Task"),
    ),
    Group("subscriptions", "ses propres abonnements aux changements", ("Subscription",)),
    Group("documents", "les documents", ("DocumentReference", "Binary", "List")),
    Group(
        "clinical", "les données cliniques",
        ("Observation", "Condition", "AllergyIntolerance", "MedicationStatement", "Immunization",
         "Procedure", "Flag"),
    ),
    Group(
        "plan", "les plans, parcours et évaluations",
        ("CarePlan", "Goal", "Questionnaire", "QuestionnaireResponse", "PlanDefinition",
         "EpisodeOfCare"),
    ),
    Group(
        "money", "les forfaits et la facturation",
        ("Claim", "ClaimResponse", "Invoice", "PaymentReconciliation"),
    ),
    Group("consent", "les consentements", ("Consent",)),
    Group(
        "origin", "qui a ouvert le dossier, et d’où viennent les données",
        ("AuditEvent", "Provenance"),
    ),
)  # fmt: skip
READ, WRITE = "rs", "cruds"
_LABELS = {kind: group.label for group in GROUPS for kind in group.types}
_VERBS = {"r": "lire", "s": "chercher", "c": "ajouter", "u": "modifier", "d": "supprimer"}
_WHOSE = {
    "patient": "de la personne choisie",
    "user": "des personnes que vous suivez",
    "system": "des personnes que suit la structure",
}


def label_of(kind: str) -> str:
    """What a kind of resource is, in words."""
    return _LABELS.get(kind, f"les données « {kind} »")


def describe(scopes: Scopes) -> list[str]:
    """One sentence for each right: what is done, on what, of whom."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for scope in scopes:
        found[scope.level, scope.letters, scope.query].append(_what(scope))
    return [
        _sentence(level, letters, query, dict.fromkeys(whats))
        for (level, letters, query), whats in found.items()
    ]


def _what(scope: Scope) -> str:
    if scope.type == "*":
        return "tout le dossier"
    return _LABELS.get(scope.type, f"les données « {scope.type} »")


def _sentence(level: str, letters: str, query: str, whats: Iterable[str]) -> str:
    verbs = [verb for letter, verb in _VERBS.items() if letter in letters]
    only = f" (seulement {query})" if query else ""
    text = f"{_listed(verbs)} {_listed(list(whats))}{only}, {_WHOSE[level]}"
    return text[0].upper() + text[1:]


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"


def chosen(scopes: Scopes, level: str) -> dict[str, str]:
    """What each group was given at this level: ``""``, ``read`` or ``write``."""
    return {group.key: _given(scopes.only(level), group) for group in GROUPS}


def _given(scopes: Scopes, group: Group) -> str:
    for name, letters in (("write", WRITE), ("read", READ)):
        if all(
            scopes.allows(kind, letter) and not scopes.restrictions(kind, letter)
            for kind in group.types
            for letter in letters
        ):
            return name
    return ""


def granted(choices: dict[str, str], level: str) -> Scopes:
    """The scopes of choices made by group."""
    letters = {"read": READ, "write": WRITE}
    return Scopes.parse(
        " ".join(
            f"{level}/{kind}.{letters[choices[group.key]]}"
            for group in GROUPS
            if choices.get(group.key) in letters
            for kind in group.types
        )
    )


def beyond(scopes: Scopes, level: str) -> str:
    """The scopes that choices by group cannot say, as the publisher writes them."""
    told = granted(chosen(scopes, level), level)
    return " ".join(str(one) for one in scopes if not any(one.meet(two) == one for two in told))
