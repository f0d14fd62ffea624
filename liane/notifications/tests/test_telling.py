"""Each account concerned is told once, grouped, as it wishes; never the author, never too much."""

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from liane.accounts.models import User
from liane.core import dispatcher, journal, readers, registry
from liane.core.acting import acting, owner, system
from liane.core.audience import EVERYONE, TEAM, Audience
from liane.core.models import Cursor, Entry, Signal
from liane.core.registry import NoticeKind
from liane.directory.models import Absence
from liane.notifications import queries, services
from liane.notifications.models import CircleChoice, KindChoice, Notification, Subscription
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind of event of our own, so that these tests stand by themselves."""
    for kind in ("test.note", "test.other"):
        monkeypatch.setitem(
            registry.notice_kinds,
            kind,
            NoticeKind(
                kind,
                "Notes",
                lambda entry, person: f"{entry.actor_label} : {person and person.short_name}",
                lambda entry: f"/personnes/{entry.person_id}/",
            ),
        )
    only = [reader for reader in registry.readers if reader.name == "notifications"]
    monkeypatch.setattr(registry, "readers", only)


def tell(
    person: Any, by: Any = None, kind: str = "test.note", to: Audience = TEAM, **more: Any
) -> Entry:
    with acting(make.actor(by) if by else system("test")), transaction.atomic():
        entry = journal.append(kind, person_id=person.pk, to=to, **more)
    dispatcher.publish_all()
    readers.run()
    return entry


def rows(username: str) -> list[Notification]:
    user = User.objects.get(username=username)
    with owner():
        return list(Notification.objects.filter(user_id=user.pk).order_by("id"))


def unread(username: str) -> int:
    actor = make.actor(username)

    class Request:
        pass

    request: Any = Request()
    request.actor = actor
    with acting(actor):
        return queries.unread_count(request)


@pytest.fixture
def circle() -> Any:
    claire, paul = make.practice("claire"), make.practice("paul")
    make.practice("bruno")
    person = make.patient()
    for one in (claire, paul):
        make.member(person, one)
        with owner():
            Subscription.objects.create(
                user=one.professional.user, endpoint="https://push", endpoint_digest=str(one.pk),
                p256dh="", auth="",
            )  # fmt: skip
    return person, claire, paul


def test_the_circle_is_told_not_the_author_nor_outsiders(circle: Any) -> None:
    person, _, paul = circle
    tell(person, by=paul)
    assert [len(rows(name)) for name in ("claire", "paul", "bruno")] == [1, 0, 0]


@pytest.mark.parametrize(("to", "expected"), [(TEAM, 0), (EVERYONE, 1)])
def test_a_carer_is_told_only_of_what_is_meant_for_carers(
    circle: Any, to: Audience, expected: int
) -> None:
    person, _, paul = circle
    make.contact(person, "julie")
    tell(person, by=paul, to=to)
    assert len(rows("julie")) == expected


def test_history_that_is_not_announced_tells_nobody(circle: Any) -> None:
    tell(circle[0], announce=False)
    assert rows("claire") == []


def test_reading_the_same_entry_again_tells_nothing_twice(circle: Any) -> None:
    person, *_ = circle
    tell(person)
    with owner():
        Cursor.objects.update(position=0)
    readers.run()
    assert len(rows("claire")) == 1
    assert DBTaskResult.objects.count() == 2


def test_many_events_on_one_person_are_one_notification_and_one_push(circle: Any) -> None:
    person, _, paul = circle
    for _ in range(20):
        tell(person, by=paul)
    assert len(rows("claire")) == 20
    assert unread("claire") == 1
    assert DBTaskResult.objects.count() == 1


def test_a_new_group_begins_once_the_first_is_read_or_old(circle: Any) -> None:
    person, _, paul = circle
    tell(person, by=paul)
    with acting(make.actor("claire")):
        services.mark_read()
    tell(person, by=paul)
    with owner():
        Notification.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))
    tell(person, by=paul)
    assert unread("claire") == 2


def test_who_has_no_browser_to_push_to_costs_no_task(circle: Any) -> None:
    with owner():
        Subscription.objects.all().delete()
    tell(circle[0])
    assert len(rows("claire")) == 1
    assert not DBTaskResult.objects.exists()


def test_another_person_is_another_notification(circle: Any) -> None:
    person, claire, paul = circle
    simon = make.patient("SIMON", used_name="SIMON")
    make.member(simon, claire)
    tell(person, by=paul)
    tell(simon, by=paul)
    assert unread("claire") == 2


def test_an_urgent_word_is_never_hidden_in_a_group(circle: Any) -> None:
    person, _, paul = circle
    tell(person, by=paul)
    tell(person, by=paul, urgent=True)
    tell(person, by=paul)
    assert unread("claire") == 2


@pytest.mark.parametrize(
    ("kind_level", "circle_level", "told", "pushed"),
    [
        ("all", "all", 1, 1),
        ("inside", "all", 1, 0),
        ("none", "all", 0, 0),
        ("all", "inside", 1, 0),
        ("all", "urgent", 0, 0),
    ],
)
def test_each_is_told_as_it_wishes(
    circle: Any, kind_level: str, circle_level: str, told: int, pushed: int
) -> None:
    person, claire, paul = circle
    with owner():
        user = claire.professional.user
        KindChoice.objects.create(user=user, kind="test.note", level=kind_level)
        CircleChoice.objects.create(user=user, person_id=person.pk, level=circle_level)
    tell(person, by=paul)
    assert len(rows("claire")) == told
    assert DBTaskResult.objects.count() == pushed


def test_who_is_away_is_replaced_by_a_colleague_of_the_circle(circle: Any) -> None:
    person, claire, paul = circle
    anne = make.practice("anne", name="Anne Roy")
    make.member(person, anne)
    today = timezone.localdate()
    with owner():
        Absence.objects.create(practice=claire, starts_on=today, ends_on=today, replaced_by=anne)
        KindChoice.objects.create(user=anne.professional.user, kind="test.note", level="none")
    tell(person, by=paul, urgent=False)
    assert [row.instead_of for row in rows("anne")] == [claire.professional.name]
    assert [row.push for row in rows("claire")] == [False]


def test_a_replacement_who_may_not_read_is_told_nothing(circle: Any) -> None:
    person, claire, paul = circle
    bruno = make.actor("bruno")
    today = timezone.localdate()
    with owner():
        Absence.objects.create(
            practice=claire, starts_on=today, ends_on=today, replaced_by_id=bruno.holder_id
        )
    tell(person, by=paul)
    assert rows("bruno") == []
    assert [row.push for row in rows("claire")] == [True]


def test_reading_resets_the_badge_and_says_so_to_open_browsers(circle: Any) -> None:
    person, claire, paul = circle
    tell(person, by=paul)
    Signal.objects.all().delete()
    with acting(make.actor("claire")):
        assert services.mark_read() == 1
        assert services.mark_read() == 0
    assert unread("claire") == 0
    signals = Signal.objects.values_list("kind", "user_id")
    assert list(signals) == [("badge", claire.professional.user_id)]


def test_reading_the_thing_itself_reads_what_told_it(circle: Any) -> None:
    person, claire, paul = circle
    entry = tell(person, by=paul)
    assert services.seen(claire.professional.user_id, entry_ids=[entry.id]) == 1
    assert unread("claire") == 0


def test_nobody_reads_or_marks_what_another_was_told(circle: Any) -> None:
    person, _, paul = circle
    tell(person, by=paul)
    (row,) = rows("claire")
    with acting(make.actor("bruno")):
        assert services.mark_read([row.group_id]) == 0
        assert list(queries.own(make.actor("bruno"))) == []
    assert unread("claire") == 1
