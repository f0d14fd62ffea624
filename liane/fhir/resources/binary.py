"""Binary: the content of a document of the record, or of a file sent with a message.

One that is created waits for the DocumentReference that says whom it is about, and is then sealed
for her; nobody but its sender reads it before.
"""

import base64
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.files import store
from liane.core.models import StoredFile
from liane.fhir import building as fhir
from liane.fhir import uploads
from liane.fhir.refs import Refs
from liane.fhir.resources.base import Json, Resource
from liane.fhir.search.params import Param
from liane.messaging.models import Attachment
from liane.timeline.models import Document


class BinaryResource(Resource):
    """Files that were checked, of the documents and messages within reach."""

    type = "Binary"
    model = StoredFile
    area = Area.DOCUMENT
    person_path = "person_id"
    interactions = frozenset({"read", "create"})
    params: ClassVar[tuple[Param, ...]] = ()

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """What the actor may read; nothing that waits for its check."""
        documents = Document.objects.within(reach).values("file_id")
        sent = Attachment.objects.within(reach).filter(message__withdrawal=None).values("file_id")
        safe = StoredFile.objects.filter(state=StoredFile.State.SAFE)
        mine = uploads.mine(reach.actor).values("file_id")
        return safe.filter(Q(pk__in=documents) | Q(pk__in=sent) | Q(pk__in=mine))

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query. The content itself is in no version: see :meth:`narrow`."""
        return [fhir.cleaned({"contentType": row.content_type}) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """With its content: each file is opened."""
        return [
            {**body, "data": base64.b64encode(store.read_file(row)).decode()}
            for body, row in zip(made, rows, strict=True)
        ]

    def native(self, body: Json) -> tuple[bytes, str] | None:
        """The file itself."""
        return base64.b64decode(body["data"]), str(body["contentType"])

    def kept(self, row: Any, body: Json) -> Json:
        """Without the content, which lies encrypted in its own file."""
        return {name: one for name, one in body.items() if name != "data"}

    def create(self, body: Json, refs: Refs) -> StoredFile:
        """Take a file in."""
        content = uploads.decoded(body.get("data"), "Binary.data")
        return uploads.take(content, str(body.get("contentType") or ""))
