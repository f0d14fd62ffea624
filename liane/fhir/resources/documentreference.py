"""DocumentReference: a document of the record (PDSm). Its content is a Binary.

To add one, give the content inline (``attachment.data``), or as a Binary created before or in the
same transaction (``attachment.url``): it is checked, scanned and encrypted as a file dropped in the
pages is. What is said of a document is corrected by its author; its content never changes: another
document replaces it (``relatesTo``).
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.audience import TEAM
from liane.core.files import store
from liane.core.models import StoredFile
from liane.exchange.cda import names
from liane.fhir import building as fhir
from liane.fhir import people, uploads
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search import values
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.measured import Preferred
from liane.fhir.search.params import (
    NOTHING,
    Custom,
    Date,
    Flag,
    Param,
    Several,
    String,
    Test,
    Token,
)
from liane.fhir.search.references import Identifier, Reference
from liane.timeline import filing, services
from liane.timeline.filing import Described
from liane.timeline.models import Document

CATEGORY = "https://liane.sante/CodeSystem/document-category"
LOINC = "http://loinc.org"
TYPES = {
    code: tuple(sorted({held for held, kind in names.DOCUMENTS.items() if kind.type.code == code}))
    for code in {kind.type.code for kind in names.DOCUMENTS.values()}
}
"""LOINC type of document → categories of Liane."""
PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm"
MHD = "https://profiles.ihe.net/ITI/MHD"
ARCHIVED = f"{PDSM}/StructureDefinition/pdsm-ext-is-archived"
IS_ARCHIVED = f"{PDSM}/SearchParameter/PDSm-isArchived"
HIDDEN = frozenset({"MASQUE_PS"})
"""Labels that ask to hide a document from professionals: it is done from its page alone."""
AUTHORS = ("PractitionerRole", "Organization", "Practitioner", "Patient", "RelatedPerson", "Device")


def _status(raw: str, modifier: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"current", "superseded"} else Test(NOTHING)


class DocumentReferenceResource(Resource):
    """Documents of the record within reach."""

    type = "DocumentReference"
    model = Document
    area = Area.DOCUMENT
    person_path = "person_id"
    touched = "at"
    interactions = READ | {"create", "update", "patch", "delete"}
    journal = ("document.added", "document.changed")
    profiles = (f"{PDSM}/StructureDefinition/pdsm-comprehensive-document-reference",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("author", elements=("author",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id",
            "Patient": "author_holder_id", "RelatedPerson": "author_holder_id"}),
        Reference("custodian", elements=("custodian",), to={
            "Organization": "author_organisation_id"}),
        Custom("status", read=_status,
               build=lambda key, leafs: Q(newer__isnull=key == ("current",))),
        Flag("isArchived", when=Q(archived_at__isnull=False), url=IS_ARCHIVED),
        Preferred("date", sort="at", params=(
            Indexed("date", of="date", path="DocumentReference.date"),
            Date("date", column="at"))),
        Preferred("creation", sort="dated_on", params=(
            Indexed("creation", of="date", path="DocumentReference.content.attachment.creation"),
            Date("creation", column="dated_on", days=True)),
            url=f"{MHD}/SearchParameter/DocumentReference-Creation"),
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
                url=f"{PDSM}/SearchParameter/PDSm-DocumentReference-period-start"),
        Indexed("period-end", of="date", path="DocumentReference.context.period.end",
                url=f"{PDSM}/SearchParameter/PDSm-DocumentReference-period-end"),
        Indexed("location", of="uri", path="DocumentReference.content.attachment.url"),
        Indexed("language", path="DocumentReference.content.attachment.language"),
        Indexed("relation", path="DocumentReference.relatesTo.code"),
        Reference("relatesto", to={"DocumentReference": "older"}, many=True,
                  elements=("relatesTo.target",)),
        Reference("authenticator", to={}, elements=("authenticator",)),
        Reference("encounter", to={}, elements=("context.encounter",)),
        Reference("related", to={}, elements=("context.related",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Documents that the actor may read."""
        mine = Document.objects.across(reach) if many else Document.objects.within(reach)
        return mine.select_related("file")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most six queries: who gave it, what it replaces."""
        holders = [row.author_holder_id for row in rows]
        houses = [row.author_organisation_id for row in rows]
        known = {**people.relatives(holders), **people.references([*holders, *houses])}
        older = _older([row.pk for row in rows])
        return [
            fhir.cleaned(_document(row, people.author(row, known),
                                   known.get(row.author_organisation_id), older.get(row.pk, [])))
            for row in rows
        ]  # fmt: skip

    def kept(self, row: Any, body: Json) -> Json:
        """The content lies in its Binary: an address stands for it."""
        contents = [dict(one) for one in fhir.items(body, "content")]
        for one in contents:
            attachment = {name: held for name, held in one["attachment"].items() if name != "data"}
            one["attachment"] = {**attachment, "url": f"Binary/{row.file_id}"}
        return {**body, "content": contents}

    # ------------------------------------------------------------ written
    def create(self, body: Json, refs: Refs) -> Document:
        """Put a document in the record."""
        if body.get("status") != "current":
            raise unprocessable("A document is added as « current ».", "DocumentReference.status")
        person = refs.required(body.get("subject"), "Patient", "DocumentReference.subject")
        _checked(body, refs)
        made = services.add_document(
            person,
            title=_title(body),
            category=_category(body),
            file=_file(body, person, refs),
            dated_on=_dated(body),
            to=TEAM,
        )
        if _archived(body):
            filing.describe(made.pk, _described(body, made))
        return self._replacing(made, body, refs)

    def update(self, row: Any, body: Json, refs: Refs) -> Document:
        """Correct what is said of a document, or archive it. Its content stays."""
        where = "DocumentReference.subject"
        if refs.required(body.get("subject"), "Patient", where) != row.person_id:
            raise unprocessable("A document keeps its person.", where)
        _checked(body, refs)
        _same_content(row, body)
        if body.get("status") != _state(row):
            raise unprocessable(
                "A document is superseded by the one that replaces it (relatesTo), and taken back "
                "by DELETE.", "DocumentReference.status",
            )  # fmt: skip
        filing.describe(row.pk, _described(body, row))
        made: Document = Document.objects.select_related("file").get(pk=row.pk)
        return self._replacing(made, body, refs)

    def delete(self, row: Any) -> None:
        """Take it back: its author alone may."""
        filing.withdraw(row.pk)

    def _replacing(self, made: Document, body: Json, refs: Refs) -> Document:
        for number, one in enumerate(fhir.items(body, "relatesTo")):
            where = f"DocumentReference.relatesTo[{number}].target"
            older = refs.key(one.get("target"), "DocumentReference", where)
            if older is not None and one.get("code") == "replaces":
                filing.replaced(older, made)
        return made


# ------------------------------------------------------------------ what was received
def _checked(body: Json, refs: Refs) -> None:
    for number, one in enumerate(fhir.items(body, "author")):
        refs.one(one, AUTHORS, f"DocumentReference.author[{number}]")
    if len(fhir.items(body, "content")) != 1:
        raise unprocessable("One content, and one alone.", "DocumentReference.content")
    for number, one in enumerate(fhir.items(body, "securityLabel")):
        if any(coding.get("code") in HIDDEN for coding in fhir.codings(one)):
            raise unprocessable(
                "A document is hidden from its page, member by member: not by a label.",
                f"DocumentReference.securityLabel[{number}]", "not-supported",
            )  # fmt: skip


def _attachment(body: Json) -> Json:
    found = fhir.items(body, "content")[0].get("attachment")
    return found if isinstance(found, dict) else {}


def _title(body: Json) -> str:
    return str(body.get("description") or _attachment(body).get("title") or "")


def _dated(body: Json) -> Any:
    said = _attachment(body).get("creation") or body.get("date")
    return fhir.day(said, "DocumentReference.date")


def _archived(body: Json) -> bool:
    return fhir.extension(body, ARCHIVED, "valueBoolean") is True


def _described(body: Json, row: Document) -> Described:
    """What the body says; the date of a document that has none is not that of its filing."""
    dated = _dated(body)
    if row.dated_on is None and not _attachment(body).get("creation"):
        dated = None
    return Described(_title(body), _category(body), dated, _archived(body))


def _file(body: Json, person: UUID, refs: Refs) -> StoredFile:
    """The file, from the body or from a Binary of the caller's own."""
    attachment, where = _attachment(body), "DocumentReference.content[0].attachment"
    if "data" not in attachment and "url" in attachment:
        asked = values.link(str(attachment["url"]))
        key = values.uuid(asked.id) if asked is not None and asked.type == "Binary" else None
        found = uploads.claim(key, person) if key is not None else None
        if found is None:
            raise unprocessable(
                "This address leads to no Binary that you sent: give the content here, or as a "
                "Binary of the same transaction.", f"{where}.url", "not-found",
            )  # fmt: skip
        _same_hash(attachment, store.read_file(found), f"{where}.hash")
        return found
    content = uploads.decoded(attachment.get("data"), f"{where}.data")
    _same_hash(attachment, content, f"{where}.hash")
    declared = str(attachment.get("contentType") or "")
    title = str(attachment.get("title") or body.get("description") or "document")
    return store.receive_bytes(
        content,
        name=uploads.named(title, declared),
        declared=declared,
        person_id=person,
        organisation_id=refs.organisation_id,
    )


