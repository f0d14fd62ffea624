"""The OpenAPI 3.1 document, made of the table of operations and of the shapes: never by hand."""

from functools import cache
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from liane.api import shapes
from liane.api.routing import OPERATIONS, Operation

Json = dict[str, Any]
REFUSALS = {
    "400": "The body or the query is wrong: `field` says where.",
    "401": "No token, or one that is good no more.",
    "403": "The scopes or the rights of the caller do not give this.",
    "404": "Nothing here within reach.",
    "409": "Somebody did this meanwhile, or the state does not allow it.",
    "413": "The body is too long.",
    "415": "Only application/json is read.",
    "422": "The `Idempotency-Key` served for something else.",
    "429": "Too many calls: wait as long as `Retry-After` says.",
    "503": "Accesses cannot be recorded now: nothing is shown.",
}
_REF = "#/components/schemas/{model}"


@cache
def document() -> Json:
    """The whole document."""
    used: set[type[BaseModel]] = {shapes.Problem, *(one.answer for one in OPERATIONS)}
    used |= {one.body for one in OPERATIONS if one.body is not None}
    models = sorted(used, key=lambda one: one.__name__)
    _, defined = models_json_schema([(one, "validation") for one in models], ref_template=_REF)
    paths: Json = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Liane",
            "version": "1.0.0",
            "description": "What a script may do besides FHIR. Same tokens and scopes as /fhir.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": defined["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation) -> Json:
    kind, letter = one.scope
    described: Json = {
        "operationId": one.name,
        "summary": (getdoc(one.run) or "").split("\n")[0],
        "description": f"Scope: `system/{kind}.{letter}` or `user/{kind}.{letter}`.",
        "parameters": _parameters(one),
        "responses": {
            str(one.status): {"description": "Done.", "content": _content(one.answer)},
            **{code: _refusal(words) for code, words in REFUSALS.items()},
        },
    }
    if one.body is not None:
        described["requestBody"] = {"required": True, "content": _content(one.body)}
    return described


def _parameters(one: Operation) -> list[Json]:
    found: list[Json] = []
    if "{person_id}" in one.path:
        identifier = {"type": "string", "format": "uuid"}
        found.append({"name": "person_id", "in": "path", "required": True, "schema": identifier})
    for name, words in one.query:
        text: Json = {"type": "string", "maxLength": 100}
        found.append({"name": name, "in": "query", "description": words, "schema": text})
    if one.body is not None:
        key = {"type": "string", "format": "uuid"}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": key})
    return found


def _content(model: type) -> Json:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model.__name__)}}}


def _refusal(words: str) -> Json:
    schema = {"$ref": _REF.format(model="Problem")}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}
