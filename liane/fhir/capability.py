"""CapabilityStatement: made from what the resources declare, so that it says what is served."""

from functools import cache
from typing import Any

from django.conf import settings

from liane.fhir import operations, resources, spec
from liane.fhir.addresses import base
from liane.fhir.operations import Operation
from liane.fhir.resources.base import Resource
from liane.fhir.search.common import COMMON
from liane.fhir.search.params import Param, kind_of

Json = dict[str, Any]
CODES = {"history": "history-instance", "search": "search-type"}
"""Interactions by the words of the standard; ``history`` is that of a type as well."""


OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


@cache
def statement() -> Json:
    """What this server does."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-30",
        "kind": "instance",
        "publisher": "Liane",
        "software": {"name": "Liane"},
        "implementation": {
            "description": "Liane, coordination autour d’une personne",
            "url": base(),
        },
        "instantiates": ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"],
        "fhirVersion": spec.VERSION,
        "format": ["application/fhir+json", "json", "application/fhir+xml", "xml"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(),
                "resource": [_resource(one) for one in resources.every().values()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [_operation(one) for one in operations.every() if _of_server(one)],
            }
        ],
    }


def _security() -> Json:
    """How to sign in; the addresses as well for who reads no ``.well-known`` (SMART 1)."""
    uris = [
        {"url": name, "valueUri": f"{settings.LIANE_PUBLIC_URL}/oauth/{name}"}
        for name in ("authorize", "token", "introspect", "revoke")
    ]
    system = "http://terminology.hl7.org/CodeSystem/restful-security-service"
    return {
        "extension": [{"url": OAUTH_URIS, "extension": uris}],
        "cors": True,
        "service": [{"coding": [{"system": system, "code": "SMART-on-FHIR"}]}],
    }


def _resource(one: Resource) -> Json:
    linked = [f"{one.type}:{code}" for code, param in one.references().items() if param.targets]
    made: Json = {
        "type": one.type,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{one.type}",
        "interaction": _interactions(one),
        "versioning": "versioned-update",
        "readHistory": "history" in one.interactions,
        "updateCreate": False,
        "conditionalRead": "full-support",
        "conditionalCreate": "create" in one.interactions,
        "conditionalUpdate": "update" in one.interactions,
        "conditionalDelete": "single" if "delete" in one.interactions else "not-supported",
        "searchInclude": [*linked, "*"] if linked else [],
        "searchRevInclude": _reverse(one.type),
        "searchParam": [_param(one, param) for param in (*COMMON.values(), *one.params)],
    }
    every = operations.every()
    made["operation"] = [_operation(each) for each in every if _is_on(each, one.type)]
    if one.profiles:
        made["supportedProfile"] = list(one.profiles)
    return {name: value for name, value in made.items() if value != []}


def _operation(one: Operation) -> Json:
    return {"name": one.name, "definition": one.definition}


def _is_on(one: Operation, kind: str) -> bool:
    """It is called on this type, or on a resource of it."""
    return kind in one.kinds if one.kinds else one.levels != {"system"}


def _of_server(one: Operation) -> bool:
    """It is called on the whole server, or on a type that is no resource here."""
    return "system" in one.levels or bool(one.kinds - set(resources.names()))


def _interactions(one: Resource) -> list[Json]:
    names = [CODES.get(name, name) for name in sorted(one.interactions)]
    return [{"code": name} for name in names + ["history-type"] * ("history" in one.interactions)]


def _reverse(kind: str) -> list[str]:
    return [
        f"{other.type}:{code}"
        for other in resources.every().values()
        for code, param in other.references().items()
        if kind in param.targets
    ]


def _param(one: Resource, param: Param) -> Json:
    known = spec.search().get(one.type, {}).get(param.code) or spec.search()["Resource"].get(
        param.code, {}
    )
    made = {"name": param.code, "type": kind_of(param)}
    url = param.url or known.get("url", "")
    if url:
        made["definition"] = url
    return made
