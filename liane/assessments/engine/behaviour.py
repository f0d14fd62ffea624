"""What is shown, what is calculated, what is missing: the questionnaire's behaviour on answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from liane.assessments.engine import aggir, fhirpath, values
from liane.assessments.engine.answers import Answers, Place, places, to_items
from liane.assessments.engine.items import Definition, Expression, Item, Rule, Value

ROUNDS = 8
"""Times that conditions and calculations are worked out again until nothing changes."""
COSTLY = "Un calcul de ce questionnaire demande trop de temps : il a été arrêté."


@dataclass
class Settled:
    """Answers with their calculated values, and what is enabled."""

    answers: Answers
    enabled: dict[Place, bool] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    """What could not be worked out."""
    broken: list[tuple[Place | None, str, bool]] = field(default_factory=list)
    """Constraints that do not hold: the place, the sentence, True for a mere warning."""

    def on(self, place: Place) -> bool:
        """True when the place is enabled."""
        return self.enabled.get(place, False)


def settle(
    definition: Definition, answers: Answers, supplied: Mapping[str, Any] | None = None
) -> Settled:
    """Work out what is enabled and calculated. Never raises; bounded in time."""
    work = _Work(definition, Settled(answers.copy()), dict(supplied or {}))
    work.run()
    return work.settled


class _Work:
    """One settling. Expressions share one budget; once spent, their values stay empty."""

    def __init__(self, definition: Definition, settled: Settled, supplied: dict[str, Any]) -> None:
        self.definition = definition
        self.settled = settled
        self.supplied = {name: fhirpath.exact(value) for name, value in supplied.items()}
        self.budget = fhirpath.Budget()
        self.questionnaire: Any = None
        self.spent = False
        self.failed: set[int] = set()
        self.verdicts: dict[Place, bool] = {}

    def run(self) -> None:
        for _ in range(ROUNDS):
            self.layout = list(places(self.definition, self.settled.answers))
            self.by_item: dict[int, list[tuple[int, ...]]] = {}
            for item, index in self.layout:
                self.by_item.setdefault(item.n, []).append(index)
            before = dict(self.settled.enabled)
            self._enable()
            if not self.definition.dynamic:
                return
            self._prepare()
            verdicts = dict(self.verdicts)
            self._conditions()
            changed = self._calculate()
            if not changed and verdicts == self.verdicts and before == self.settled.enabled:
                break
        self._enable()
        self._prepare()
        self._constrain()

    # -------------------------------------------------------------- conditions
    def _enable(self) -> None:
        known: dict[Place, bool] = {}

        def enabled(item: Item, index: tuple[int, ...]) -> bool:
            place = (item.n, index)
            if place not in known:
                known[place] = True
                known[place] = self._above(item, index, enabled) and self._own(item, index, enabled)
            return known[place]

        for item, index in self.layout:
            enabled(item, index)
        self.settled.enabled = known

    def _above(self, item: Item, index: tuple[int, ...], enabled: Any) -> bool:
        if item.parent is None:
            return True
        parent = self.definition.items[item.parent]
        depth = len(self.definition.chains[parent.n])
        return bool(enabled(parent, index[:depth]))

    def _own(self, item: Item, index: tuple[int, ...], enabled: Any) -> bool:
        if item.enable is not None:
            return self.verdicts.get((item.n, index), True)
        if not item.rules:
            return True
        verdicts = (self._holds(rule, item, index, enabled) for rule in item.rules)
        return any(verdicts) if item.any_rule else all(verdicts)

    def _holds(self, rule: Rule, item: Item, index: tuple[int, ...], enabled: Any) -> bool:
        """One ``enableWhen``. « != » holds when no answer is equal, none at all included (R4)."""
        target = self.definition.by_link[rule.question]
        mine, theirs = self.definition.chains[item.n], self.definition.chains[target.n]
        common = 0
        while common < min(len(mine), len(theirs)) and mine[common] == theirs[common]:
            common += 1
        found: list[Value] = []
        for other in self.by_item.get(target.n, []):
            if other[:common] == index[:common] and enabled(target, other):
                found += self.settled.answers.at((target.n, other))
        return _compares(rule, found)

    def _conditions(self) -> None:
        verdicts: dict[Place, bool] = {}
        for item, index in self.layout:
            if item.enable is not None:
                found = self._value(item, index, item.enable)
                verdicts[item.n, index] = bool(found) and found[0] is True
        self.verdicts = verdicts
        self._enable()

    # -------------------------------------------------------------- expressions
    def _prepare(self) -> None:
        self.nodes: dict[Place, dict[str, Any]] = {}
        rows = to_items(
            self.definition, self.settled.answers, keep=self.settled.on, nodes=self.nodes,
            weigh=True,
        )  # fmt: skip
        self.response = _exact_floats({"resourceType": "QuestionnaireResponse", "item": rows})
        self.nodes = {place: _exact_floats(node) for place, node in self.nodes.items()}
        self.scopes: dict[Place | None, dict[str, Any]] = {}

    def _scope(self, item: Item | None, index: tuple[int, ...]) -> dict[str, Any]:
        """The variables seen from a place: those of the questionnaire, then of each item above."""
        if item is None:
            key: Place | None = None
            focus: Any = self.response
            names = {
                "resource": self.response, "rootResource": self.response,
                "questionnaire": self._questionnaire(),
                "ucum": "http://unitsofmeasure.org", "loinc": "http://loinc.org",
                "sct": "http://snomed.info/sct", "patient": None, "person": None,
                **self.supplied,
            }  # fmt: skip
            names["subject"] = names["patient"]
            variables = self.definition.variables
        else:
            depth = len(self.definition.chains[item.n])
            key = (item.n, index[:depth])
            variables = item.variables
            focus = self.nodes.get(key, {"linkId": item.link_id})
        if key in self.scopes:
            return self.scopes[key]
        if item is not None:
            above = self.definition.items[item.parent] if item.parent is not None else None
            names = {**self._scope(above, index), "context": focus}
        else:
            names["context"] = focus
        for variable in variables:
            names[variable.name] = self._evaluated(variable, focus, names, None)
        self.scopes[key] = names
        return names

    def _questionnaire(self) -> Any:
        if self.questionnaire is None:
            self.questionnaire = fhirpath.exact(self.definition.resource)
        return self.questionnaire

    def _value(self, item: Item, index: tuple[int, ...], expression: Expression) -> list[Any]:
        names = self._scope(item, index)
        return self._evaluated(expression, names["context"], names, item)

    def _evaluated(
        self,
        expression: Expression,
        focus: Any,
        names: Mapping[str, Any],
        item: Item | None,
    ) -> list[Any]:
        if self.spent:
            return []
        try:
            return fhirpath.evaluate(expression, focus, names, self.budget)
        except fhirpath.TooCostly:
            self.spent = True
            self.settled.notices.append(COSTLY)
        except fhirpath.Failed:
            if item is not None and item.n not in self.failed:
                self.failed.add(item.n)
        return []

    def _calculate(self) -> bool:
        changed = False
        for item, index in self.layout:
            if not item.computed:
                continue
            place = (item.n, index)
            made = self._computed(item, index) if self.settled.on(place) else []
            if made != self.settled.answers.at(place):
                self.settled.answers.put(place, made)
                changed = True
        return changed

    def _computed(self, item: Item, index: tuple[int, ...]) -> list[Value]:
        if item.score is not None and item.score.algorithm == "aggir":
            return aggir.answer(self.definition, self.settled.answers)
        if item.calculated is None:
            return []
        made = [as_value(item, raw) for raw in self._value(item, index, item.calculated)]
        found = [value for value in made if value is not None]
        return found if item.many else found[:1]

    def _constrain(self) -> None:
        for rule in self.definition.constraints:
            names = self._scope(None, ())
            if self._evaluated(rule.expression, names["context"], names, None) == [False]:
                self.settled.broken.append((None, rule.human, rule.warning))
        for item, index in self.layout:
            if not item.constraints or not self.settled.on((item.n, index)):
                continue
            for rule in item.constraints:
                if self._value(item, index, rule.expression) == [False]:
                    self.settled.broken.append(((item.n, index), rule.human, rule.warning))


def _compares(rule: Rule, found: list[Value]) -> bool:
    if rule.operator == "exists":
        return bool(found) is values.bare(rule.answer)
    if rule.operator == "!=":
        return not any(values.same(value, rule.answer) for value in found)
    if rule.operator == "=":
        return any(values.same(value, rule.answer) for value in found)
    wanted = {">": {1}, "<": {-1}, ">=": {0, 1}, "<=": {0, -1}}[rule.operator]
    return any(values.compare(value, rule.answer) in wanted for value in found)


def _exact_floats(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _exact_floats(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_exact_floats(value) for value in node]
    return Decimal(str(node)) if isinstance(node, float) else node


def as_value(item: Item, raw: Any) -> Value | None:
    """A result of FHIRPath as an answer of this item, None when it does not fit."""
    if item.options:
        return _option_for(item, raw)
    name = values.NAMES.get(item.type)
    if name == "valueBoolean":
        return {name: raw} if isinstance(raw, bool) else None
    if name in {"valueInteger", "valueDecimal", "valueQuantity"}:
        return _number(item, name, raw)
    if isinstance(raw, dict):
        if name == "valueReference" and raw.get("display"):
            return {name: {"display": str(raw["display"])}}
        raw = raw.get("display") or raw.get("text")
    if raw is None or isinstance(raw, bool | list):
        return None
    try:
        return values.read(item, str(raw))
    except values.Unreadable:
        return None


def _number(item: Item, name: str, raw: Any) -> Value | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    number = Decimal(str(raw))
    if not number.is_finite() or abs(number) > values.LARGEST:
        return None
    if name == "valueInteger":
        return {name: int(number)} if number == number.to_integral_value() else None
    plain = values.plain_number(round(number, item.decimals if item.decimals is not None else 6))
    if name == "valueDecimal":
        return {name: plain}
    unit = (item.unit or {}).get("display") or (item.unit or {}).get("code")
    return {name: {"value": plain, **({"unit": unit} if unit else {})}}


def _option_for(item: Item, raw: Any) -> Value | None:
    code = raw.get("code") if isinstance(raw, dict) else raw
    for option in item.options:
        bare = values.bare(option.value)
        if bare == code or (isinstance(bare, dict) and bare.get("code") == code):
            return option.value
        if not isinstance(bare, dict) and str(bare) == str(code):
            return option.value
    return None


# ------------------------------------------------------------------ completing
@dataclass(frozen=True)
class Missing:
    """What keeps a questionnaire from being complete."""

    place: Place
    item: Item
    why: str


def missing(definition: Definition, settled: Settled) -> list[Missing]:
    """Required questions without an answer, where they are enabled; constraints that fail."""
    found = []
    for item, index in places(definition, settled.answers):
        place = (item.n, index)
        if not settled.on(place) or item.hidden or item.computed or item.read_only:
            continue
        answered = _answered(definition, settled, item, index)
        if item.required and not answered and (not item.repeated or index[-1] == 0):
            found.append(Missing(place, item, "Répondez à cette question."))
        elif item.min_occurs > 1 and answered and (not item.repeated or index[-1] == 0):
            given = _given(settled, item, index)
            if given < item.min_occurs:
                found.append(Missing(place, item, f"Donnez {item.min_occurs} réponses au moins."))
        if item.many and item.max_occurs and len(settled.answers.at(place)) > item.max_occurs:
            found.append(Missing(place, item, f"Cochez {item.max_occurs} réponses au plus."))
    for at, why, warning in settled.broken:
        if not warning and at is not None:
            found.append(Missing(at, definition.items[at[0]], why))
        elif not warning and definition.roots:
            found.append(Missing((0, ()), definition.roots[0], why))
    return found


def _given(settled: Settled, item: Item, index: tuple[int, ...]) -> int:
    if item.many:
        return len(settled.answers.at((item.n, index)))
    if not item.repeated:
        return len(settled.answers.at((item.n, index)))
    above = index[:-1]
    count = settled.answers.count(item, above)
    if item.type == "group":
        return count
    return sum(bool(settled.answers.at((item.n, (*above, i)))) for i in range(count))


def _answered(definition: Definition, settled: Settled, item: Item, index: tuple[int, ...]) -> bool:
    """A group is answered when something in it is."""
    if item.is_question:
        if item.repeated:
            return _given(settled, item, index) > 0
        return bool(settled.answers.at((item.n, index)))
    if item.type == "display":
        return True
    return any(
        other.is_question and _inside(definition, other, item) and settled.answers.at((other.n, at))
        for other, at in places(definition, settled.answers)
        if settled.on((other.n, at))
    )


def _inside(definition: Definition, item: Item, group: Item) -> bool:
    parent = item.parent
    while parent is not None:
        if parent == group.n:
            return True
        parent = definition.items[parent].parent
    return False
