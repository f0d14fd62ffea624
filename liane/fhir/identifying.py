"""Whom a resource is about, where it names nobody of this server: by matricule, else by traits.

Only among the persons that the caller reaches, and only for certain: one person, or nobody.
"""

from typing import Any
from uuid import UUID

from django.db.models import Q

from liane.core.text import normalise
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.patient import matricule, traits
from liane.patients import ins

Json = dict[str, Any]


def person(body: Json, reference: Any, refs: Refs, where: str) -> UUID:
    """The person that a reference names: one of ours, a contained Patient, or an identifier.

    Raises Problem 422 where that is nobody, or more than one, within reach.
    """
    found = refs.key(reference, "Patient", where)
    if found is None:
        found = known(_said(body, reference), refs)
    if found is None:
        raise unprocessable(
            "Nobody within reach answers to this for certain: give a reference to a Patient of "
            "this server, an INS matricule, or birth name, given name, birth date and sex.",
            where, "not-found",
        )  # fmt: skip
    return found


def _said(body: Json, reference: Any) -> Json:
    """What is said of the person: the contained Patient, or the identifier alone."""
    held: Json = reference if isinstance(reference, dict) else {}
    text = str(held.get("reference", ""))
    if text.startswith("#"):
        return next(
            (one for one in fhir.items(body, "contained")
             if one.get("id") == text[1:] and one.get("resourceType") == "Patient"), {},
        )  # fmt: skip
    number = held.get("identifier")
    return {"identifier": [number]} if isinstance(number, dict) else {}


def known(said: Json, refs: Refs) -> UUID | None:
    """The one person within reach whom these traits say; None for nobody, or several."""
    if not said:
        return None
    mine = refs.access.reach.patients()
    number = matricule(said)
    if number is not None:
        return _one(mine.filter(ins_digest__in=ins.digests(number)))
    given = traits(said)
    name, first = normalise(given["birth_name"]), normalise(given["given_names"])
    if not (name and first and given["birth_date"] and given["sex"] in {"F", "M"}):
        return None
    rows = mine.filter(birth_date=given["birth_date"], sex=given["sex"])
    same = [
        row.pk for row in rows[:50]
        if name in {normalise(row.birth_name), normalise(row.used_name)}
        and first.split()[0] in {normalise(row.first_given), normalise(row.used_given)}
    ]  # fmt: skip
    return same[0] if len(same) == 1 else None


def _one(rows: Any) -> UUID | None:
    found = list(rows.filter(Q(died_on=None)).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None
