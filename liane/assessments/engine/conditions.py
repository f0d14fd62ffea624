"""Expressions, conditions and constraints of a questionnaire, read from FHIR."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from liane.assessments.engine import fhirpath
from liane.assessments.engine.extensions import (
    CORE,
    SDC,
    expressions,
    first,
    value_of,
    values,
)
from liane.assessments.engine.items import Constraint, Expression, Rule

if TYPE_CHECKING:
    from liane.assessments.engine.reading import Reading

OPERATORS = {"exists", "=", "!=", ">", "<", ">=", "<="}
FHIRPATH = {"text/fhirpath", ""}


def variables(
    element: Mapping[str, Any], where: str, names: frozenset[str], reading: "Reading"
) -> tuple[tuple[Expression, ...], frozenset[str]]:
    made: list[Expression] = []
    for raw in expressions(element, CORE + "variable"):
        name = str(raw.get("name") or "")
        if not name or raw.get("language", "") not in FHIRPATH:
            reading.absent.add(name)
            continue
        checked = _checked(raw, where, names, reading, essential=False)
        if checked is None:
            reading.absent.add(name)
            continue
        made.append(Expression(checked.text, name))
        names = names | {name}
    return tuple(made), names


def _checked(
    raw: Mapping[str, Any],
    where: str,
    names: frozenset[str],
    reading: "Reading",
    *,
    essential: bool,
    what: str = "un calcul",
) -> Expression | None:
    """An expression that may be evaluated here; otherwise a refusal, or a remark and None."""
    say = reading.refuse if essential else reading.remark
    language = raw.get("language", "")
    if language not in FHIRPATH:
        say(where, f"{what} est écrit en {language} : seul FHIRPath est évalué ici")
        return None
    text = raw.get("expression")
    if not isinstance(text, str) or not text.strip():
        say(where, f"{what} n’a pas d’expression")
        return None
    try:
        return fhirpath.check(text, names)
    except fhirpath.Unacceptable as reason:
        say(where, f"{what} ne sera pas évalué : {reason}")
        return None


def computed(
    raw: Mapping[str, Any], where: str, names: frozenset[str], reading: "Reading"
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    kinds = (
        ("enable", SDC + "enableWhenExpression", True, "la condition d’affichage"),
        ("calculated", SDC + "calculatedExpression", True, "le calcul"),
        ("prefill", SDC + "initialExpression", False, "le préremplissage"),
    )
    for name, url, essential, what in kinds:
        for one in expressions(raw, url)[:1]:
            checked = _checked(one, where, names, reading, essential=essential, what=what)
            if checked is not None:
                found[name] = checked
    if found.get("enable") and raw.get("enableWhen"):
        reading.refuse(where, "deux conditions d’affichage à la fois (sdc-1)")
    period = value_of(raw, SDC + "observationLinkPeriod")
    if isinstance(period, dict):
        found["look_back"] = _days(period)
    for url in (SDC + "answerOptionsToggleExpression", SDC + "itemPopulationContext"):
        if values(raw, url):
            reading.remark(where, f"l’extension {url.rsplit('-', 1)[-1]} est laissée de côté")
    return found


def _days(period: Mapping[str, Any]) -> int | None:
    unit = {"a": 365, "mo": 31, "wk": 7, "d": 1, "year": 365, "years": 365, "month": 31}
    each = unit.get(str(period.get("code") or period.get("unit")))
    try:
        return int(Decimal(str(period.get("value"))) * each) if each else None
    except (ArithmeticError, ValueError):
        return None


def rules(raw: Mapping[str, Any], where: str, reading: "Reading") -> tuple[Rule, ...]:
    rows = raw.get("enableWhen") or []
    if not isinstance(rows, list):
        reading.refuse(where, "enableWhen : une liste est attendue")
        return ()
    if len(rows) > 1 and raw.get("enableBehavior") not in {"all", "any"}:
        reading.refuse(where, "plusieurs conditions sans enableBehavior (que-12)")
    made = []
    for row in rows:
        answers = (
            {key[6:]: value for key, value in row.items() if key.startswith("answer")}
            if isinstance(row, dict)
            else {}
        )
        if len(answers) != 1 or row.get("operator") not in OPERATORS:
            reading.refuse(where, "condition d’affichage sans opérateur ou sans réponse")
            continue
        ((name, value),) = answers.items()
        if row["operator"] == "exists" and not isinstance(value, bool):
            reading.refuse(where, "« exists » se compare à vrai ou faux (que-7)")
            continue
        made.append(Rule(str(row.get("question")), row["operator"], {f"value{name}": value}))
    return tuple(made)


def constraints(
    raw: Mapping[str, Any], where: str, names: frozenset[str], reading: "Reading"
) -> tuple[Constraint, ...]:
    made = []
    for extension in [
        *values(raw, CORE + "questionnaire-constraint"),
        *values(raw, CORE + "targetConstraint"),
    ]:
        expression = first(extension, "expression")
        text = expression.get("expression") if isinstance(expression, dict) else expression
        checked = _checked(
            {"expression": text}, where, names, reading, essential=False, what="une vérification"
        )
        if checked is not None:
            human = str(first(extension, "human") or "Cette réponse est à vérifier.")
            warning = first(extension, "severity") == "warning"
            made.append(Constraint(checked, human, warning))
    return tuple(made)
