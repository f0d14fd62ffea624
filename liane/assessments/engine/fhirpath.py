"""FHIRPath, sandboxed: a fixed list of functions, no address followed, time and steps bounded.

`fhirpathpy` (MIT) parses and evaluates. Before that, the expression's own tree is read here: what
is not on the list is refused. During it, a profiler of the interpreter counts calls and watches the
clock of this thread, and stops the evaluation when either is spent. Functions that could outgrow
both inside one call (regular expressions, powers) are replaced by bounded ones.
"""

import json
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any

import regex
from antlr4 import CommonTokenStream, InputStream, ParseTreeWalker, Token
from antlr4.error.ErrorListener import ErrorListener
from fhirpathpy import apply_parsed_path
from fhirpathpy.models import models
from fhirpathpy.parser.ASTPathListener import ASTPathListener
from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

from liane.assessments.engine.items import Expression

LONGEST = 8_000
DEEPEST = 60
NESTED = 4
"""Functions that go through a collection may hold one another this deep."""
MOST_CALLS = 1_500_000
MOST_SECONDS = 2.0
LARGEST_RESULT = 20_000
LARGEST_POWER = 16

_LOOPS = frozenset({"where", "select", "all", "exists", "repeat", "aggregate", "iif"})
FUNCTIONS = frozenset(
    "empty not exists all allTrue anyTrue allFalse anyFalse subsetOf supersetOf isDistinct"  # noqa: SIM905
    " distinct count repeat where select first last single tail take skip intersect exclude union"
    " combine coalesce iif ofType is as toInteger toDecimal toString toBoolean toDate toDateTime"
    " toTime toQuantity indexOf substring startsWith endsWith contains upper lower replace length"
    " join split trim abs ceiling floor round truncate sqrt ln now today timeOfDay children"
    " descendants extension sum min max avg aggregate convertsToInteger convertsToDecimal"
    " convertsToString convertsToBoolean convertsToDate convertsToDateTime convertsToTime"
    " hasValue getValue ordinal weight power matches".split()
)
KNOWN = frozenset(
    {"resource", "rootResource", "context", "questionnaire", "qitem", "ucum", "loinc", "sct"}
)
WEIGHTS = (
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
    "http://hl7.org/fhir/StructureDefinition/questionnaire-ordinalValue",
)
_MODEL = models["r4"]
_applied: Callable[..., Any] = apply_parsed_path
Node = dict[str, Any]


class Unacceptable(ValueError):
    """An expression that will not be evaluated here. Its text is a French reason."""


class TooCostly(RuntimeError):
    """The budget of a page is spent."""


class Failed(RuntimeError):
    """The expression could not be evaluated on these answers."""


def check(text: str, variables: Collection[str]) -> Expression:
    """The expression, if it may be evaluated. Raises :class:`Unacceptable` with the reason."""
    if len(text) > LONGEST:
        raise Unacceptable(f"l’expression dépasse {LONGEST} caractères")
    try:
        tree = _parsed(text)
    except Unacceptable:
        raise
    except RecursionError:
        raise Unacceptable("l’expression est trop imbriquée") from None
    except Exception:
        raise Unacceptable("l’expression FHIRPath ne peut pas être lue") from None
    _inspect(tree, frozenset(variables) | KNOWN, depth=0, loops=0, totals=None)
    return Expression(text)


def _inspect(
    node: Node, names: frozenset[str], *, depth: int, loops: int, totals: list[int] | None
) -> None:
    if depth > DEEPEST * 4:
        raise Unacceptable("l’expression est trop imbriquée")
    kind = node.get("type")
    if kind == "ExternalConstant":
        name = _constant(node)
        if name not in names:
            raise Unacceptable(f"la variable %{name} n’est pas fournie ici")
    if kind == "TotalInvocation":
        if totals is None:
            raise Unacceptable("$total n’a de sens que dans aggregate()")
        totals.append(1)
        if len(totals) > 1:
            raise Unacceptable("$total ne peut servir qu’une fois dans aggregate()")
    if kind == "Functn":
        name = _called(node)
        if name not in FUNCTIONS:
            raise Unacceptable(f"la fonction {name}() n’est pas acceptée ici")
        if name in _LOOPS:
            if totals is not None and name != "iif":
                raise Unacceptable(f"la fonction {name}() n’est pas acceptée dans aggregate()")
            loops += name != "iif"
            if loops > NESTED:
                raise Unacceptable("trop de parcours imbriqués")
        if name == "repeat":
            _only_navigates(node)
        if name == "aggregate":
            totals = []
    for child in node.get("children", ()):
        _inspect(child, names, depth=depth + 1, loops=loops, totals=totals)


def _only_navigates(node: Node) -> None:
    """``repeat`` may only go down the answers: it then ends with them."""
    allowed = {
        "Identifier", "ParamList", "TermExpression", "InvocationTerm", "MemberInvocation",
        "InvocationExpression", "UnionExpression", "ParenthesizedTerm", "Functn",
    }  # fmt: skip

    def walk(one: Node, top: bool) -> None:
        if one.get("type") not in allowed or (one.get("type") == "Functn" and not top):
            raise Unacceptable("repeat() ne peut que descendre dans les réponses")
        for child in one.get("children", ()):
            walk(child, False)

    walk(node, True)


def _called(node: Node) -> str:
    return str(node["children"][0]["text"]).strip('`"')


