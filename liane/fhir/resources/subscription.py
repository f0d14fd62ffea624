"""Subscription: what an application asked to be told of, and how that goes (R4, rest-hook, email).

Read by its own application alone. The secret that signs calls is given in an extension
(:data:`SECRET`); headers may hold others: all of it is sealed.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.fhir import building as fhir
from liane.fhir import identifying, subscribing
from liane.fhir.access import Access
from liane.fhir.models import Subscription
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.clauses import Clause, Fixed
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Param, Token
from liane.fhir.search.references import Identifier

SECRET = "https://liane.sante/StructureDefinition/subscription-secret"  # noqa: S105
NDE = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition"
CHANNELS = ("rest-hook", "email")
PAYLOADS = ("", "application/fhir+json", "application/json", "application/fhir+xml",
            "application/xml")  # fmt: skip
HEADER = re.compile(r"[A-Za-z0-9-]{1,60}:\s*[\x20-\x7e]{0,1000}")
OWN = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


class SubscriptionResource(Resource):
    """The subscriptions of the application that calls."""

    type = "Subscription"
    model = Subscription
    interactions = READ | {"create", "update", "patch", "delete"}
    params: ClassVar[tuple[Param, ...]] = (
        Token("status", column="status"),
        Token("type", column="channel"),
        Token("payload", column="payload"),
        Token("url", column="endpoint"),
        Indexed("criteria", of="uri", path="Subscription.criteria"),
        Indexed("contact", path="Subscription.contact"),
        Identifier("identifier"),
    )

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Those of the applications of the actor's house."""
        rows = Subscription.objects.all()
        if reach.everything:
            return rows
        return rows.filter(client__organisation_id__in=reach.actor.holders)

    def limits(self, access: Access) -> list[Clause]:
        """Of the application that calls."""
        mine = (access.caller.client_id,)
        return [Fixed(("client",), mine, lambda leafs: Q(client_id=leafs[0]))]

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_subscription(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Subscription:
        """Begin: what is asked for is checked, and in service at once."""
        if body.get("status") not in {"requested", "active"}:
            raise unprocessable("A new subscription is « requested ».", "Subscription.status")
        made = subscribing.subscribe(_wish(body, refs), refs.access)
        body["status"] = _subscription(made)["status"]
        return made

    def update(self, row: Any, body: Json, refs: Refs) -> Subscription:
        """Ask for something else, stop or start again."""
        made = subscribing.change(row, _wish(body, refs), refs.access, str(body.get("status")))
        body["status"] = _subscription(made)["status"]
        if not made.error:
            body.pop("error", None)
        return made

    def delete(self, row: Any) -> None:
        """Tell nothing any more."""
        subscribing.end(row)


def _wish(body: Json, refs: Refs) -> subscribing.Wish:
    channel = body.get("channel") or {}
    where = "Subscription.channel"
    kind, payload = str(channel.get("type", "")), str(channel.get("payload") or "")
    if kind not in CHANNELS:
        raise unprocessable(f"A channel is one of {', '.join(CHANNELS)}.", f"{where}.type",
                            "not-supported")  # fmt: skip
    if payload.split(";")[0] not in PAYLOADS or (kind == "email" and payload):
        said = ", ".join(PAYLOADS[1:]) if kind == "rest-hook" else "none: a mail says nothing"
        raise unprocessable(f"Payloads: {said}.", f"{where}.payload", "not-supported")
    headers = [one for one in channel.get("header") or [] if isinstance(one, str)]
    for number, one in enumerate(headers):
        if not HEADER.fullmatch(one) or one.split(":")[0].lower() in OWN:
            raise unprocessable("A header is « Name: value », and not one of the call's own.",
                                f"{where}.header[{number}]")  # fmt: skip
    endpoint = str(channel.get("endpoint") or "")
    if not 0 < len(endpoint) <= 500:
        raise unprocessable("An address to call is needed.", f"{where}.endpoint")
    ends_at = fhir.moment(body.get("end"), "Subscription.end")
    return subscribing.Wish(
        str(body.get("criteria", "")), kind, endpoint, payload.split(";")[0], tuple(headers),
        str(fhir.extension(body, SECRET, "valueString") or "")[:200],
        str(body.get("reason", "")), ends_at, _start(body), _subject(body, refs),
    )  # fmt: skip


def _start(body: Json) -> dt.datetime | None:
    return fhir.moment(fhir.extension(body, f"{NDE}/start", "valueDateTime"),
                       "Subscription.extension")  # fmt: skip


def _subject(body: Json, refs: Refs) -> UUID | None:
    """Whom alone a subscription of the French guide of events is about."""
    said = fhir.extension(body, f"{NDE}/subject", "valueReference")
    if said is None:
        return None
    return identifying.person(body, said, refs, "Subscription.extension")


def _subscription(row: Subscription) -> Json:
    over = row.ends_at is not None and row.ends_at <= timezone.now()
    secret = {"url": SECRET, "valueString": row.secret} if row.secret else None
    return {
        "extension": [secret],
        "status": "off" if over else row.status,
        "end": fhir.at(row.ends_at),
        "reason": row.reason,
        "criteria": row.criteria,
        "error": row.error,
        "channel": {
            "type": row.channel,
            "endpoint": row.endpoint,
            "payload": row.payload,
            "header": row.headers.splitlines(),
        },
    }
