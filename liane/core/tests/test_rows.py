"""Rows read and written without models: the same values as through Django."""

import datetime as dt
import gc
from uuid import UUID

import orjson
import pytest
from django.db import IntegrityError, transaction

from liane.core import acting
from liane.core import rows as plain
from liane.core.ids import fresh, uuid7
from liane.core.models import AccessRow, DueJob, Entry
from tests import factories as make

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 28, 23, 30, tzinfo=dt.UTC)


def test_a_row_written_is_what_django_reads_back():
    pk, person, said = uuid7(), uuid7(), "vu l’après-midi \\ \" ; {1,2} 'NULL' %s"
    names = ("id", "at", "person_id", "actor_label", "resource", "action", "channel", "user_id")
    row = (pk.hex, plain.moment(NOW), person.hex, said, "money", "read", "machine", None)
    with acting.acting(acting.system("test")):
        plain.write(AccessRow, names, [row])
        kept = AccessRow.objects.get(pk=pk)
    assert (kept.at, kept.person_id, kept.user_id) == (NOW, person, None)
    assert kept.actor_label == said
    assert (kept.outcome, kept.retention) == ("ok", "record")


def test_rows_read_name_the_same_things():
    entry = make.organisation("Maison", "msp")
    (found,) = plain.read(type(entry).objects.filter(pk=entry.pk).values_list("pk", "name"))
    assert plain.uuid(found[0]) == entry.pk
    assert plain.text(found[0]) == str(entry.pk)
    assert found[0] == plain.raw(entry.pk)
    assert found[1] == "Maison"
    assert plain.read(type(entry).objects.none().values_list("pk")) == []


def test_a_row_under_the_same_key_takes_the_new_values():
    names = ("name", "due_at")
    plain.write(DueJob, names, [("a", plain.moment(NOW)), ("b", plain.moment(NOW))])
    later = NOW + dt.timedelta(days=1)
    plain.write(DueJob, names, [("b", plain.moment(later))], unique=["name"])
    assert dict(DueJob.objects.filter(name__in="ab").values_list("name", "due_at")) == {
        "a": NOW, "b": later,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        plain.write(DueJob, names, [("a", plain.moment(NOW))])


def test_rows_are_written_in_one_transaction(django_assert_num_queries):
    rows = [(name, plain.moment(NOW)) for name in "abc"]
    with transaction.atomic(), django_assert_num_queries(1):
        plain.write(DueJob, ("name", "due_at"), rows)
    assert DueJob.objects.filter(name__in="abc").count() == 3


def test_each_row_is_given_its_key():
    with pytest.raises(TypeError, match="its own id"):
        plain.write(AccessRow, ("at",), [(plain.moment(NOW),)])


def test_nobody_writes_or_reads_what_is_guarded():
    with pytest.raises(acting.NoActor):
        plain.write(Entry, ("id", "kind", "occurred_at"), [(uuid7().hex, "x", plain.moment(NOW))])
    with pytest.raises(acting.NoActor):
        plain.read(Entry.objects.values_list("pk"))


def test_local_days_follow_the_clock_of_the_installation():
    days = plain.LocalDays()
    assert days["2026-03-28 22:59:59.5"[:15]] == dt.date(2026, 3, 28)
    assert days["2026-03-28 23:0"] == dt.date(2026, 3, 29)
    assert days["2026-06-30 21:5"] == dt.date(2026, 6, 30)
    assert days["2026-06-30 22:0"] == dt.date(2026, 7, 1)


def test_an_identifier_is_written_without_hyphens():
    assert plain.key(UUID(int=255)) == "0" * 30 + "ff"


def test_gathered_rows_say_what_django_reads_of_each():
    named = {"msp": 'Maison « 1 » \\ "', "dac": "Appui %s"}
    homes = [make.organisation(named[kind], kind) for kind in ("msp", "dac", "msp")]
    rows = type(homes[0]).objects.filter(pk__in=[one.pk for one in homes]).order_by()
    grouped = rows.values("kind").annotate(said=plain.Gathered("pk", "name", "kind"))
    read = plain.read(grouped.values_list("kind", "said"))
    found = {kind: orjson.loads(said) for kind, said in read}
    assert {kind: len(said) for kind, said in found.items()} == {"msp": 2, "dac": 1}
    said = {(plain.text(pk), name, kind) for listed in found.values() for pk, name, kind in listed}
    assert said == {(str(one.pk), one.name, one.kind) for one in homes}


def test_a_fresh_identifier_is_a_uuid_that_sorts_after_the_last_one():
    made = [fresh() for _ in range(50)]
    assert made == sorted(set(made))
    assert {UUID(one).version for one in made} == {7}
    assert all(UUID(one).hex == one for one in made)


def test_nothing_is_collected_within_and_all_is_after_whatever_happened():
    seen = []

    def broken():
        with plain.uncollected():
            seen.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert (seen, gc.isenabled()) == ([False], True)
