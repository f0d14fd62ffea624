"""An OpenAPI description of /fhir, made from what its CapabilityStatement says."""

from typing import Any

from liane.fhir import resources, spec
from liane.fhir.capability import statement

Json = dict[str, Any]
KIND = "application/fhir+json"
PATCH = "application/json-patch+json"
SIMPLE = {
    "boolean": "boolean", "integer": "integer", "unsignedInt": "integer",
    "positiveInt": "integer", "decimal": "number",
}  # fmt: skip
ANSWERS = {
    str(code): {"description": "An answer", "content": {KIND: {"schema": {"type": "object"}}}}
    for code in (200, 201, 400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422)
} | {"204": {"description": "Nothing"}, "304": {"description": "As it was"}}


def description() -> Json:
    """Every type and interaction that is declared, and the whole system's."""
    paths: Json = {"/": {"post": _call(body=_bundle())}}
    for one in statement()["rest"][0]["resource"]:
        paths |= _type(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Liane, FHIR R4", "version": "1"},
        "servers": [{"url": "http://testserver/fhir"}],
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "paths": paths,
    }


def _type(one: Json) -> Json:
    kind = one["type"]
    said = {each["code"] for each in one["interaction"]}
    key = {"name": "id", "in": "path", "required": True,
           "schema": {"type": "string", "format": "uuid"}}  # fmt: skip
    whole: Json = {}
    instance: Json = {}
    if "search-type" in said:
        whole["get"] = _call(*_searched(one))
    if "create" in said:
        whole["post"] = _call(_header("If-None-Exist"), body={KIND: _resource(kind)})
    if "read" in said:
        instance["get"] = _call(key, _query("_summary"), _query("_elements"))
    if "update" in said:
        instance["put"] = _call(key, _header("If-Match"), body={KIND: _resource(kind)})
    if "patch" in said:
        instance["patch"] = _call(key, _header("If-Match"), body={PATCH: _changes()})
    if "delete" in said:
        instance["delete"] = _call(key, _header("If-Match"))
    made = {f"/{kind}": whole, f"/{kind}/{{id}}": instance}
    if "history-instance" in said:
        made[f"/{kind}/{{id}}/_history"] = {"get": _call(key, _query("_since"), _query("_count"))}
        made[f"/{kind}/_history"] = {"get": _call(_query("_since"), _query("_count"))}
    return {path: calls for path, calls in made.items() if calls}


def _searched(one: Json) -> list[Json]:
    names = [each["name"] for each in one["searchParam"]]
    return [_query(name) for name in (*names, "_sort", "_count", "_include", "_revinclude",
                                      "_summary", "_elements", "_total")]  # fmt: skip


def _call(*parameters: Json, body: Json | None = None) -> Json:
    made: Json = {"parameters": [one for one in parameters if one], "responses": ANSWERS}
    if body is not None:
        content = {kind: {"schema": schema} for kind, schema in body.items()}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "string"}}


def _header(name: str) -> Json:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


def _resource(kind: str) -> Json:
    """Its own elements, of the right sort each; what is inside them is left to chance."""
    properties: Json = {"resourceType": {"const": kind}}
    for name, one in spec.types()[kind]["el"].items():
        if name.endswith("[x]") or name in {"contained", "text"}:
            continue
        value: Json = {"type": SIMPLE.get(one["types"][0], _of(one["types"][0]))}
        properties[name] = (
            value if one["max"] in ("0", "1") else {"type": "array", "items": value, "minItems": 1}
        )
    return {"type": "object", "properties": properties, "required": ["resourceType"]}


def _of(code: str) -> str:
    return "string" if spec.types().get(code, {}).get("kind") == "primitive" else "object"


def _changes() -> Json:
    change = {
        "type": "object", "required": ["op", "path"],
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string", "pattern": "^(/[a-z]{1,9}|/[0-9]){1,3}$"}, "value": {},
        },
    }  # fmt: skip
    return {"type": "array", "items": change, "minItems": 1, "maxItems": 3}


def _bundle() -> Json:
    names = sorted(resources.every())
    request = {
        "type": "object", "required": ["method", "url"],
        "properties": {"method": {"enum": ["GET", "POST", "PUT", "DELETE", "PATCH"]},
                       "url": {"type": "string", "pattern": f"^({'|'.join(names)})(/x)?$"}},
    }  # fmt: skip
    entry = {
        "type": "object", "required": ["request"],
        "properties": {"request": request, "fullUrl": {"type": "string"},
                       "resource": {"type": "object", "required": ["resourceType"],
                                    "properties": {"resourceType": {"enum": names}}}},
    }  # fmt: skip
    bundle = {
        "type": "object", "required": ["resourceType", "type", "entry"],
        "properties": {"resourceType": {"const": "Bundle"}, "type": {"enum": ["batch",
                       "transaction"]}, "entry": {"type": "array", "items": entry, "maxItems": 4}},
    }  # fmt: skip
    return {KIND: bundle}
