"""``$validate``: what would be wrong with a resource, without keeping anything."""

from typing import Any

from liane.fhir import reading, spec, validation
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters
from liane.fhir.outcomes import Issue, not_found, outcome, problem
from liane.fhir.writing import Writer

Json = dict[str, Any]


def validate(call: Call, target: Target, on: Writer) -> Answer:
    """An outcome, 200 whatever it says. Parameters: ``resource``, ``profile``, ``mode``."""
    if target.kind not in spec.resource_names():
        raise not_found()
    given = parameters(call)
    body = next((one for one in given.get("resource", []) if isinstance(one, dict) and one), None)
    if body is None and target.is_instance and target.resource is not None:
        body = reading.one(target.resource, target.key, on.access).body
    if body is None:
        raise problem(400, "A resource is needed.", code="required", where="Parameters.resource")
    if body.get("resourceType") != target.kind:
        said = [Issue(f"A {target.kind} is expected.", "structure", "resourceType")]
    else:
        profiles = [str(one) for one in given.get("profile", [])]
        said = list(validation.problems(body, profiles=profiles))
    return Answer(200, outcome(said or [Issue("All is well.", "informational", "", "information")]))


VALIDATE = Operation(
    "validate",
    "http://hl7.org/fhir/OperationDefinition/Resource-validate",
    frozenset({"type", "instance"}),
    validate,
)
