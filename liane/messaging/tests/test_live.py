"""What open browsers receive: the bubble for those who may read, receipts, counts, nothing more."""

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.test import Client

from liane.circle.queries import recipients
from liane.core.acting import Actor, acting, owner
from liane.core.models import Entry, Signal
from liane.live import delivery
from liane.live.listeners import Listener
from liane.messaging import marks, panels, services
from liane.messaging.models import Message, Thread
from liane.messaging.services import Named
from tests import factories as make

pytestmark = pytest.mark.django_db


def story(kind: str, *named: str) -> tuple[Thread, Entry]:
    person = make.patient()
    people = {name: make.practice(name) for name in ("claire", "roussel", "paul")}
    for practice in people.values():
        make.member(person, practice)
    make.contact(person, "julie", access="carer_write")
    with acting(make.actor("claire")):
        thread = services.open_thread(
            person_id=person.pk, kind=kind, named=[Named(people[n].pk, "practice") for n in named]
        )
        services.send_message(thread, "Tension à 18 <b>")
    with owner():
        return thread, Entry.objects.get(kind="message.sent")


@pytest.mark.parametrize(
    ("kind", "named", "told"),
    [
        ("team", [], "claire paul roussel"),
        ("family", [], "claire julie paul roussel"),
        ("topic", ["roussel"], "claire roussel"),
    ],
)
def test_those_told_are_those_who_read(kind: str, named: list[str], told: str) -> None:
    _, entry = story(kind, *named)
    names = {make.actor(name).user_id: name for name in ("claire", "roussel", "paul", "julie")}
    assert " ".join(sorted(names[one.user_id] for one in recipients(entry))) == told
    for name in names.values():
        assert bool(rendered(make.actor(name), entry)) == (name in told.split()), name


def rendered(actor: Actor, entry: Entry) -> list[str]:
    with acting(actor, read_only=True):
        return [piece.html for piece in panels.render_message(entry)]


def test_the_bubble_is_one_s_own_or_another_s_and_says_nothing_unescaped() -> None:
    thread, entry = story("team")
    (own,) = rendered(make.actor("claire"), entry)
    bubble, line, *_ = rendered(make.actor("paul"), entry)
    assert "bubble mine" in own
    assert "bubble mine" not in bubble
    assert "18 &lt;b&gt;" in bubble
    assert f'id="ligne-{thread.pk}"' in line


@pytest.mark.parametrize(
    ("kind", "filters"),
    [("team", {"threads:unread"}), ("family", {"threads:unread", "threads:family"})],
)
def test_a_line_goes_to_the_lists_it_belongs_in_and_to_no_other_record(
    kind: str, filters: set[str]
) -> None:
    thread, entry = story(kind)
    with acting(make.actor("paul"), read_only=True):
        _, *lines = panels.render_message(entry)
    assert {one.target for one in lines} == filters | {"threads", f"threads:{thread.person_id}"}
    assert {one.target for one in lines} <= set(panels.shown_in(entry))


def test_a_record_hears_of_its_own_conversations_alone(
    sign_in: Callable[[str], Client],
) -> None:
    thread, _ = story("team")
    client = sign_in("claire")
    for path in ("", "messages/"):
        page = client.get(f"/personnes/{thread.person_id}/{path}").content.decode()
        assert f'data-live="threads:{thread.person_id}"' in page
        assert 'data-live="threads"' not in page
        assert re.search(r'data-live-key="[^"]+" data-live-since="\d+"', page), "nothing is heard"
    assert 'data-live="threads"' in client.get("/messages/").content.decode()
    assert 'data-live="threads:family"' in client.get("/messages/?voir=family").content.decode()


def test_a_read_mark_renders_receipts_for_those_who_read_the_thread() -> None:
    thread, _ = story("topic", "roussel")
    with acting(make.actor("roussel")):
        marks.mark_read(Thread.objects.get(pk=thread.pk))
    with owner():
        signal = Signal.objects.get(kind="thread.read")
        message = Message.objects.get()
    assert receipts("claire", signal) == f'<span class="receipt" id="lu-{message.pk}">lu par tous'
    assert receipts("paul", signal) == ""


def receipts(name: str, signal: Signal) -> str:
    with acting(make.actor(name), read_only=True):
        pieces = panels.render_receipts(signal)
    return pieces[0].html.strip().partition("</span>")[0] if pieces else ""


def test_the_count_moves_for_the_others_only(sign_in: Any) -> None:
    _, entry = story("team")
    streams, told = {}, set()
    for name in ("claire", "roussel", "paul"):
        key, actor = sign_in(name).session.session_key, make.actor(name)
        streams[actor.user_id] = Listener(actor, key, frozenset(), None, None, MagicMock())
    delivery.entries_to([entry], streams.values(), lambda one, badge: told.add((one, badge)))
    others = {make.actor(name).user_id for name in ("roussel", "paul")}
    assert told == {(streams[user], "messages") for user in others}
