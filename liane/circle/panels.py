"""What circles show on other pages: on the record, on Aujourd’hui."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from liane.circle import around as reads
from liane.core.areas import Area
from liane.patients.models import Patient


def around(request: HttpRequest, person: Patient) -> Mapping[str, Any] | None:
    """« Autour d’elle »: the members and those to call."""
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.read.get(Area.CIRCLE):
        return None
    return {"members": reads.around(person.pk), "person": person}


def invitations(request: HttpRequest) -> Mapping[str, Any] | None:
    """Invitations to answer, and requests to my circles."""
    invited, requests = reads.invitations(), reads.requests_to_my_circles()
    return {"invitations": invited, "requests": requests} if invited or requests else None
