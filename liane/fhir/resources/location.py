"""Location: the site of each structure, where it has an address (fr-core-location).

A place of ours is a structure's own: its identifier is the structure's. To send one is to say where
a structure is that had no address yet; to change it, to correct that address. Rooms and beds of a
hospital, and second sites, have no table here: each of them is refused.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.directory import declared
from liane.directory.models import Organisation
from liane.directory.offer_search import around
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.organization import Words
from liane.fhir.search import values
from liane.fhir.search.params import NOTHING, Custom, Param, String, Test, always
from liane.fhir.search.references import Identifier, Reference

CORE = "https://hl7.fr/ig/fhir/core"
FAR, FURTHEST = 50.0, 200.0
"""Kilometres."""


def _status(raw: str, modifier: str) -> Test:
    return Test((raw.rsplit("|", 1)[-1],))


def _active(key: Any, leafs: Any) -> Q:
    if key[0] not in {"active", "inactive"}:
        return ~always()
    return Q(active=key[0] == "active")


KILOMETRES = {"km": 1.0, "": 1.0, "m": 0.001, "[mi_us]": 1.609344, "[mi_i]": 1.609344}


def _near(raw: str, modifier: str) -> Test:
    """``latitude|longitude|distance|unit`` (50 km where no distance is said): the communes there.

    A site is where the centre of its commune is, as everywhere in the directory.
    """
    parts = [values.plain(one) for one in values.split(raw, "|")]
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        far = float(parts[2]) if len(parts) > 2 and parts[2] else FAR
        size = KILOMETRES[parts[3].lower() if len(parts) > 3 else ""]
    except (ValueError, IndexError, KeyError):
        raise values.bad("near", "write latitude|longitude|distance|km") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and 0 <= far * size <= FURTHEST):
        raise values.bad("near", "out of the world, or further than 200 km")
    codes = around(latitude, longitude, far * size)
    return Test(("near", len(codes)), tuple(codes), live=True) if codes else Test(NOTHING)


def _within(key: Any, leafs: Any) -> Q:
    return Q(insee__in=list(leafs))


class LocationResource(Resource):
    """The sites of the directory."""

    type = "Location"
    model = Organisation
    interactions = READ | {"create", "update", "patch"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-location",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Words("name", columns=("name",), sort="name"),
        String("address", columns=("line", "postcode", "city")),
        String("address-city", columns=("city",), sort="city"),
        String("address-postalcode", columns=("postcode",), sort="postcode"),
        Custom("status", read=_status, build=_active),
        Custom("near", read=_near, build=_within, of="special", allowed=frozenset()),
        Reference("organization", to={"Organization": "pk"}, elements=("managingOrganization",)),
        Reference("partof", to={"Location": "parent_id"}, elements=("partOf",)),
    )

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Structures that have an address."""
        return Organisation.objects.exclude(city="", line="", postcode="")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_site(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Organisation:
        """Say where a structure is. Raises Problem 422 for one that has its site already."""
        where = "Location.managingOrganization"
        key = refs.required(body.get("managingOrganization"), "Organization", where)
        row = Organisation.objects.get(pk=key)
        if row.city or row.line or row.postcode:
            raise unprocessable(f"This structure has its site: change Location/{key}, or declare "
                                "another Organization.", where, "duplicate")  # fmt: skip
        return declared.change_organisation(row, _values(body, row))

    def update(self, row: Any, body: Json, refs: Refs) -> Organisation:
        """Correct the address and the contact data of the structure."""
        where = "Location.managingOrganization"
        key = refs.key(body.get("managingOrganization"), "Organization", where)
        if key not in (None, row.pk):
            raise unprocessable("A site keeps its structure.", where)
        if refs.key(body.get("partOf"), "Location", "Location.partOf") not in (None, row.parent_id):
            raise unprocessable("A site is in that of the structure above (Organization.partOf).",
                                "Location.partOf")  # fmt: skip
        return declared.change_organisation(row, _values(body, row))


def _site(row: Organisation) -> Json:
    found = fhir.address(row.line, row.postcode, row.city, row.insee)
    return {
        "status": "active" if row.active else "inactive",
        "name": row.name,
        "mode": "instance",
        "telecom": fhir.telecom(row.phone, row.email),
        "address": found[0] if found else None,
        "managingOrganization": fhir.reference("Organization", row.pk, row.name),
    }


def _values(body: Json, row: Organisation) -> dict[str, Any]:
    """What it says of its structure. Raises Problem 422 for what is no site of one."""
    if body.get("mode") == "kind":
        raise unprocessable("A kind of place is not kept, only places.", "Location.mode")
    name = str(body.get("name", ""))
    if name and not fhir.same_words(name, row.name):
        raise unprocessable("A site has the name of its structure.", "Location.name")
    if (body.get("status", "active") == "active") != row.active:
        raise unprocessable("A site is open as its structure is (Organization.active).",
                            "Location.status")  # fmt: skip
    found = fhir.street(body)
    if not found["city"]:
        raise unprocessable("Say where it is: a city.", "Location.address.city")
    return {
        **found,
        "phone": fhir.point(body, "phone")[:20],
        "email": fhir.point(body, "email"),
    }
