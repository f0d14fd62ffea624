"""DocumentReference: a document of the record (PDSm). Its content is a Binary.

To add one, give the content inline (``attachment.data``): it is checked, scanned and encrypted as a
file dropped in the pages is.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.audience import TEAM
from liane.core.files import store
from liane.exchange.cda import names
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.params import (
    Date,
    Identifier,
    Indexed,
    Param,
    Reference,
    Several,
    String,
    Token,
)
from liane.timeline import services
from liane.timeline.models import Document

CATEGORY = "https://liane.sante/CodeSystem/document-category"
LOINC = "http://loinc.org"
TYPES = {
    code: tuple(sorted({held for held, kind in names.DOCUMENTS.items() if kind.type.code == code}))
    for code in {kind.type.code for kind in names.DOCUMENTS.values()}
}
"""LOINC type of document → categories of Liane."""
AUTHORS = ("PractitionerRole", "Organization", "Practitioner", "Patient", "RelatedPerson", "Device")


class DocumentReferenceResource(Resource):
    """Documents of the record within reach."""

    type = "DocumentReference"
    model = Document
    area = Area.DOCUMENT
    person_path = "person_id"
    touched = "at"
    interactions = READ | {"create"}
    journal = ("document.added",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("author", elements=("author",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id",
            "Patient": "author_holder_id", "RelatedPerson": "author_holder_id"}),
        Reference("custodian", elements=("custodian",), to={
            "Organization": "author_organisation_id"}),
        constant("status", "current"),
        Date("date", column="at", sort="at"),
        Date("creation", column="at", sort="at"),
        Several("type", params=(
            Token("type", column="category", system=LOINC, codes=TYPES),
            Indexed("type", path="DocumentReference.type"))),
        Several("category", params=(
            Token("category", column="category", system=CATEGORY),
            Indexed("category", path="DocumentReference.category"))),
        Token("contenttype", column="file__content_type"),
        String("description", columns=("title",)),
        Indexed("format", path="DocumentReference.content.format"),
        Indexed("setting", path="DocumentReference.context.practiceSetting"),
        Indexed("facility", path="DocumentReference.context.facilityType"),
        Indexed("event", path="DocumentReference.context.event"),
        Indexed("security-label", path="DocumentReference.securityLabel"),
        Indexed("period", of="date", path="DocumentReference.context.period"),
        Indexed("period-start", of="date", path="DocumentReference.context.period.start",
                url="https://interop.esante.gouv.fr/ig/fhir/pdsm/SearchParameter/period-start"),
        Indexed("period-end", of="date", path="DocumentReference.context.period.end",
                url="https://interop.esante.gouv.fr/ig/fhir/pdsm/SearchParameter/period-end"),
        Indexed("relation", path="DocumentReference.relatesTo.code"),
        Reference("relatesto", to={}, elements=("relatesTo.target",)),
        Reference("authenticator", to={}, elements=("authenticator",)),
        Reference("encounter", to={}, elements=("context.encounter",)),
        Reference("related", to={}, elements=("context.related",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Documents that the actor may read."""
        mine = Document.objects.across(reach) if many else Document.objects.within(reach)
        return mine.select_related("file")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most five queries: who gave it."""
        holders = [row.author_holder_id for row in rows]
        houses = [row.author_organisation_id for row in rows]
        known = {**people.relatives(holders), **people.references([*holders, *houses])}
        return [
            fhir.cleaned(_document(row, people.author(row, known),
                                   known.get(row.author_organisation_id)))
            for row in rows
        ]  # fmt: skip

    def create(self, body: Json, refs: Refs) -> Document:
        """Put a document in the record."""
        if body.get("status") != "current":
            raise unprocessable("A document is added as « current ».", "DocumentReference.status")
        person = refs.required(body.get("subject"), "Patient", "DocumentReference.subject")
        for number, one in enumerate(fhir.items(body, "author")):
            refs.one(one, AUTHORS, f"DocumentReference.author[{number}]")
        contents = fhir.items(body, "content")
        if len(contents) != 1:
            raise unprocessable("One content, and one alone.", "DocumentReference.content")
        attachment = contents[0].get("attachment") or {}
        said = attachment.get("creation") or body.get("date")
        received = store.receive_bytes(
            _content(attachment),
            name=str(attachment.get("title") or body.get("description") or "document"),
            declared=str(attachment.get("contentType") or ""),
            person_id=person,
            organisation_id=refs.organisation_id,
        )
        return services.add_document(
            person,
            title=str(body.get("description") or attachment.get("title") or ""),
            category=_category(body),
            file=received,
            dated_on=fhir.day(said, "DocumentReference.date"),
            to=TEAM,
        )


def _content(attachment: Json) -> bytes:
    where = "DocumentReference.content[0].attachment.data"
    try:
        content = base64.b64decode(str(attachment.get("data") or ""), validate=True)
    except (binascii.Error, ValueError):
        raise unprocessable("This is not base64.", where) from None
    if not content:
        raise unprocessable("Give the content here, in base64.", where)
    return content


def _category(body: Json) -> str:
    for one in fhir.items(body, "category"):
        if (code := fhir.code_of(one, CATEGORY)) in Document.Category.values:
            return code
    return names.CATEGORIES.get(fhir.code_of(body.get("type"), LOINC), Document.Category.OTHER)


def _document(row: Document, author: Json | None, house: Json | None) -> Json:
    kind = names.DOCUMENTS[row.category]
    label = row.get_category_display()
    return {
        "status": "current",
        "type": fhir.concept(LOINC, kind.type.code, kind.type.label, label),
        "category": [fhir.concept(CATEGORY, row.category, label)],
        "subject": fhir.reference("Patient", row.person_id),
        "date": fhir.at(row.at),
        "author": [author],
        "custodian": house,
        "description": row.title,
        "content": [{"attachment": {
            "contentType": row.file.content_type,
            "url": f"Binary/{row.file_id}",
            "size": row.file.size,
            "title": row.file.name,
            "creation": fhir.on(row.dated_on),
        }}],
    }  # fmt: skip
