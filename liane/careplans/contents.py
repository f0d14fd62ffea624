"""The content of a line as a value: kept in histories and versions, compared, said in words."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, Model

from liane.careplans.models import Action, Objective, Plan, Problem
from liane.core.templatetags.liane import long_date

KINDS: Mapping[str, type[Plan | Problem | Objective | Action]] = {
    model.KIND: model for model in (Plan, Problem, Objective, Action)
}
KIND_LABELS = {
    "frame": "Cadre du plan",
    "problem": "Problème",
    "objective": "Objectif",
    "action": "Action",
}
TEXTS = {"problem": "statement", "objective": "text", "action": "text"}
"""The field that says what a line is."""

UNSAID = frozenset({"practice", "organisation", "post", "who_else", "origin_id", "origin_line"})
"""Columns that the words give otherwise (``who``, ``origin``)."""


@dataclass(frozen=True)
class Said:
    """One field of a content, in words."""

    name: str
    label: str
    text: str


def of(line: Model) -> dict[str, Any]:
    """The content of a line (JSON-able), with the names that its keys stood for that day."""
    found: dict[str, Any] = {}
    for name in line.FIELDS:  # type: ignore[attr-defined]
        field = line._meta.get_field(name)
        value = getattr(line, field.attname if isinstance(field, ForeignKey) else name)
        found[name] = _plain(value)
    if isinstance(line, Action):
        found["who"] = line.who
        found["status"] = line.status
    elif isinstance(line, Plan):
        found["who"] = line.referent.professional.name
    elif isinstance(line, Objective):
        found["status"] = line.status
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def same(line: Model, values: Mapping[str, Any]) -> bool:
    """True when ``values`` would change nothing."""
    now = of(line)
    return all(now[name] == _plain(value) for name, value in values.items())


def proposed(line: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """The content that a line would have with ``values``."""
    changed = {name: _plain(value) for name, value in values.items()}
    return {**of(line), **changed}


def assign(line: Model, values: Mapping[str, Any]) -> None:
    """Give a line the fields of ``values`` (foreign keys by identifier)."""
    for name, value in values.items():
        if name not in line.FIELDS:  # type: ignore[attr-defined]
            raise KeyError(name)
        field = line._meta.get_field(name)
        setattr(line, field.attname if isinstance(field, ForeignKey) else name, value)


def written(content: Mapping[str, Any]) -> str:
    """A content as text to seal."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def read(text: str) -> dict[str, Any]:
    """The content of :func:`written`."""
    found: dict[str, Any] = json.loads(text)
    return found


def words(kind: str, content: Mapping[str, Any]) -> list[Said]:
    """A content field by field, what is empty left out."""
    model = KINDS[kind]
    said = []
    for name in model.FIELDS:
        if name in UNSAID or name == "referent":
            continue
        text = _said(model, name, content.get(name))
        if text:
            said.append(Said(name, _label(model, name), text))
    if content.get("who"):
        label = "référent" if kind == "frame" else "par"
        said.insert(0 if kind == "frame" else 1, Said("who", label, str(content["who"])))
    if content.get("status"):
        said.append(Said("status", "état", _said(model, "status", content["status"])))
    return said


def _label(model: type[Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.verbose_name)


def _said(model: type[Model], name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    field: Any = model._meta.get_field(name)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if value is True or value is False:
        return "oui" if value else "non"
    if field.get_internal_type() == "DateField":
        return long_date(dt.date.fromisoformat(str(value)))
    return str(value)


def title(kind: str, content: Mapping[str, Any]) -> str:
    """What a line is, in one line."""
    return str(content.get(TEXTS.get(kind, ""), "")) or KIND_LABELS[kind]
