"""FHIR XML, both ways and lossless: the same resource whichever way it came.

Read without entities, document types nor network; written in the order of R4. Decimals keep their
digits, narratives their markup.
"""

from decimal import Decimal
from typing import Any

from lxml import etree

from liane.core import xml as sound
from liane.core.errors import Refused
from liane.fhir import spec, wire
from liane.fhir.outcomes import Problem, problem

Json = dict[str, Any]
FHIR, XHTML = "http://hl7.org/fhir", "http://www.w3.org/1999/xhtml"
DEEPEST = 60
_NUMBERS = frozenset({"integer", "unsignedInt", "positiveInt"})
_ATTRIBUTES = {"Extension": ("url",)}


def parse(raw: bytes) -> Json:
    """The resource of an XML document. Raises Problem 400 with the place of what cannot be read."""
    try:
        root = sound.parse(raw)
    except Refused as reason:
        raise _unreadable(reason.message) from None
    return _resource(root, 0)


def _unreadable(why: str) -> Problem:
    return problem(400, f"The body cannot be read: {why.rstrip('.')}.", code="structure")


def _name(element: Any) -> str:
    tag = etree.QName(element)
    if tag.namespace not in (FHIR, XHTML):
        raise _unreadable(f"an element is not of FHIR (line {element.sourceline})")
    return str(tag.localname)


def _resource(element: Any, depth: int) -> Json:
    kind = _name(element)
    if kind not in spec.resource_names():
        raise _unreadable(f"{kind[:60]} is not a resource of R4")
    return {"resourceType": kind, **_object(element, kind, depth)}


def _members(kind: str) -> dict[str, tuple[str, bool]]:
    """Elements by the name that they have in a document: (type, whether they repeat)."""
    found: dict[str, tuple[str, bool]] = _known.get(kind, {})
    if not found:
        for name, one in spec.types()[kind]["el"].items():
            for code in one["types"]:
                full = (
                    name.replace("[x]", f"{code[0].upper()}{code[1:]}") if "[x]" in name else name
                )
                found[full] = (code, one["max"] not in ("0", "1"))
        _known[kind] = found
    return found


_known: dict[str, dict[str, tuple[str, bool]]] = {}


def _object(element: Any, kind: str, depth: int) -> Json:
    """The members of an element; lists of extensions that hold none are left out, as in JSON."""
    made = _every(element, kind, depth)
    for name in [one for one in made if one.startswith("_")]:
        if isinstance(made[name], list) and not any(made[name]):
            del made[name]
        elif isinstance(made[name], list) and all(one is None for one in made[name[1:]]):
            del made[name[1:]]
    return made


def _every(element: Any, kind: str, depth: int) -> Json:
    if depth > DEEPEST:
        raise _unreadable("nested too deeply")
    made: Json = {}
    for name, value in element.attrib.items():
        if name not in ("id", *_ATTRIBUTES.get(kind, ())):
            raise _unreadable(f"an attribute is not of FHIR (line {element.sourceline})")
        made[name] = value
    members = _members(kind)
    if (element.text or "").strip():
        raise _unreadable(f"text is not expected (line {element.sourceline})")
    for child in element:
        name = _name(child)
        if name not in members:
            raise _unreadable(f"{name[:60]} does not exist in {kind} (line {child.sourceline})")
        code, many = members[name]
        _put(made, name, code, many, child, depth)
    return made


def _put(made: Json, name: str, code: str, many: bool, child: Any, depth: int) -> None:
    if code == "xhtml":
        made[name] = etree.tostring(child, encoding="unicode", with_tail=False)
        return
    if spec.types().get(code, {}).get("kind") != "primitive":
        value = _nested(child, depth) if code == "Resource" else _object(child, code, depth + 1)
        if many:
            made.setdefault(name, []).append(value)
        elif name in made:
            raise _unreadable(f"{name} is written twice (line {child.sourceline})")
        else:
            made[name] = value
        return
    value, beside = _primitive(child, code, depth)
    if many:
        values, extras = made.setdefault(name, []), made.setdefault(f"_{name}", [])
        values.append(value)
        extras.append(beside)
        return
    if value is not None:
        made[name] = value
    if beside:
        made[f"_{name}"] = beside


def _nested(child: Any, depth: int) -> Json:
    inner = list(child)
    if len(inner) != 1:
        raise _unreadable(f"one resource is expected (line {child.sourceline})")
    return _resource(inner[0], depth + 1)


def _primitive(child: Any, code: str, depth: int) -> tuple[Any, Json | None]:
    text = child.attrib.get("value")
    beside: Json = {}
    for name, value in child.attrib.items():
        if name == "id":
            beside["id"] = value
        elif name != "value":
            raise _unreadable(f"an attribute is not of FHIR (line {child.sourceline})")
    for inner in child:
        if _name(inner) != "extension":
            raise _unreadable(f"only extensions stand there (line {inner.sourceline})")
        beside.setdefault("extension", []).append(_object(inner, "Extension", depth + 1))
    return (None if text is None else _typed(text, code, child)), beside or None


def _typed(text: str, code: str, child: Any) -> Any:
    if code == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if code in _NUMBERS or code == "decimal":
        try:
            value = wire.number(text)
        except (ValueError, ArithmeticError):
            return text
        return value if code == "decimal" or isinstance(value, int) else text
    return text


# ------------------------------------------------------------------ writing
def dump(body: Json, *, pretty: bool = False) -> bytes:
    """The XML document of a resource."""
    root = _written(body)
    etree.cleanup_namespaces(root)
    found: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=pretty)
    return found


def _written(body: Json) -> Any:
    kind = str(body["resourceType"])
    element = etree.Element(f"{{{FHIR}}}{kind}", nsmap={None: FHIR})
    _fill(element, body, kind)
    return element


def _fill(element: Any, body: Json, kind: str) -> None:
    for name in ("id", *_ATTRIBUTES.get(kind, ())):
        is_attribute = name != "id" or spec.types()[kind]["kind"] != "resource"
        if is_attribute and name in body:
            element.set(name, str(body[name]))
    for name, (code, _) in _members(kind).items():
        if name in ("id", *_ATTRIBUTES.get(kind, ())) and element.get(name) is not None:
            continue
        if name in body or f"_{name}" in body:
            _children(element, name, code, body.get(name), body.get(f"_{name}"))


def _children(parent: Any, name: str, code: str, value: Any, beside: Any) -> None:
    if code == "xhtml":
        parent.append(_narrative(str(value)))
        return
    if isinstance(value, list) or isinstance(beside, list):
        values, extras = value or [], beside or []
        for place in range(max(len(values), len(extras))):
            one = values[place] if place < len(values) else None
            extra = extras[place] if place < len(extras) else None
            _child(parent, name, code, one, extra)
        return
    _child(parent, name, code, value, beside)


def _child(parent: Any, name: str, code: str, value: Any, beside: Any) -> None:
    element = etree.SubElement(parent, f"{{{FHIR}}}{name}")
    if code == "Resource":
        element.append(_written(value))
    elif isinstance(value, dict):
        _fill(element, value, code)
    else:
        if value is not None:
            element.set("value", _text(value))
        for extension in (beside or {}).get("extension", ()):
            _child(element, "extension", "Extension", extension, None)
        if beside and "id" in beside:
            element.set("id", str(beside["id"]))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).lower() if isinstance(value, Decimal) else str(value)


def _narrative(text: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        found = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        found = None
    if found is None or etree.QName(found).namespace != XHTML:
        found = etree.Element(f"{{{XHTML}}}div", nsmap={None: XHTML})
        found.text = text
    return found
