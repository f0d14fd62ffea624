"""The timeline: order, filters, pages without gap or double, a known number of queries."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from liane.circle.models import Mask
from liane.circle.reach import Reach
from liane.core import acting, audience, journal, registry
from liane.core.acting import owner
from liane.core.ids import uuid7
from liane.core.registry import EntryKind
from liane.timeline import cursors, queries, services


@pytest.fixture(autouse=True)
def kinds():
    """Kinds of other rooms: one shown by the default template, one whose objects nobody sees."""
    made = {
        "test.plain": EntryKind("test.plain", "Essai", "visit", "eye"),
        "test.unseen": EntryKind("test.unseen", "Caché", "visit", "eye", load=lambda ids: {}),
        "test.care": EntryKind("test.care", "Soins", "stay", "eye", roles=frozenset({"care"})),
        "test.mute": EntryKind("test.mute", "Muet", "stay", "eye", in_timeline=False),
    }
    registry.entry_kinds.update(made)
    yield
    for name in made:
        del registry.entry_kinds[name]


def tell(circle, kind="test.plain", minutes=0, **more):
    with transaction.atomic():
        return journal.append(
            kind,
            person_id=circle.person.pk,
            occurred_at=timezone.now() - dt.timedelta(minutes=minutes),
            **{"object_id": uuid7(), **more},
        )


def page(circle, **more):
    return queries.page(Reach.of(acting.current()), circle.person.pk, **more)


def kinds_of(found):
    return [item.entry.kind for item in found.items]


def test_the_newest_comes_first_and_unknown_kinds_do_not_come(circle, as_):
    with as_("claire"):
        old, new = tell(circle, minutes=60), tell(circle, minutes=5)
        tell(circle, "nobody.knows")
        assert [item.entry.pk for item in page(circle).items] == [new.pk, old.pk]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_follow_each_other_without_gap_or_double(circle, as_, size):
    with as_("claire"):
        moment = timezone.now()
        made = []
        for number in range(12):
            with transaction.atomic():
                made.append(
                    journal.append(
                        "test.plain", person_id=circle.person.pk,
                        occurred_at=moment - dt.timedelta(minutes=number // 4),
                    )
                )  # fmt: skip
        found, before = [], ""
        while True:
            part = page(circle, size=size, before=before)
            found += [item.entry.pk for item in part.items]
            before = part.older
            if not before:
                break
        assert sorted(found) == sorted(entry.pk for entry in made)
        assert found == [
            entry.pk for entry in sorted(made, key=lambda e: (e.occurred_at, e.pk), reverse=True)
        ]


@pytest.mark.parametrize("cursor", ["x", "~", "2026-13-45~x", "2026-11-21~" + "0" * 32, "9" * 99])
def test_a_cursor_that_is_not_ours_gives_the_beginning(circle, as_, cursor):
    with as_("claire"):
        tell(circle)
        assert len(page(circle, before=cursor).items) == 1


def test_what_the_reader_may_not_see_is_passed_over(circle, as_):
    with as_("claire"):
        for number in range(5):
            tell(circle, "test.unseen", minutes=number)
        seen = tell(circle, minutes=30)
        found = page(circle, size=3)
        assert [item.entry.pk for item in found.items] == [seen.pk]


def test_the_looking_further_is_bounded(circle, as_):
    with as_("claire"):
        for number in range(9):
            tell(circle, "test.unseen", minutes=number)
        found = page(circle, size=2)
        assert (found.items, bool(found.older)) == ([], True)


def test_filters_keep_one_family(circle, as_):
    with as_("claire"):
        tell(circle)
        services.write_note(circle.person.pk, kind="follow_up", text="Vu")
        assert kinds_of(page(circle, family="visit")) == ["test.plain"]
        assert kinds_of(page(circle, family="note")) == ["note.written"]
        assert queries.family_of("notes").family == "note"
        assert queries.family_of("<script>").family == ""


@pytest.mark.parametrize(
    ("to", "who"),
    [
        (audience.TEAM, {"claire", "coline", "sylvie"}),
        (audience.CIRCLE, {"claire", "coline", "sylvie", "karim"}),
        (audience.EVERYONE, {"claire", "coline", "sylvie", "karim", "odette", "julie"}),
    ],
)
def test_an_entry_is_told_to_its_audience(circle, as_, to, who):
    with as_("claire"):
        tell(circle, to=to)
    found = set()
    for name in ("claire", "coline", "sylvie", "karim", "odette", "julie", "bernard", "bruno"):
        with as_(name):
            if page(circle).items:
                found.add(name)
    assert found == who


def test_some_kinds_are_for_some_roles(circle, as_):
    with as_("claire"):
        tell(circle, "test.care")
        tell(circle, "test.mute")
        assert kinds_of(page(circle)) == ["test.care"]
    with as_("coline"):
        assert kinds_of(page(circle)) == []


def test_an_entry_of_one_organisation_is_for_its_members(circle, as_):
    with as_("paul"):
        tell(circle, to=audience.only_organisation(circle.msp.pk))
        assert kinds_of(page(circle)) == ["test.plain"]
    with as_("claire"):
        assert kinds_of(page(circle)) == []


@pytest.mark.parametrize("hidden_from", ["paul", None])
def test_an_entry_about_a_hidden_thing_is_not_told(circle, as_, hidden_from):
    with as_("claire"):
        entry = tell(circle)
    with owner():
        Mask.objects.create(
            person=circle.person, object_id=entry.object_id,
            holder_id=circle.paul.pk if hidden_from else None,
        )  # fmt: skip
    found = set()
    for name in ("claire", "paul", "coline"):
        with as_(name):
            if page(circle).items:
                found.add(name)
    assert found == ({"claire", "coline"} if hidden_from else {"claire"})


def test_an_entry_of_a_thread_needs_its_loader(circle, as_):
    with as_("claire"):
        tell(circle, to=audience.only_thread(uuid7()))
        assert page(circle).items == []


def test_the_number_of_queries_does_not_grow_with_the_entries(circle, as_):
    def count():
        with CaptureQueriesContext(connection) as captured:
            page(circle)
        return len(captured)

    with as_("claire"):
        services.write_note(circle.person.pk, kind="follow_up", text="Vu")
        one = count()
        for number in range(8):
            note = services.write_note(circle.person.pk, kind="liaison", text=f"Vu {number}")
            services.correct_note(note.pk, text=f"Revu {number}")
        assert count() == one == 6


def test_one_entry_is_rendered_for_one_reader(circle, as_):
    from liane.timeline.panels import render_entry

    with as_("claire"):
        services.write_note(circle.person.pk, kind="follow_up", text="<b>Vu</b>")
        entry = page(circle).items[0].entry
        (fragment,) = render_entry(entry)
        assert fragment.target == f"timeline:{circle.person.pk}"
        assert "&lt;b&gt;Vu" in fragment.html
        assert "<form" not in fragment.html
        assert render_entry(tell(circle, "test.unseen")) == []
    with as_("karim"):
        assert render_entry(entry) == []


def test_a_cursor_reads_back():
    moment, identifier = timezone.now(), uuid7()
    text = cursors.write(moment, identifier)
    assert text.endswith(f"Z~{identifier}")
