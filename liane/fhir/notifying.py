"""Notifying subscribers: a reader of the journal prepares calls, a job makes them.

What is sent is read at the moment of sending, as the application, and noted in the access ledger;
a resource that no longer answers to the criteria, or left the application's reach, is not told.
"""

import copy
import datetime as dt
import time
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.utils import timezone

from liane.api import addresses, sending
from liane.core import acting, ledger
from liane.core.models import Entry
from liane.fhir import reading, resources, subscribing, wire, xml
from liane.fhir.access import Access
from liane.fhir.addresses import base, url
from liane.fhir.bundles import links
from liane.fhir.models import Notification, Subscription
from liane.fhir.outcomes import Problem
from liane.fhir.reading import Shown

Json = dict[str, Any]
State = Notification.State
EVENTS = "CommunicationRequest"
ENDPOINT = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/recipient-endpoint"
MEDIUM = {"text": "Appel d’un logiciel"}
XMLS = frozenset({"application/fhir+xml", "application/xml"})


def read(entries: Collection[Entry]) -> None:
    """Prepare the calls that these entries cause. Idempotent on (subscription, entry, resource)."""
    rows = list(subscribing.living().select_related("client__organisation"))
    kinds = {row.kind for row in rows}
    told: dict[str, dict[UUID, UUID]] = {}
    for kind in kinds:
        resource = resources.get(kind)
        if resource is not None:
            told[kind] = {key: entry.pk for entry in entries
                          for key in resource.changed_by([entry])}  # fmt: skip
    for row in rows:
        changed = told.get(row.kind, {})
        if not changed:
            continue
        found = _matching(row, list(changed))
        Notification.objects.bulk_create(
            [Notification(subscription=row, object_id=key, entry_id=changed[key])
             for key in found],
            ignore_conflicts=True,
        )  # fmt: skip


def _matching(row: Subscription, keys: list[UUID]) -> list[UUID]:
    caller = subscribing.caller(row)
    resource = resources.get(row.kind)
    assert resource is not None  # noqa: S101
    try:
        with acting.acting(caller.actor, read_only=True):
            found = subscribing.matching(row, keys, Access(caller))
    except Problem as reason:
        _failed(row, reason.issues[0].text)
        return []
    return [resource.key_of(one) for one in found]


def _failed(row: Subscription, why: str) -> None:
    with acting.acting(acting.system("abonnements")):
        Subscription.objects.filter(pk=row.pk).update(
            status=Subscription.Status.ERROR, error=why[:200]
        )


# ------------------------------------------------------------------ sent
def send_due(now: dt.datetime | None = None) -> int:
    """Periodic: make the calls that are due. Returns how many were received."""
    now = now or timezone.now()
    with acting.acting(acting.system("abonnements")):
        rows = Notification.objects.filter(subscription__in=subscribing.living())
        ids = sending.due(rows, now)
    return sum(_send(pk, now) for pk in ids)


def _send(pk: UUID, now: dt.datetime) -> bool:
    with acting.acting(acting.system("abonnements")):
        if not sending.take(Notification.objects.all(), pk, now):
            return False
        call = Notification.objects.select_related("subscription__client__organisation").get(pk=pk)
    answer, error = _called(call)
    with acting.acting(acting.system("abonnements")):
        if error == GONE:
            call.state, call.error = State.FAILED, GONE
            call.save(update_fields=["state", "error"])
            return False
        received = sending.note(call, answer, error, now)
        if call.state == State.FAILED:
            _failed(call.subscription, error or f"HTTP {answer}")
    return received


GONE = "no longer to be told"


def _called(call: Notification) -> tuple[int | None, str]:
    """(HTTP status, what went wrong)."""
    row = call.subscription
    try:
        shown = _shown(row, call.object_id)
    except Problem as reason:
        _failed(row, reason.issues[0].text)
        return None, GONE
    except ledger.LedgerUnavailable:
        return None, "the access could not be recorded"
    if shown is None:
        return None, GONE
    if row.channel == "email":
        return _mailed(row)
    method, address, body = "POST", row.endpoint, b""
    if row.payload:
        method = "PUT"
        address = f"{row.endpoint.rstrip('/')}/{row.kind}/{shown.key}"
        content = shown.body
        if row.kind == EVENTS:
            method, address = "POST", f"{row.endpoint.rstrip('/')}/{row.kind}"
            content = event(row, shown)
        body = xml.dump(content) if row.payload in XMLS else wire.dump(content)
    try:
        return addresses.call(method, address, body, _headers(call, body)), ""
    except addresses.Unreachable as reason:
        return None, str(reason)


def event(row: Subscription, shown: Shown) -> Json:
    """A request of notification, as the French guide gives it to a manager of notifications.

    It stands by itself: references are whole addresses, and it names its subscription.
    """
    made: Json = copy.deepcopy(shown.body)
    for holder, name, text in links(made):
        if name == "reference" and not text.startswith(("#", "urn:", "http")):
            holder["reference"] = f"{base()}/{text}"
    made["basedOn"] = [{"reference": url("Subscription", row.pk)}]
    made["medium"] = [MEDIUM]
    made["recipient"] = [{
        "extension": [{"url": ENDPOINT, "valueUrl": row.endpoint}], "display": row.client.name,
    }]  # fmt: skip
    return made


def _shown(row: Subscription, key: UUID) -> Shown | None:
    """The resource as its application reads it now, noted in the ledger; None where it does not."""
    caller = subscribing.caller(row)
    resource = resources.get(row.kind)
    assert resource is not None  # noqa: S101
    with ledger.recording(), acting.acting(caller.actor, read_only=True):
        access = Access(caller)
        found = subscribing.matching(row, [key], access)
        access.require(row.kind, "r")
        return reading.render(resource, found, access)[0] if found else None


def _headers(call: Notification, body: bytes) -> dict[str, str]:
    row = call.subscription
    made = dict(line.split(":", 1) for line in row.headers.splitlines() if ":" in line)
    made = {name.strip(): value.strip() for name, value in made.items()}
    made["User-Agent"] = "Liane"
    made["Liane-Delivery"] = str(call.pk)
    made["Liane-Subscription"] = url("Subscription", row.pk)
    if row.payload:
        made["Content-Type"] = f"{row.payload}; charset=utf-8"
    if row.secret:
        made["Liane-Signature"] = sending.signature(row.secret, int(time.time()), body)
    return made


def _mailed(row: Subscription) -> tuple[int | None, str]:
    """A mail says that something happened, and where to read; nothing of what nor of whom."""
    words = (
        "Un événement auquel votre logiciel est abonné vient de se produire.\n"
        f"Il se lit dans Liane, avec vos droits. Abonnement : {url('Subscription', row.pk)}\n"
    )
    try:
        EmailMessage("Liane : un événement", words, to=[row.endpoint.removeprefix("mailto:")]
                     ).send()  # fmt: skip
    except OSError as error:
        return None, f"mail not sent ({type(error).__name__})"
    return 202, ""


def forget() -> int:
    """Periodic: calls older than a month leave the log."""
    with acting.acting(acting.system("abonnements")):
        return sending.old(Notification.objects.all()).delete()[0]
