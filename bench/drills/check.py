"""The invariant checker of the kill drill: reads the database, prints what is wrong (JSON).

Standard input says what was sent and what was acknowledged.
"""

import json
import sys
import time
from collections import Counter as Tally
from typing import Any


def settled(seconds: float = 90) -> bool:
    """Wait until everything published was read by every reader."""
    from liane.core import dispatcher, registry
    from liane.core.models import Cursor, Outbox

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        last = dispatcher.last_position()
        behind = [
            reader.name
            for reader in registry.readers
            if not Cursor.objects.filter(pk=reader.name, position__gte=last).exists()
        ]
        if not Outbox.objects.exists() and not behind:
            return True
        time.sleep(0.2)
    return False


def check(told: dict[str, Any]) -> dict[str, Any]:
    """Every invariant, on the whole database."""
    from liane.core.acting import acting, system

    with acting(system("drill")):
        faults = [f"refused: {one}" for one in told["refused"]]
        faults += [f"never acknowledged: {one}" for one, done in told["sent"].items() if not done]
        messages = _messages(told["sent"], faults)
        _journal(messages, faults)
        _hospital(told["controls"], faults)
        _notifications(faults)
        _set_aside(faults)
        return {
            "acknowledged_messages": sum(told["sent"].values()),
            "acknowledged_adt": sum(told["controls"].values()),
            "messages": [key for key, _ in messages],
            "for_listener": [key for key, _ in messages],
            "faults": faults,
        }


def _messages(sent: dict[str, bool], faults: list[str]) -> list[tuple[str, str]]:
    from liane.messaging.models import Message

    rows = list(Message.objects.order_by("number").values_list("id", "text", "number"))
    tally = Tally(text for _, text, _ in rows)
    for text, acknowledged in sent.items():
        if acknowledged and not tally[text]:
            faults.append(f"acknowledged and lost: {text}")
        if tally[text] > 1:
            faults.append(f"{tally[text]} times: {text}")
    if [number for _, _, number in rows] != list(range(1, len(rows) + 1)):
        faults.append("the numbers of the conversation have a gap")
    return [(str(key), text) for key, text, _ in rows]


def _journal(messages: list[tuple[str, str]], faults: list[str]) -> None:
    from liane.core.models import Entry, Outbox, PublishedEntry

    entries = Tally(
        str(key)
        for key in Entry.objects.filter(kind="message.sent").values_list("object_id", flat=True)
    )
    faults += [f"no single entry for {text}" for key, text in messages if entries[key] != 1]
    known = set(Entry.objects.values_list("id", flat=True))
    published = list(PublishedEntry.objects.order_by("position"))
    if [row.position for row in published] != list(range(1, len(published) + 1)):
        faults.append("the positions have a gap")
    lost = known - {row.entry_id for row in published}
    faults += [f"never published: {one}" for one in lost]
    if Outbox.objects.exists():
        faults.append("the outbox is not empty")


def _hospital(controls: dict[str, bool], faults: list[str]) -> None:
    from liane.core.models import Entry
    from liane.exchange.models import RawMessage
    from liane.stays.models import StayFact

    received = Tally(RawMessage.objects.values_list("control_id", flat=True))
    for control, acknowledged in controls.items():
        if acknowledged and received[control] != 1:
            faults.append(f"hospital message {control}: {received[control]} times")
    wrong = RawMessage.objects.exclude(status="applied").values_list("control_id", "status")
    faults += [f"hospital message {control} {status}" for control, status in wrong]
    facts = Tally(StayFact.objects.values_list("stay_id", "kind"))
    faults += [f"told {count} times: {fact}" for fact, count in facts.items() if count > 1]
    told = Tally(Entry.objects.filter(kind="stay.told").values_list("object_id", flat=True))
    for fact in StayFact.objects.values_list("id", flat=True):
        if told[fact] != 1:
            faults.append(f"fact {fact}: {told[fact]} entries")


def _notifications(faults: list[str]) -> None:
    from liane.circle.queries import recipients
    from liane.core import registry
    from liane.core.models import Entry
    from liane.notifications.models import Notification

    told: dict[Any, list[Any]] = {}
    for entry_id, user_id in Notification.objects.values_list("entry_id", "user_id"):
        told.setdefault(entry_id, []).append(user_id)
    for entry in Entry.objects.filter(kind__in=list(registry.notice_kinds), announce=True):
        wanted = {one.user_id for one in recipients(entry)} - {entry.actor_user_id}
        got = told.get(entry.id, [])
        if set(got) != wanted or len(got) != len(wanted):
            faults.append(f"{entry.kind}: {len(wanted)} to tell, {len(got)} told")


def _set_aside(faults: list[str]) -> None:
    from liane.core.models import DueJob

    aside = DueJob.objects.filter(name__startswith="reader:").values_list("name", flat=True)
    faults += [f"set aside: {name}" for name in aside]


if __name__ == "__main__":
    import django

    django.setup()
    said = json.loads(sys.stdin.read())
    calm = settled()
    report = check(said)
    if not calm:
        report["faults"].append("readers were still behind after 90 s")
    print(json.dumps(report))
