"""Documents and the working file: who opens what."""

import datetime as dt

import pytest
from django.http import Http404

from liane.circle.compile import compile_grants
from liane.circle.models import Membership
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.acting import owner
from liane.core.audience import TEAM, Audience
from liane.core.errors import NotAllowed, Refused, Replayed
from liane.core.files import store
from liane.core.ids import uuid7
from liane.core.models import AccessRow
from liane.timeline import masks, queries, services, written
from liane.timeline.models import Document, WorkingNote

PEOPLE = (
    "claire", "paul", "coline", "manon", "karim", "sylvie", "bernard", "diane", "bruno", "odette",
    "julie",
)  # fmt: skip
TEAM_NAMES = {"claire", "paul", "coline", "manon"}


def received(circle, text=b"Tension 13/8", name="Courrier du CH.txt"):
    return store.receive_bytes(
        text, name=name, person_id=circle.person.pk,
        organisation_id=acting.current().organisation_id,
    )  # fmt: skip


def add(circle, **more):
    values = {"title": "", "category": "letter", "file": None, **more}
    values["file"] = values["file"] or received(circle)
    return services.add_document(circle.person.pk, **values)


def readers(circle, as_, document):
    """Those who may open it, see it listed, and see it in the timeline: the same people."""
    opened, listed, told = set(), set(), set()
    for name in PEOPLE:
        with as_(name):
            reach = Reach.of(acting.current())
            try:
                written.document_or_404(reach, circle.person.pk, document.pk)
                opened.add(name)
            except Http404:
                pass
            if written.documents(reach, circle.person.pk).rows:
                listed.add(name)
            if queries.page(reach, circle.person.pk, family="document").items:
                told.add(name)
    return opened, listed, told


@pytest.mark.parametrize(
    ("to", "category", "addressed", "expected"),
    [
        (TEAM, "letter", False, TEAM_NAMES),
        (Audience(outside=True), "letter", False, TEAM_NAMES | {"karim"}),
        (Audience(person=True), "letter", False, TEAM_NAMES | {"odette"}),
        (Audience(carers=True), "letter", False, TEAM_NAMES | {"julie"}),
        (TEAM, "letter", True, TEAM_NAMES | {"sylvie"}),
    ],
)
def test_a_document_is_opened_by_those_it_names(circle, as_, to, category, addressed, expected):
    with as_("claire"):
        document = add(
            circle, to=to, category=category, addressed_to=circle.msp.pk if addressed else None
        )
    assert readers(circle, as_, document) == (expected,) * 3


def test_billing_opens_billing_documents_and_reads_no_timeline(circle, as_):
    with as_("claire"):
        document = add(circle, category="billing")
    opened, listed, told = readers(circle, as_, document)
    assert opened == listed == TEAM_NAMES | {"bernard"}
    assert told == TEAM_NAMES


@pytest.mark.parametrize("name", ["claire", "paul", "coline", "manon", "odette"])
def test_those_who_may_add_do_and_can_open_what_they_gave(circle, as_, name):
    with as_(name):
        document = add(circle)
        found = written.document_or_404(Reach.of(acting.current()), circle.person.pk, document.pk)
        assert store.read_file(found.file) == b"Tension 13/8"
        assert found.title == "Courrier du CH"


@pytest.mark.parametrize("name", ["karim", "sylvie", "bernard", "julie"])
def test_those_who_read_documents_only_may_not_add(circle, as_, name):
    with as_(name), pytest.raises(NotAllowed):
        add(circle)


@pytest.mark.parametrize("name", ["diane", "bruno"])
def test_to_the_others_the_record_does_not_exist(circle, as_, name):
    with as_(name), pytest.raises(Http404):
        add(circle)


def test_opening_is_recorded(circle, as_):
    with as_("claire"):
        document = add(circle)
    with as_("paul"):
        written.document_or_404(Reach.of(acting.current()), circle.person.pk, document.pk)
        row = AccessRow.objects.get(resource="document", action="read")
        assert (row.person_id, row.object_id) == (circle.person.pk, document.pk)


def test_the_same_send_twice_adds_once_and_leaves_no_second_file(circle, as_):
    key = uuid7()
    with as_("claire"):
        first = add(circle, key=key)
        assert add(circle, key=key).pk == first.pk
        assert Document.objects.count() == 1
        with pytest.raises(Replayed):
            add(circle, key=key, file=received(circle, b"autre"))
    assert store.sweep(dt.timedelta(seconds=-5)) == 2


def test_a_date_to_come_is_refused(circle, as_):
    with as_("claire"), pytest.raises(Refused, match="avenir"):
        add(circle, dated_on=dt.date(2099, 1, 1))


def test_a_hidden_document_is_gone_for_all_but_its_author(circle, as_):
    with as_("claire"):
        document = add(circle, to=Audience(person=True, carers=True))
        masks.mask(document.pk)
    assert readers(circle, as_, document) == ({"claire"},) * 3


def working(circle, text="À revoir avec la famille", **more):
    return services.write_working_note(circle.person.pk, text=text, **more)


def seen(circle):
    return [n.text for n in written.working_notes(Reach.of(acting.current()), circle.person.pk)]


def test_the_working_file_is_read_by_its_organisation_alone(circle, as_):
    with as_("paul"):
        working(circle)
    found = set()
    for name in PEOPLE:
        with as_(name):
            if seen(circle) or WorkingNote.objects.within(Reach.of(acting.current())).exists():
                found.add(name)
            items = queries.page(Reach.of(acting.current()), circle.person.pk).items
            assert [item for item in items if item.entry.kind == "working.written"] == []
    assert found == {"paul", "coline", "manon"}


@pytest.mark.parametrize("name", ["sylvie", "bernard", "odette", "julie", "diane", "bruno"])
def test_others_have_no_working_file(circle, as_, name):
    with as_(name), pytest.raises((NotAllowed, Http404)):
        working(circle)


def test_a_working_note_is_corrected_by_its_author(circle, as_):
    with as_("paul"):
        first = working(circle)
        working(circle, "Revu", replaces=first.pk)
        assert seen(circle) == ["Revu"]
    with as_("manon"), pytest.raises(NotAllowed):
        working(circle, "x", replaces=first.pk)
    with as_("claire"), pytest.raises(Http404):
        working(circle, "x", replaces=first.pk)


def test_the_working_file_closes_when_the_organisation_leaves(circle, as_):
    with as_("karim"):
        working(circle)
        assert seen(circle) == ["À revoir avec la famille"]
    with owner():
        Membership.objects.filter(practice__professional__user__username="karim").update(
            status="left"
        )
        compile_grants(circle.person.pk)
    with as_("karim"):
        assert seen(circle) == []
