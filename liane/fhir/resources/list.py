"""List: documents brought together (PDSm): what one sending brought (SubmissionSet), or a folder.

What an entry names outside of this server is kept as it came. Somebody sees in a list only the
documents that they read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.documentreference import ARCHIVED, IS_ARCHIVED, MHD, PDSM
from liane.fhir.search import values
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Flag, Param, Several, String, Token
from liane.fhir.search.references import Identifier, Reference
from liane.timeline import filing
from liane.timeline.models import Document, DocumentSet, HeldDocument

TYPES = f"{MHD}/CodeSystem/MHDlistTypes"
CODES = {"submissionset": DocumentSet.Kind.SUBMISSION, "folder": DocumentSet.Kind.FOLDER}
SAID = {held: code for code, held in CODES.items()}
_DESIGNATION = f"List.extension.where(url='{MHD}/StructureDefinition/ihe-designationType').value"
_SOURCE_ID = f"List.extension.where(url='{MHD}/StructureDefinition/ihe-sourceId').value"
_AUTHOR_ORG = f"extension.where(url='{MHD}/StructureDefinition/ihe-authorOrg').value"


class ListResource(Resource):
    """Lists of documents within reach."""

    type = "List"
    model = DocumentSet
    area = Area.DOCUMENT
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    journal = ("documents.gathered",)
    profiles = (
        f"{PDSM}/StructureDefinition/pdsm-submissionset-comprehensive",
        f"{PDSM}/StructureDefinition/pdsm-folder-comprehensive",
    )
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("source", elements=("source",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id",
            "Patient": "author_holder_id"}),
        Reference("item", to={"DocumentReference": "held__document_id"}, many=True,
                  elements=("entry.item",)),
        constant("status", "current"),
        Several("code", params=(
            Token("code", column="kind", system=TYPES, codes=CODES),
            Indexed("code", path="List.code"))),
        Date("date", column="at", sort="at"),
        String("title", columns=("title",), sort="title"),
        Flag("isArchived", when=Q(archived_at__isnull=False), url=IS_ARCHIVED),
        Indexed("designationType", path=_DESIGNATION,
                url=f"{MHD}/SearchParameter/List-DesignationType"),
        Indexed("sourceId", path=_SOURCE_ID, url=f"{MHD}/SearchParameter/List-SourceId"),
        Indexed("authorOrg", of="reference", path=f"List.{_AUTHOR_ORG} | List.source.{_AUTHOR_ORG}",
                url=f"{PDSM}/SearchParameter/PDSm-List-authorOrg"),
        Indexed("notes", of="string", path="List.note.text"),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Lists that the actor may read."""
        rows: QuerySet[Any] = (
            DocumentSet.objects.across(reach) if many else DocumentSet.objects.within(reach)
        )
        return rows

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most four queries: what they hold, who made them."""
        known = people.references(row.author_holder_id for row in rows)
        held = _held([row.pk for row in rows])
        return [
            fhir.cleaned(_list(row, held.get(row.pk, []), people.author(row, known)))
            for row in rows
        ]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """The entries of documents that this actor reads, and those that name nothing of ours."""
        if actor.is_system:
            return made
        named = {key for body in made for one in fhir.items(body, "entry") if (key := _item(one))}
        reach = Reach.of(actor)
        read = set(Document.objects.within(reach).filter(pk__in=named).values_list("pk", flat=True))
        read |= set(
            DocumentSet.objects.within(reach).filter(pk__in=named).values_list("pk", flat=True)
        )
        return [_seen(body, read) for body in made]

    # ------------------------------------------------------------ written
    def create(self, body: Json, refs: Refs) -> DocumentSet:
        """Bring documents together."""
        person = refs.required(body.get("subject"), "Patient", "List.subject")
        _status(body)
        at = fhir.moment(body.get("date"), "List.date")
        if at is not None and at > timezone.now():
            raise unprocessable("This date is to come.", "List.date")
        return filing.gather(
            person, _kind(body), title=str(body.get("title") or ""),
            documents=_documents(body, refs), at=at, archived=_archived(body),
        )  # fmt: skip

    def update(self, row: Any, body: Json, refs: Refs) -> DocumentSet:
        """What the list holds from now on; its person, its kind and its date stay."""
        _status(body)
        if refs.required(body.get("subject"), "Patient", "List.subject") != row.person_id:
            raise unprocessable("A list keeps its person.", "List.subject")
        if _kind(body) != row.kind:
            raise unprocessable("A list keeps its kind.", "List.code")
        at = fhir.moment(body.get("date"), "List.date")
        if at is not None and at.replace(microsecond=0) != row.at.replace(microsecond=0):
            raise unprocessable("A list keeps its date.", "List.date")
        return filing.regather(
            row.pk, title=str(body.get("title") or ""), documents=_documents(body, refs),
            archived=_archived(body),
        )  # fmt: skip


def _status(body: Json) -> None:
    if body.get("status") != "current":
        raise unprocessable("A list is « current »; it is archived by isArchived.", "List.status")


def _kind(body: Json) -> str:
    code = fhir.code_of(body.get("code"), TYPES)
    if code not in CODES:
        raise unprocessable(f"A list is a folder or a submissionset of {TYPES}.", "List.code")
    return CODES[code]


def _archived(body: Json) -> bool:
    return fhir.extension(body, ARCHIVED, "valueBoolean") is True


def _documents(body: Json, refs: Refs) -> list[UUID]:
    found = []
    for number, one in enumerate(fhir.items(body, "entry")):
        where = f"List.entry[{number}].item"
        named = refs.one(one.get("item"), ("DocumentReference", "List"), where)
        if named is not None and named[0] == "DocumentReference":
            if one.get("deleted") is True:
                continue
            found.append(named[1])
    return list(dict.fromkeys(found))


def _item(entry: Json) -> UUID | None:
    text = (entry.get("item") or {}).get("reference")
    asked = values.link(text) if isinstance(text, str) else None
    return values.uuid(asked.id) if asked is not None else None


def _seen(body: Json, read: set[UUID]) -> Json:
    if "entry" not in body:
        return body
    kept = [one for one in fhir.items(body, "entry") if (key := _item(one)) is None or key in read]
    if len(kept) == len(body["entry"]):
        return body
    made = {name: one for name, one in body.items() if name not in {"entry", "text"}}
    return made | ({"entry": kept} if kept else {})


def _held(keys: list[UUID]) -> Mapping[UUID, list[HeldDocument]]:
    found: dict[UUID, list[HeldDocument]] = {}
    rows = HeldDocument.objects.filter(set__in=keys, document__withdrawn_at=None)
    for one in rows.order_by("place", "pk"):
        found.setdefault(one.set_id, []).append(one)
    return found


def _list(row: DocumentSet, held: list[HeldDocument], author: Json | None) -> Json:
    return {
        "extension": [{"url": ARCHIVED, "valueBoolean": True}] if row.archived_at else None,
        "status": "current",
        "mode": "working",
        "title": row.title,
        "code": fhir.concept(TYPES, SAID[DocumentSet.Kind(row.kind)]),
        "subject": fhir.reference("Patient", row.person_id),
        "date": fhir.at(row.at),
        "source": author,
        "entry": [
            {"item": fhir.reference("DocumentReference", one.document_id)} for one in held
        ],
    }  # fmt: skip
