"""Binary: the content of a document of the record, or of a file sent with a message."""

import base64
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.files import store
from liane.core.models import StoredFile
from liane.fhir import building as fhir
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
    interactions = frozenset({"read"})
    params: ClassVar[tuple[Param, ...]] = ()

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """What the actor may read; nothing that waits for its check."""
        documents = Document.objects.within(reach).values("file_id")
        sent = Attachment.objects.within(reach).filter(message__withdrawal=None).values("file_id")
        safe = StoredFile.objects.filter(state=StoredFile.State.SAFE)
        return safe.filter(Q(pk__in=documents) | Q(pk__in=sent))

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query; each file is opened."""
        return [fhir.cleaned(_file(row)) for row in rows]


def _file(row: StoredFile) -> Json:
    return {
        "contentType": row.content_type,
        "data": base64.b64encode(store.read_file(row)).decode(),
    }