def _constant(node: Node) -> str:
    children = node.get("children") or [{"text": ""}]
    return str(children[0]["text"]).strip("`\"'")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Node:
    """The tree of the whole text. Its own ``parse`` recovers from errors: this one does not."""
    lexer = FHIRPathLexer(InputStream(text))
    parser = FHIRPathParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(_Strict())
    read = parser.expression()
    if parser.getCurrentToken().type != Token.EOF:
        raise Unacceptable("l’expression FHIRPath ne se lit pas jusqu’au bout")
    listener: Any = ASTPathListener()  # type: ignore[no-untyped-call]
    ParseTreeWalker().walk(listener, read)
    tree: Node = listener.parentStack[0]
    return tree


class _Strict(ErrorListener):  # type: ignore[misc]
    """Refuses what the grammar does not allow."""

    def syntaxError(self, *details: Any) -> None:  # noqa: N802
        """Say so, instead of guessing."""
        raise Unacceptable("l’expression FHIRPath ne peut pas être lue")


# ------------------------------------------------------------------ evaluation
class Budget:
    """What the expressions of one page may spend together: calls, and seconds of processor of the
    thread that made it. A busy machine takes nothing from it."""

    def __init__(self, calls: int = MOST_CALLS, seconds: float = MOST_SECONDS) -> None:
        self.calls = calls
        self.until = time.thread_time() + seconds

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the calls of this thread. Raises :class:`TooCostly` out of the evaluation."""
        outer = sys.getprofile()
        sys.setprofile(self._count)
        try:
            yield
        finally:
            sys.setprofile(outer)

    def _count(self, frame: Any, event: str, argument: Any) -> None:
        if event not in {"call", "c_call"}:
            return
        self.calls -= 1
        if self.calls < 0 or (self.calls % 512 == 0 and time.thread_time() > self.until):
            self.calls = -1
            raise TooCostly


def evaluate(
    expression: Expression, focus: Any, variables: Mapping[str, Any], budget: Budget
) -> list[Any]:
    """The result, a list. Raises :class:`Failed` or :class:`TooCostly`, nothing else."""
    tree = _parsed(expression.text)
    try:
        with budget.spending():
            found = _applied(focus, tree, dict(variables), _MODEL, _OPTIONS)
    except TooCostly:
        raise
    except RecursionError:
        raise TooCostly from None
    except Exception as error:
        if budget.calls < 0:
            raise TooCostly from None
        raise Failed(type(error).__name__) from None
    if not isinstance(found, list):
        found = [found]
    if len(found) > 1000 or _weighs(found) > LARGEST_RESULT:
        raise TooCostly
    return found


def _weighs(found: list[Any]) -> int:
    return sum(len(one) if isinstance(one, str) else 8 for one in found)


def exact(resource: Any) -> Any:
    """A copy in which decimals are exact, as FHIRPath counts them."""
    return json.loads(json.dumps(resource), parse_float=Decimal)


# ------------------------------------------------------------------ functions of our own
def _numbers(nodes: list[Any]) -> list[Any]:
    return [node for node in nodes if isinstance(node, int | Decimal) and node is not True]


def _sum(nodes: list[Any]) -> Any:
    return sum(_numbers(nodes))


def _least(nodes: list[Any]) -> Any:
    return min(_numbers(nodes)) if nodes else []


def _most(nodes: list[Any]) -> Any:
    return max(_numbers(nodes)) if nodes else []


def _mean(nodes: list[Any]) -> Any:
    numbers = _numbers(nodes)
    return Decimal(sum(numbers)) / len(numbers) if numbers else []


def _weight(nodes: list[Any]) -> list[Any]:
    """``ordinal()`` and ``weight()`` of SDC: the weight that a coded answer carries."""
    found: list[Any] = []
    for node in nodes:
        extensions = node.get("extension", []) if isinstance(node, dict) else []
        found += [
            extension["valueDecimal"]
            for extension in extensions
            if extension.get("url") in WEIGHTS and "valueDecimal" in extension
        ][:1]
    return found


def _has_value(nodes: list[Any]) -> bool:
    return len(nodes) == 1 and nodes[0] is not None and not isinstance(nodes[0], dict | list)


def _value(nodes: list[Any]) -> list[Any]:
    return nodes if _has_value(nodes) else []


def _power(nodes: list[Any], exponent: Any) -> Any:
    if not nodes:
        return []
    base = Decimal(nodes[0])
    if abs(Decimal(exponent)) > LARGEST_POWER or abs(base) > 10**9:
        raise TooCostly
    return base ** Decimal(exponent)


def _matches(nodes: list[Any], pattern: str) -> Any:
    if not nodes:
        return []
    return bool(regex.search(pattern, str(nodes[0]), timeout=0.2))


def _replace(nodes: list[Any], pattern: str, by: str) -> Any:
    if not nodes or not isinstance(nodes[0], str):
        return []
    if len(nodes[0]) + nodes[0].count(pattern) * len(by) > LARGEST_RESULT:
        raise TooCostly
    return nodes[0].replace(pattern, by)


def _table(**functions: tuple[Callable[..., Any], dict[int, list[str]]]) -> dict[str, Any]:
    return {name: {"fn": fn, "arity": arity} for name, (fn, arity) in functions.items()}


_NONE: dict[int, list[str]] = {0: []}
_OPTIONS = {
    "userInvocationTable": _table(
        sum=(_sum, _NONE), min=(_least, _NONE), max=(_most, _NONE), avg=(_mean, _NONE),
        ordinal=(_weight, _NONE), weight=(_weight, _NONE), hasValue=(_has_value, _NONE),
        getValue=(_value, _NONE), power=(_power, {1: ["Number"]}),
        matches=(_matches, {1: ["String"]}),
        replace=(_replace, {2: ["String", "String"]}),
    )
}  # fmt: skip
