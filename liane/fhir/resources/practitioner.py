"""Practitioner: a human being who works around persons (fr-core-practitioner)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.errors import Refused
from liane.directory import declared, identifiers
from liane.directory.models import Posting, Professional
from liane.directory.nomenclatures import PROFESSIONS
from liane.fhir import building as fhir
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.organization import Words
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Flag, Param, Several, Token
from liane.fhir.search.references import Identifier

CORE = "https://hl7.fr/ig/fhir/core"
RPPS = "https://rpps.esante.gouv.fr"
IDNPS = "urn:oid:1.2.250.1.71.4.2.1"
NUMBERS = f"{CORE}/CodeSystem/fr-core-cs-v2-0203"
NOS = "https://mos.esante.gouv.fr/NOS"
PROFESSION = f"{NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
SPECIALTY = f"{NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
OTHERS = "https://liane.sante/CodeSystem/profession"


class People(Words):
    """A name of a professional."""

    posting = Posting.Kind.PROFESSIONAL


def rpps(text: str) -> tuple[str, Sequence[str]] | None:
    """The RPPS number that a value says: 11 digits, or IDNPS (8 before it)."""
    try:
        return "rpps", [identifiers.rpps(text)]
    except Refused:
        return None


class PractitionerResource(Resource):
    """Every professional of the directory."""

    type = "Practitioner"
    model = Professional
    interactions = READ | {"create", "update", "patch"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-practitioner",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={RPPS: rpps, IDNPS: rpps}),
        People("name", columns=("family", "given"), sort="family"),
        People("family", columns=("family",), sort="family"),
        People("given", columns=("given",), sort="given"),
        Flag("active", when=Q(active=True)),
        Several("qualification-code", params=(
            Token("qualification-code", column="profession", system=PROFESSION),
            Token("qualification-code", column="specialty", system=SPECIALTY),
            Indexed("qualification-code", path="Practitioner.qualification.code"))),
        Indexed("telecom", path="Practitioner.telecom"),
        Indexed("email", path="Practitioner.telecom.where(system='email')"),
        Indexed("phone", path="Practitioner.telecom.where(system='phone')"),
        Indexed("gender", path="Practitioner.gender"),
        Indexed("address", of="string", path="Practitioner.address"),
        Indexed("address-city", of="string", path="Practitioner.address.city"),
        Indexed("address-postalcode", of="string", path="Practitioner.address.postalCode"),
        Indexed("communication", path="Practitioner.communication"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """The whole directory."""
        return Professional.objects.all()

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_person(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Professional:
        """Declare a professional whom nobody knew."""
        return declared.professional(_values(body))

    def update(self, row: Any, body: Json, refs: Refs) -> Professional:
        """Correct what differs, where this house declared them."""
        return declared.change_professional(row, _values(body))


def _person(row: Professional) -> Json:
    kind = fhir.concept(NUMBERS, "RPPS", "N° RPPS")
    return {
        "identifier": [fhir.identifier(RPPS, row.rpps or "", kind, "official")],
        "active": row.active,
        "name": [{"family": row.family, "given": [row.given], "prefix": [row.title]}],
        "qualification": [
            {"code": _profession(row)},
            {"code": fhir.concept(SPECIALTY, row.specialty, row.specialty_name)},
        ],
    }


def _profession(row: Professional) -> Json | None:
    system = PROFESSION if row.profession.isdecimal() else OTHERS
    return fhir.concept(system, row.profession, PROFESSIONS.get(row.profession, ""))


def _number(body: Json) -> str:
    """The RPPS number whose key fits; another one is kept as received, and is not ours."""
    for system in (RPPS, IDNPS):
        found = rpps(fhir.number_in(body, system))
        if found is not None:
            return found[1][0]
    return ""


def _values(body: Json) -> dict[str, Any]:
    names = fhir.items(body, "name")
    name = next((one for one in names if one.get("use") in ("official", "usual")), None)
    name = name or next(iter(names), {})
    codes = [one.get("code") for one in fhir.items(body, "qualification")]
    given = [one for one in name.get("given", []) if isinstance(one, str)]
    prefix = [one for one in name.get("prefix", []) if isinstance(one, str)]
    return {
        "rpps": _number(body),
        "family": str(name.get("family", "")),
        "given": " ".join(given),
        "title": prefix[0] if prefix else "",
        "profession": fhir.code_of(codes, PROFESSION)[:5] or fhir.code_of(codes, OTHERS)[:5],
        "specialty": fhir.code_of(codes, SPECIALTY)[:10],
        "active": body.get("active", True) is not False,
    }
