"""An entry reaches the open browsers of those who may read it, and nobody else's."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from liane.accounts.models import User
from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.circle.queries import Recipient
from liane.core import dispatcher, journal, ledger, registry
from liane.core.acting import acting, current, owner, system
from liane.core.audience import EVERYONE, TEAM, Audience
from liane.core.ids import uuid7
from liane.core.models import AccessRow, Entry
from liane.core.registry import Fragment, LiveRenderer
from liane.live import delivery, sessions
from liane.live import loop as loop_module
from liane.live.listeners import Listener, Listeners
from liane.live.loop import LiveLoop
from tests import factories as make

BACKEND = "liane.accounts.backend.AccountBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Entries of kind ``word`` are drawn as a line of their thread or person."""
    drawn: list[str] = []

    def render(about: Any) -> list[Fragment]:
        drawn.append(current().role)
        return [
            Fragment(f"person:{about.person_id}", f"<p>{current().role}</p>", announce="Du nouveau")
        ]

    monkeypatch.setitem(registry.live_renderers, "word", LiveRenderer("word", render))
    monkeypatch.setitem(registry.live_renderers, "seen", LiveRenderer("seen", render))
    return drawn


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


class House:
    """A live loop, its listeners and an event loop that is run by hand."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sign_in: Any) -> None:
        self.loop, self.sign_in = loop, sign_in
        self.live = LiveLoop(Listeners())

    def open(self, username: str, watch: str, after: int | None = None) -> Listener:
        key = self.sign_in(username).session.session_key
        actor = sessions.authenticate(key)
        assert actor is not None
        listener = Listener(actor, key, frozenset({watch}), after, None, self.loop)
        self.live.listeners.join(listener)
        return listener

    def got(self, listener: Listener, kind: str = "fragments") -> list[Any]:
        self.live.step()
        self.loop.run_until_complete(asyncio.sleep(0))
        found = []
        while not listener.queue.empty():
            data = listener.queue.get_nowait()
            for block in (data or b"event: closed\ndata: null").decode().strip().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.split("\n"))
                if lines["event"] == kind:
                    found.append((int(lines.get("id", 0)), json.loads(lines["data"])))
        return found


@pytest.fixture
def house(loop: asyncio.AbstractEventLoop, sign_in: Any) -> House:
    return House(loop, sign_in)


def tell(
    person: Any, by: Any = None, to: Audience = TEAM, kind: str = "word", **more: Any
) -> Entry:
    with acting(make.actor(by) if by else system("test")), transaction.atomic():
        entry = journal.append(kind, person_id=person.pk, to=to, **more)
    dispatcher.publish_all()
    return entry


def test_a_member_gets_it_an_outsider_does_not_and_the_reading_is_recorded(house: House) -> None:
    claire, paul = make.practice("claire"), make.practice("paul")
    make.practice("bruno")
    person = make.patient()
    for one in (claire, paul):
        make.member(person, one)
    target = f"person:{person.pk}"
    hers, pauls, brunos = (house.open(name, target) for name in ("claire", "paul", "bruno"))
    house.live.step()
    tell(person, by=paul)
    assert [html["html"] for _, [html] in house.got(hers)] == ["<p>care</p>"]
    assert house.got(pauls) != []
    assert house.got(brunos) == []
    rows = AccessRow.objects.filter(person_id=person.pk, channel="live")
    assert {row.user_id for row in rows} == {claire.professional.user_id}


def test_one_rendering_serves_everybody_of_an_audience(house: House, rendered: list[str]) -> None:
    person = make.patient()
    names = ("claire", "paul", "anne", "lea")
    for name in names:
        make.member(person, make.practice(name))
    make.contact(person, "julie")
    open_ones = [house.open(name, f"person:{person.pk}") for name in (*names, "julie")]
    house.live.step()
    tell(person, to=EVERYONE)
    assert [len(house.got(one)) for one in open_ones] == [1, 1, 1, 1, 1]
    assert sorted(rendered) == ["care", "carer_read"]


@pytest.mark.parametrize(("to", "expected"), [(TEAM, 0), (EVERYONE, 1)])
def test_a_carer_gets_only_what_is_meant_for_carers(
    house: House, to: Audience, expected: int
) -> None:
    person = make.patient()
    make.contact(person, "julie")
    julie = house.open("julie", f"person:{person.pk}")
    house.live.step()
    tell(person, to=to)
    assert len(house.got(julie)) == expected


def test_a_browser_gets_what_its_page_shows_and_no_more(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    elsewhere = house.open("claire", "threads")
    house.live.step()
    tell(person)
    assert house.got(elsewhere) == []
    assert not AccessRow.objects.filter(channel="live").exists()


def test_a_browser_that_lost_its_stream_catches_up_without_gap_nor_repeat(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    for _ in range(5):
        tell(person)
    house.live.begin()
    back = house.open("claire", f"person:{person.pk}", after=2)
    house.live.step()
    tell(person)
    assert [position for position, _ in house.got(back)] == [3, 4, 5, 6]


def test_a_browser_that_hears_nothing_is_not_left_far_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "STRIDE", 3)
    claire = make.practice("claire")
    person, other = make.patient(), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.got(hers, "beat")
    for _ in range(2):
        tell(other)
    assert house.got(hers, "beat") == []
    tell(other)
    assert house.got(hers, "beat") == [(dispatcher.last_position(), None)]
    assert house.got(hers, "beat") == []


def test_a_browser_too_far_behind_is_told_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "LATEST", 2)
    claire = make.practice("claire")
    person = make.patient()
    make.member(person, claire)
    start = dispatcher.last_position()
    for _ in range(3):
        tell(person)
    house.live.begin()
    assert house.got(house.open("claire", f"person:{person.pk}", start), "behind") == [(0, None)]
    near = house.open("claire", f"person:{person.pk}", start + 1)
    assert len(house.got(near)) == 2


def test_nothing_is_pushed_for_history_that_is_not_announced(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    tell(person, announce=False)
    assert house.got(hers) == []


def test_a_removal_takes_effect_on_the_next_entry(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    membership = make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    with owner():
        Membership.objects.filter(pk=membership.pk).update(status="removed")
        compile_grants(person.pk)
    tell(person)
    assert house.got(hers) == []


def test_an_opposition_takes_effect_on_the_next_entry(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    with owner():
        Opposition.objects.create(person=person, practice=claire)
        compile_grants(person.pk)
    tell(person)
    assert house.got(hers) == []


def test_a_deactivated_account_gets_nothing_more(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    User.objects.filter(username="claire").update(is_active=False)
    tell(person)
    assert house.got(hers) == []


def test_a_closed_session_gets_nothing_more_and_its_stream_ends(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    sessions.import_module("django.contrib.sessions.backends.db").SessionStore(
        hers.session
    ).delete()
    tell(person)
    assert house.got(hers) == []
    monkeypatch.setattr("liane.live.loop.CHECK_EVERY", -1)
    assert house.got(hers, "closed") == [(0, None)]
    assert house.live.listeners.count() == 0


def test_a_session_on_a_password_alone_does_not_listen(sign_in: Any) -> None:
    make.practice("claire")
    client = Client()
    client.force_login(User.objects.get(username="claire"), backend=BACKEND)
    assert sessions.authenticate(client.session.session_key) is None
    assert sessions.authenticate(sign_in("claire").session.session_key) is not None
    assert sessions.authenticate("unknown") is None
    assert sessions.authenticate("") is None


def test_a_revocation_closes_the_streams_of_that_account_alone(house: House) -> None:
    claire = make.practice("claire")
    make.practice("paul")
    hers, pauls = house.open("claire", "threads"), house.open("paul", "threads")
    house.live.step()
    journal.signal("revoked", user_id=claire.professional.user_id)
    assert house.got(hers, "closed") == [(0, None)]
    assert house.got(pauls, "closed") == []


def test_a_signal_brings_fresh_counts_to_its_account(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire = make.practice("claire")
    make.practice("paul")
    monkeypatch.setattr(registry, "badges", {"notifications": lambda request: 3})
    hers, pauls = house.open("claire", "threads"), house.open("paul", "threads")
    assert house.got(hers, "badges") == [(0, {"notifications": 3})]
    house.got(pauls, "badges")
    monkeypatch.setattr("liane.live.loop.BADGES_AFTER", -1)
    journal.signal("badge", user_id=claire.professional.user_id)
    assert house.got(hers, "badges") == [(0, {"notifications": 3})]
    assert house.got(hers, "badges") == []
    assert house.got(pauls, "badges") == []


def test_an_entry_moves_the_count_of_its_readers_whatever_their_page_shows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, paul = make.patient(), make.practice("paul")
    make.practice("bruno")
    for one in (make.practice("claire"), paul):
        make.member(person, one)
    counts = {"messages": lambda request: 2, "notifications": lambda request: 3}
    monkeypatch.setattr(registry, "badges", counts)
    counted = LiveRenderer("counted", lambda about: [], "messages")
    monkeypatch.setitem(registry.live_renderers, "counted", counted)
    hers, pauls, brunos = (house.open(name, "threads") for name in ("claire", "paul", "bruno"))
    for one in (hers, pauls, brunos):
        house.got(one, "badges")
    monkeypatch.setattr("liane.live.loop.BADGES_AFTER", -1)
    tell(person, by=paul, kind="counted")
    assert house.got(hers, "badges") == [(0, {"messages": 2})]
    assert house.got(pauls, "badges") == house.got(brunos, "badges") == []


def test_a_count_that_fails_does_not_take_the_others_with_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(request: Any) -> int:
        return User.objects.get(username="nobody").pk.int

    make.practice("claire")
    monkeypatch.setattr(registry, "badges", {"messages": failing, "notifications": lambda _: 3})
    assert house.got(house.open("claire", "threads"), "badges") == [(0, {"notifications": 3})]


def test_a_signal_about_a_person_is_drawn_for_those_who_may_read_only(house: House) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.practice("bruno")
    make.member(person, claire)
    target = f"person:{person.pk}"
    hers, brunos = house.open("claire", target), house.open("bruno", target)
    house.live.step()
    journal.signal("seen", person_id=person.pk)
    assert len(house.got(hers)) == 1
    assert house.got(brunos) == []


def test_nothing_is_shown_that_could_not_be_recorded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    tell(person)

    def fail(rows: object) -> None:
        raise ledger.LedgerUnavailable("full")

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "_commit", fail)
        with pytest.raises(ledger.LedgerUnavailable):
            house.live.step()
    assert hers.queue.empty() or house.loop.run_until_complete(asyncio.sleep(0)) is None
    assert [position for position, _ in house.got(hers)] == [1]


def test_trouble_is_tried_again_and_one_entry_does_not_silence_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()

    def broken(about: Any) -> list[Fragment]:
        raise OperationalError("the server closed the connection")

    monkeypatch.setitem(registry.live_renderers, "bad", LiveRenderer("bad", broken))
    tell(person, kind="bad")
    tell(person)
    for _ in range(5):
        with pytest.raises(OperationalError):
            house.live.step()
    assert [position for position, _ in house.got(hers)] == [2]


def test_a_browser_too_slow_is_closed_and_will_catch_up(loop: asyncio.AbstractEventLoop) -> None:
    make.practice("claire")
    listener = Listener(make.actor("claire"), "key", frozenset(), 0, None, loop)
    for _ in range(600):
        listener.offer(b"x")
    assert listener.closed
    assert listener.queue.get_nowait() is None


def test_nobody_is_looked_for_where_no_page_shows_what_happened(
    house: House, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"thread:{person.pk}")
    house.live.step()
    asked: list[Entry] = []
    known = delivery.recipients
    monkeypatch.setattr(
        delivery, "recipients", lambda entry: (asked.append(entry), known(entry))[1]
    )
    plain = registry.live_renderers["word"]

    def targets(about: Any) -> list[str]:
        return [f"person:{about.person_id}"]

    monkeypatch.setitem(
        registry.live_renderers, "word", LiveRenderer("word", plain.render, targets=targets)
    )
    tell(person)
    assert house.got(hers) == []
    assert (asked, rendered) == ([], [])
    other = house.open("claire", f"person:{person.pk}", after=0)
    assert len(house.got(other)) == 1
    assert len(asked) == 1


def test_the_readers_of_a_conversation_are_asked_once_for_several_messages(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    hers = house.open("claire", f"person:{person.pk}")
    house.live.step()
    thread, other = uuid7(), uuid7()
    asked: list[Entry] = []

    def readers(entry: Entry) -> list[Recipient]:
        asked.append(entry)
        return [Recipient(claire.professional.user_id, claire.pk, "care", "for_team")]

    monkeypatch.setattr(delivery, "recipients", readers)
    for of in (thread, thread, other, thread):
        tell(person, to=replace(TEAM, thread_id=of))
    assert len(house.got(hers)) == 4
    assert [entry.thread_id for entry in asked] == [thread, other]


def test_delivery_asks_few_questions_whatever_the_audience(
    house: House, django_assert_max_num_queries: Any
) -> None:
    person = make.patient()
    for number in range(12):
        make.member(person, make.practice(f"nurse{number}"))
        house.open(f"nurse{number}", f"person:{person.pk}")
    house.live.step()
    entry = tell(person)
    listeners = house.live.listeners.active()
    entries = dispatcher.entries_after(0)
    assert entries[0].id == entry.id
    with django_assert_max_num_queries(24):  # PostgreSQL: who acts is said in statements
        pushes = delivery.entries_to(entries, listeners)
    assert len(pushes) == 12
