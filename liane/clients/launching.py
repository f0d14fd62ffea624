"""Applications opened from a record (SMART EHR launch)."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.accounts.models import User
from liane.clients import secrets
from liane.clients.models import Client, LaunchContext
from liane.clients.oauth.identity import fhir_base
from liane.core.prepared import prepared

LIFE = dt.timedelta(minutes=5)


@prepared
def launchable(organisation_id: UUID) -> QuerySet[Client]:
    """The applications of an organisation that open from a record."""
    rows = Client.objects.filter(organisation_id=organisation_id, status=Client.Status.ACTIVE)
    return rows.exclude(launch_url="").order_by("name")


def launch(client: Client, user: User, seat: str, person_id: UUID) -> str:
    """The address that opens the application: it learns the person once the user has agreed."""
    text = secrets.make("launch")
    LaunchContext.objects.create(
        client=client, digest=secrets.digest(text), user=user, seat=seat, patient_id=person_id,
        expires_at=timezone.now() + LIFE,
    )  # fmt: skip
    said = urlencode({"iss": fhir_base(), "launch": text})
    joined = "&" if urlsplit(client.launch_url).query else "?"
    return f"{client.launch_url}{joined}{said}"


def panel(request: Any, person: Any) -> dict[str, Any] | None:
    """Panel of a record: the applications that open from it, for professionals."""
    if request.actor.organisation_id is None:
        return None
    rows = launchable(request.actor.organisation_id)
    return {"clients": rows, "person": person} if rows else None
