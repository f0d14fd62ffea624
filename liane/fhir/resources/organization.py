"""Organization: structures of the directory (fr-core-organization)."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.text import normalise
from liane.directory import declared
from liane.directory.models import Organisation, Posting
from liane.fhir import building as fhir
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search import values
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import NOTHING, Flag, Leaf, Param, Several, String, Test, Token
from liane.fhir.search.references import Identifier, Reference

CORE = "https://hl7.fr/ig/fhir/core"
FINESS = "https://finess.esante.gouv.fr"
SIRET = "https://sirene.fr"
KINDS = "https://liane.sante/CodeSystem/organisation"
ORGANISATION_TYPES = f"{CORE}/CodeSystem/fr-core-cs-v2-3307"


class Words(String):
    """A name of the directory, found by the index of its words, then compared."""

    posting = Posting.Kind.ORGANISATION

    def test(self, raw: str, modifier: str) -> Test:
        """The pattern, and the first word's range in the vocabulary."""
        found = super().test(raw, modifier)
        if modifier or found.key == NOTHING:
            return found
        words = [word for word in normalise(values.plain(raw)).split() if len(word) > 1]
        if not words:
            return found
        return Test(("words",), (*found.leafs, words[0][:60], f"{words[0][:60]}\uffff"))

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Leaf]) -> Q:
        """A word of the vocabulary that stands there, and the pattern."""
        if key != ("words",):
            return super().condition(key, leafs)
        pattern, low, high = leafs
        places = Posting.objects.filter(
            word__text__gte=low, word__text__lt=high, kind=self.posting, in_name=True
        )
        return super().condition(("like",), [pattern]) & Q(pk__in=places.values("object_id"))


def number(column: str, length: int) -> Any:
    """Reads a value of a number held in ``column``."""

    def held(text: str) -> tuple[str, Sequence[str]] | None:
        plain = text.replace(" ", "")
        return (column, [plain]) if len(plain) == length else None

    return held


class OrganizationResource(Resource):
    """Every structure of the directory: what is public of them."""

    type = "Organization"
    model = Organisation
    interactions = READ | {"create", "update", "patch"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-organization",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={FINESS: number("finess", 9), SIRET: number("siret", 14)}),
        Words("name", columns=("name",), sort="name"),
        Flag("active", when=Q(active=True)),
        Several("type", params=(
            Token("type", column="kind", system=KINDS),
            Indexed("type", path="Organization.type"))),
        String("address", columns=("line", "postcode", "city")),
        String("address-city", columns=("city",), sort="city"),
        String("address-postalcode", columns=("postcode",), sort="postcode"),
        Indexed("address-country", of="string", path="Organization.address.country"),
        Indexed("address-state", of="string", path="Organization.address.state"),
        Indexed("address-use", path="Organization.address.use"),
        Indexed("phonetic", of="string", path="Organization.name"),
        Reference("partof", to={"Organization": "parent_id"}, elements=("partOf",)),
        Reference("endpoint", to={}, elements=("endpoint",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """The whole directory."""
        return Organisation.objects.all()

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_structure(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Organisation:
        """Declare a structure that nobody knew."""
        return declared.organisation(_values(body, refs))

    def update(self, row: Any, body: Json, refs: Refs) -> Organisation:
        """Correct what differs."""
        given = _values(body, refs)
        if given["kind"] == "other":
            del given["kind"]
        return declared.change_organisation(row, given)


def _structure(row: Organisation) -> Json:
    return {
        "identifier": [fhir.identifier(FINESS, row.finess), fhir.identifier(SIRET, row.siret)],
        "active": row.active,
        "type": [fhir.concept(KINDS, row.kind, row.get_kind_display())],
        "name": row.name,
        "telecom": fhir.telecom(row.phone, row.email),
        "address": fhir.address(row.line, row.postcode, row.city, row.insee),
        "partOf": fhir.reference("Organization", row.parent_id),
    }


def _values(body: Json, refs: Refs) -> dict[str, Any]:
    parent = refs.key(body.get("partOf"), "Organization", "Organization.partOf")
    kind = fhir.code_of(body.get("type"), KINDS)
    if fhir.code_of(body.get("type"), ORGANISATION_TYPES) == "MEDICAL":
        kind = kind or Organisation.Kind.PRACTICE
    return {
        "name": str(body.get("name", "")),
        "kind": kind if kind in Organisation.Kind.values else "other",
        "finess": _nine(body),
        "siret": fhir.number_in(body, SIRET)[:14],
        "active": body.get("active", True) is not False,
        "parent": Organisation.objects.get(pk=parent) if parent else None,
        "phone": fhir.point(body, "phone")[:20],
        "email": fhir.point(body, "email"),
        **fhir.street(body),
    }


def _nine(body: Json) -> str:
    """The FINESS number of the place, wherever the guides put it."""
    found = fhir.number_in(body, FINESS)
    return found if len(found) == 9 else ""