def _same_hash(attachment: Json, content: bytes, where: str) -> None:
    """R4: the SHA-1 of the content."""
    said = attachment.get("hash")
    if said is None:
        return
    if b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode() != said:
        raise unprocessable("This is not the SHA-1 of the content, in base64.", where)


def _same_content(row: Document, body: Json) -> None:
    attachment, where = _attachment(body), "DocumentReference.content[0].attachment"
    if "data" in attachment:
        digest = store.content_digest(uploads.decoded(attachment["data"], f"{where}.data"))
        same = digest == row.file.digest
    else:
        asked = values.link(str(attachment.get("url", "")))
        same = asked is not None and values.uuid(asked.id) == row.file_id
    if not same:
        raise unprocessable(
            "The content of a document never changes: add another that replaces it (relatesTo).",
            where,
        )


def _category(body: Json) -> str:
    for one in fhir.items(body, "category"):
        if (code := fhir.code_of(one, CATEGORY)) in Document.Category.values:
            return code
    return names.CATEGORIES.get(fhir.code_of(body.get("type"), LOINC), Document.Category.OTHER)


# ------------------------------------------------------------------ as FHIR
def _older(keys: list[UUID]) -> Mapping[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    rows = Document.objects.filter(newer__in=keys, withdrawn_at=None).order_by("at", "pk")
    for newer, pk in rows.values_list("newer_id", "pk"):
        found.setdefault(newer, []).append(pk)
    return found


def _state(row: Document) -> str:
    return "current" if row.newer_id is None else "superseded"


def _document(row: Document, author: Json | None, house: Json | None, older: list[UUID]) -> Json:
    kind = names.DOCUMENTS[row.category]
    label = row.get_category_display()
    return {
        "extension": [{"url": ARCHIVED, "valueBoolean": True}] if row.archived_at else None,
        "status": _state(row),
        "type": fhir.concept(LOINC, kind.type.code, kind.type.label, label),
        "category": [fhir.concept(CATEGORY, row.category, label)],
        "subject": fhir.reference("Patient", row.person_id),
        "date": fhir.at(row.at),
        "author": [author],
        "custodian": house,
        "relatesTo": [
            {"code": "replaces", "target": fhir.reference("DocumentReference", one)}
            for one in older
        ],
        "description": row.title,
        "content": [{"attachment": {
            "contentType": row.file.content_type,
            "url": f"Binary/{row.file_id}",
            "size": row.file.size,
            "title": row.file.name,
            "creation": fhir.on(row.dated_on),
        }}],
    }  # fmt: skip
