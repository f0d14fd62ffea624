"""YAML read safely, with the line of every field.

Plain data only: no tag, no alias (an alias can grow a small file without bound), no key twice.
Plain scalars follow YAML 1.2: ``true`` and ``false`` alone are booleans (``on`` is a word),
``2026-03-04`` is a day. Size, depth and number of values are bounded.
"""

import datetime as dt
import re
from typing import Any, NamedTuple

import yaml

MAX_BYTES = 400_000
MAX_DEPTH = 24
MAX_VALUES = 40_000
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"^[-+]?[0-9]{1,15}$")
_FLOAT = re.compile(r"^[-+]?[0-9]{1,15}\.[0-9]{1,15}$")
_DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}

type Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """What is wrong: where (line from 1, field as dotted path) and how to mend it, in French.

    ``warning``: the definition can be used all the same.
    """

    line: int
    field: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        """As the command prints it."""
        kind = "à savoir" if self.warning else "erreur"
        return f"ligne {self.line}, {self.field or 'fichier'} : {kind} : {self.message}"


class Faulty(ValueError):
    """A definition that cannot be used, with everything found."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class Written(NamedTuple):
    """What a text says, and the line of each of its fields."""

    value: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of ``path``, or of the nearest field that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: Path) -> str:
    """``("phases", 0, "requires")`` as ``phases[0].requires``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def read_yaml(text: str | bytes) -> Written:
    """The plain value of a YAML text. Raises Faulty with a French message for anything else."""
    try:
        raw = text.encode() if isinstance(text, str) else text
        source = raw.decode("utf-8-sig")
    except UnicodeError:
        raise Faulty([Fault(1, "", "le fichier n’est pas un texte UTF-8.")]) from None
    if len(raw) > MAX_BYTES:
        said = f"le fichier dépasse {MAX_BYTES // 1000} ko."
        raise Faulty([Fault(1, "", said)])
    try:
        return _Builder().build(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = "YAML illisible : vérifier l’indentation, les deux-points et les guillemets."
        raise Faulty([Fault(mark.line + 1 if mark else 1, "", said)]) from None
    except RecursionError:
        raise Faulty([Fault(1, "", "trop de niveaux imbriqués.")]) from None


class _Level:
    """A mapping or a list being filled."""

    __slots__ = ("key", "path", "value")

    def __init__(self, value: Any, path: Path) -> None:
        self.value, self.path, self.key = value, path, None


class _Builder:
    """Turns the events of the parser into plain values, without recursion."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {(): 1}
        self.levels: list[_Level] = []
        self.root: Any = None
        self.documents = 0

    def build(self, source: str) -> Written:
        for event in yaml.parse(source, Loader=LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            self._take(event, line)
        return Written(self.root, self.lines)

    def _take(self, event: Any, line: int) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._stop(line, "un seul document par fichier (pas de « --- » au milieu).")
        elif isinstance(event, yaml.AliasEvent):
            self._stop(line, "les alias YAML (« *nom ») ne sont pas acceptés : répéter la valeur.")
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._plain_tag(event, line)
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [], line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.levels.pop()

    def _plain_tag(self, event: Any, line: int) -> None:
        if event.tag or event.anchor:
            self._stop(line, "ni étiquette (« !… ») ni ancre (« &… ») YAML : écrire la valeur.")

    def _scalar(self, event: Any, line: int) -> None:
        self._plain_tag(event, line)
        level = self.levels[-1] if self.levels else None
        if level is not None and isinstance(level.value, dict) and level.key is None:
            if event.value in level.value:
                self._stop(line, f"le champ « {event.value[:60]} » est écrit deux fois.")
            level.key = event.value[:200]
            return
        plain = event.style is None or event.style == ""
        self._put(_plain(event.value, self, line) if plain else event.value, line)

    def _open(self, value: Any, line: int) -> None:
        if self.levels and isinstance(self.levels[-1].value, dict) and self.levels[-1].key is None:
            self._stop(line, "un nom de champ doit être un mot.")
        if len(self.levels) >= MAX_DEPTH:
            self._stop(line, "trop de niveaux imbriqués.")
        self.levels.append(_Level(value, self._put(value, line)))

    def _put(self, value: Any, line: int) -> Path:
        if not self.levels:
            self.root = value
            return ()
        level = self.levels[-1]
        if isinstance(level.value, dict):
            path: Path = (*level.path, str(level.key))
            level.value[level.key] = value
            level.key = None
        else:
            path = (*level.path, len(level.value))
            level.value.append(value)
        self.lines[path] = line
        if len(self.lines) > MAX_VALUES:
            self._stop(line, f"plus de {MAX_VALUES} valeurs dans le fichier.")
        return path

    def _stop(self, line: int, message: str) -> None:
        path = self.levels[-1].path if self.levels else ()
        raise Faulty([Fault(line, dotted(path), message)])


def _plain(text: str, builder: _Builder, line: int) -> Any:
    if text in _PLAIN:
        return _PLAIN[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if _DAY.match(text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            builder._stop(line, f"« {text} » n’est pas un jour du calendrier.")
    return text
