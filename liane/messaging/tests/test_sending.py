"""A message is sent once, whatever the network does, with everything that goes with it."""

from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from liane.circle.reach import Reach
from liane.core.acting import acting, owner
from liane.core.errors import NotAllowed, Refused, Replayed
from liane.core.ids import uuid7
from liane.core.models import AccessRow, Entry, Idempotency, Outbox
from liane.messaging import marks, services
from liane.messaging.models import Message, ReadMark, Thread
from liane.messaging.words import after, words
from tests import factories as make

pytestmark = pytest.mark.django_db


def team() -> Thread:
    person = make.patient()
    for name in ("claire", "roussel"):
        make.member(person, make.practice(name))
    with acting(make.actor("claire")):
        return services.default_thread(person.pk)


def send(thread: Thread, text: str, key: UUID | None = None, by: str = "claire") -> bool:
    with acting(make.actor(by)):
        return services.send_message(thread, text, key=key)[1]


def texts() -> list[str]:
    with owner():
        return list(Message.objects.order_by("number").values_list("text", flat=True))


def test_the_same_key_sends_once_and_gives_the_same_message() -> None:
    thread, key = team(), uuid7()
    with acting(make.actor("claire")):
        first, sent = services.send_message(thread, "Bonjour", key=key)
        again, resent = services.send_message(thread, "Bonjour", key=key)
    assert (sent, resent, again.pk) == (True, False, first.pk)
    assert texts() == ["Bonjour"]
    with owner():
        assert Entry.objects.filter(kind="message.sent").count() == 1


@pytest.mark.parametrize("other", [{"text": "Bonsoir"}, {"by": "roussel"}])
def test_the_same_key_for_another_content_or_by_another_is_refused(other: dict[str, str]) -> None:
    thread, key = team(), uuid7()
    send(thread, "Bonjour", key)
    with pytest.raises(Replayed):
        send(thread, **{"text": "Bonjour", "key": key, **other})
    assert texts() == ["Bonjour"]


def test_message_key_journal_outbox_and_ledger_commit_together() -> None:
    thread = team()
    with owner():
        before = Outbox.objects.count()
    send(thread, "Bonjour", uuid7())
    with owner():
        message = Message.objects.get()
        entry = Entry.objects.get(kind="message.sent")
        assert (entry.object_id, entry.thread_id, entry.for_team) == (message.pk, thread.pk, True)
        assert Outbox.objects.count() == before + 1
        assert Idempotency.objects.get().result_id == message.pk
        assert AccessRow.objects.filter(resource="message", object_id=message.pk).count() == 1


def test_a_refusal_leaves_nothing_behind() -> None:
    thread = team()
    with pytest.raises(Refused), acting(make.actor("claire")):
        services.send_message(thread, "Oui", key=uuid7(), reply_to_id=uuid7())
    assert texts() == []
    with owner():
        assert not Idempotency.objects.exists()
        assert Thread.objects.get().last_number == 0


@pytest.mark.parametrize("text", ["", "   \n", "x" * 10_001])
def test_nothing_or_too_much_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused, match="message"):
        send(team(), text)


def test_numbers_follow_one_another_in_each_thread() -> None:
    thread = team()
    for text in ("un", "deux", "trois"):
        send(thread, text)
    with owner():
        assert list(Message.objects.order_by("id").values_list("number", flat=True)) == [1, 2, 3]


def test_what_was_sent_is_never_changed_nor_removed() -> None:
    send(team(), "Bonjour")
    for act in (
        lambda: Message.objects.update(text="autre"),
        lambda: Message.objects.all().delete(),
    ):
        with owner(), pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert texts() == ["Bonjour"]


def test_sending_reads_and_a_late_mark_does_not_go_back() -> None:
    thread = team()
    send(thread, "un")
    send(thread, "deux", by="roussel")
    with acting(make.actor("claire")):
        thread = Thread.objects.get(pk=thread.pk)
        assert marks.mark_read(thread) is True
        assert marks.mark_read(thread, 1) is False
        assert ReadMark.objects.get(label="Claire").number == 2


def test_an_urgent_message_is_acknowledged_once_by_each() -> None:
    thread = team()
    with acting(make.actor("claire")):
        message, _ = services.send_message(thread, "Tension à 18", urgent=True)
    with acting(make.actor("roussel")):
        marks.acknowledge(message)
        marks.acknowledge(message)
    with owner():
        assert [seen.label for seen in message.acknowledgements.all()] == ["Roussel"]
        assert Entry.objects.filter(kind="message.acknowledged").count() == 1


def test_only_the_author_takes_a_message_back() -> None:
    thread = team()
    with acting(make.actor("claire")):
        message, _ = services.send_message(thread, "Erreur de dossier")
    with acting(make.actor("roussel")), pytest.raises(NotAllowed):
        services.withdraw(message)
    with acting(make.actor("claire")):
        services.withdraw(message)
        services.withdraw(message)
    assert texts() == ["Erreur de dossier"]
    with owner():
        assert Entry.objects.filter(kind="message.withdrawn").count() == 1


def test_one_default_thread_for_a_person() -> None:
    person = make.patient()
    make.member(person, make.practice("claire"))
    with acting(make.actor("claire")):
        assert services.default_thread(person.pk) == services.default_thread(person.pk)
        with pytest.raises(NotAllowed):
            services.default_thread(make.patient("SIMON").pk)
        assert len(Thread.objects.within(Reach.of(make.actor("claire")))) == 1


def test_the_words_of_a_text() -> None:
    assert words("Tension à 18/9, l’œdème : TENSION") == ["tension", "18", "oedeme"]
    assert [after(prefix) for prefix in ("tens", "azz", "z", "9", "a9")] == [
        "tent", "b", "{", "a", "aa",
    ]  # fmt: skip
