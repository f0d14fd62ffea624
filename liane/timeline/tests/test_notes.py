"""Notes: who writes, who reads, what a correction and a pinned point do."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.models import Mask
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.acting import owner
from liane.core.audience import TEAM, Audience
from liane.core.errors import Conflict, NotAllowed, Refused, Replayed
from liane.core.files import store
from liane.core.ids import uuid7
from liane.core.models import Entry
from liane.core.tests.samples import picture
from liane.timeline import masks, queries, services, written
from liane.timeline.models import Document, Note, Pin
from liane.timeline.services import PinWish
from tests import factories as make

EVERYBODY = {"claire", "paul", "coline", "manon", "odette", "julie"}


def note(circle, text="Essoufflée au lever.", **more):
    return services.write_note(
        circle.person.pk, kind=more.pop("kind", "follow_up"), text=text, **more
    )


def timeline(circle, family=""):
    reach = Reach.of(acting.current())
    return queries.page(reach, circle.person.pk, family=family).items


def texts(circle):
    return [item.object.note.text for item in timeline(circle) if item.kind.family == "note"]


@pytest.mark.parametrize("name", ["claire", "paul", "manon"])
def test_the_care_team_writes(circle, as_, name):
    with as_(name):
        assert note(circle).author_user_id == acting.current().user_id
        assert texts(circle) == ["Essoufflée au lever."]


@pytest.mark.parametrize("name", ["coline", "odette", "julie"])
def test_those_who_read_may_not_write(circle, as_, name):
    with as_(name), pytest.raises(NotAllowed):
        note(circle)


@pytest.mark.parametrize("name", ["karim", "sylvie", "bernard", "diane", "bruno"])
def test_to_the_others_notes_do_not_exist(circle, as_, name):
    with as_("claire"):
        written_note = note(circle, to=Audience(outside=True, person=True, carers=True))
    with as_(name):
        with pytest.raises(Http404):
            note(circle)
        with pytest.raises(Http404):
            services.correct_note(written_note.pk, text="x")
        assert timeline(circle) == []
        assert not Note.objects.within(Reach.of(acting.current())).exists()


@pytest.mark.parametrize(
    ("to", "readers"),
    [
        (TEAM, {"claire", "paul", "coline", "manon"}),
        (Audience(person=True), {"claire", "paul", "coline", "manon", "odette"}),
        (Audience(carers=True), {"claire", "paul", "coline", "manon", "julie"}),
        (Audience(outside=True, person=True, carers=True), EVERYBODY),
    ],
)
def test_a_note_is_read_by_those_it_names(circle, as_, to, readers):
    with as_("claire"):
        note(circle, to=to)
    found = set()
    for name in [*EVERYBODY, "karim", "sylvie", "bernard", "diane", "bruno"]:
        with as_(name):
            if texts(circle):
                found.add(name)
    assert found == readers


def test_the_same_send_twice_writes_once(circle, as_):
    key = uuid7()
    with as_("claire"):
        assert note(circle, key=key).pk == note(circle, key=key).pk
        assert len(texts(circle)) == 1
        assert Entry.objects.filter(kind="note.written").count() == 1
        with pytest.raises(Replayed):
            note(circle, "Autre texte", key=key)


@pytest.mark.parametrize("text", ["", "   \n ", "\0"])
def test_an_empty_note_is_refused(circle, as_, text):
    with as_("claire"), pytest.raises(Refused, match="quelques mots"):
        note(circle, text)


def test_a_correction_shows_and_the_first_version_stays(circle, as_):
    with as_("claire"):
        first = note(circle, "Prise de 2 kg")
        services.correct_note(first.pk, text="Prise de 3 kg")
        (item,) = timeline(circle)
        assert item.object.note.text == "Prise de 3 kg"
        assert [old.text for old in item.object.earlier] == ["Prise de 2 kg"]
        services.correct_note(item.object.note.pk, text="Prise de 4 kg")
        (item,) = timeline(circle)
        assert [old.text for old in item.object.earlier] == ["Prise de 3 kg", "Prise de 2 kg"]


def test_only_the_author_corrects_and_a_version_once(circle, as_):
    with as_("claire"):
        first = note(circle)
    with as_("paul"), pytest.raises(NotAllowed, match="l’auteur"):
        services.correct_note(first.pk, text="Autre")
    with as_("claire"):
        services.correct_note(first.pk, text="Autre")
        with pytest.raises(Conflict):
            services.correct_note(first.pk, text="Encore")


@pytest.mark.parametrize(
    "change", [lambda rows: rows.update(text="falsifiée"), lambda rows: rows.delete()]
)
def test_a_written_note_cannot_be_changed_in_the_database(circle, as_, change):
    with as_("claire"):
        row = note(circle)
    with owner(), pytest.raises(DatabaseError), transaction.atomic():
        change(Note.objects.filter(pk=row.pk))


def test_a_vigilance_point_heads_the_record_until_it_is_taken_off(circle, as_):
    with as_("claire"):
        note(circle, "Deux chutes", kind="vigilance", pin=PinWish("Chutes"))
        note(
            circle, "Choc en 2019", kind="vigilance",
            pin=PinWish("Allergie pénicilline", Pin.Level.URGENT),
        )  # fmt: skip
    with as_("paul"):
        reach = Reach.of(acting.current())
        pins = written.pins(reach, circle.person.pk)
        assert [pin.label for pin in pins] == ["Allergie pénicilline", "Chutes"]
        with pytest.raises(Refused):
            services.unpin_vigilance(pins[1].pk, reason=" ")
        services.unpin_vigilance(pins[1].pk, reason="Marche mieux")
        services.unpin_vigilance(pins[1].pk, reason="Marche mieux")
        assert [pin.label for pin in written.pins(reach, circle.person.pk)] == [
            "Allergie pénicilline"
        ]
        assert Entry.objects.filter(kind="vigilance.ended").count() == 1
    with as_("karim"):
        assert written.pins(Reach.of(acting.current()), circle.person.pk) == []


def test_a_vigilance_point_ends_with_its_last_day(circle, as_):
    today = timezone.localdate()
    with as_("claire"):
        row = note(circle, kind="vigilance", pin=PinWish("Jeûne", until=today))
        pin = Pin.objects.get(note=row)
        assert timezone.localtime(pin.ends_at).date() == today + dt.timedelta(days=1)
        assert written.pins(Reach.of(acting.current()), circle.person.pk) == [pin]


@pytest.mark.parametrize(
    ("kind", "wish", "why"),
    [
        ("follow_up", PinWish("Chutes"), "vigilance"),
        ("vigilance", PinWish("  "), "60 caractères"),
        ("vigilance", PinWish("x" * 61), "60 caractères"),
        ("vigilance", PinWish("Jeûne", until=dt.date(2020, 1, 1)), "passée"),
    ],
)
def test_a_pin_that_makes_no_sense_is_refused_and_nothing_is_written(circle, as_, kind, wish, why):
    with as_("claire"):
        with pytest.raises(Refused, match=why):
            note(circle, kind=kind, pin=wish)
        assert texts(circle) == []


def test_files_go_with_a_note_to_the_same_readers(circle, as_):
    with as_("claire"):
        photo = store.receive_bytes(
            picture(), name="Cheville.png", person_id=circle.person.pk, organisation_id=None
        )
        note(circle, files=[photo], to=Audience(person=True))
        (item,) = timeline(circle)
        (document,) = item.object.documents
        assert (document.title, document.category) == ("Cheville", "photo")
    with as_("odette"):
        assert [d.title for d in timeline(circle)[0].object.documents] == ["Cheville"]
    with as_("julie"):
        assert timeline(circle) == []


def test_a_note_of_any_kind_is_put_at_the_head_of_the_record_once(circle, as_):
    with as_("claire"):
        row = note(circle, "Réaction à l’amoxicilline")
        services.correct_note(row.pk, text="Urticaire sous amoxicilline")
    with as_("paul"):
        services.pin_vigilance(row.pk, PinWish("Allergie amoxicilline", Pin.Level.URGENT))
        with pytest.raises(Refused):
            services.pin_vigilance(row.pk, PinWish("Encore"))
        reach = Reach.of(acting.current())
        assert [pin.label for pin in written.pins(reach, circle.person.pk)] == [
            "Allergie amoxicilline"
        ]
    with as_("karim"), pytest.raises(Http404):
        services.pin_vigilance(row.pk, PinWish("Non"))


def test_the_author_hides_a_note_with_all_that_hangs_on_it_then_shows_it(circle, as_):
    with as_("claire"):
        photo = store.receive_bytes(
            picture(), name="a.png", person_id=circle.person.pk, organisation_id=None
        )
        row = note(circle, kind="vigilance", pin=PinWish("Chutes"), files=[photo])
        services.correct_note(row.pk, text="Corrigée")
        assert masks.mask(row.pk) == 4
        assert masks.mask(row.pk) == 0
        assert texts(circle) == ["Corrigée"]
    with as_("paul"):
        reach = Reach.of(acting.current())
        assert timeline(circle) == []
        assert written.pins(reach, circle.person.pk) == []
        assert not Document.objects.within(reach).exists()
        with pytest.raises(Http404):
            masks.unmask(row.pk)
    with as_("claire"):
        masks.unmask(row.pk)
    with as_("paul"):
        assert texts(circle) == ["Corrigée"]


def test_a_correction_of_a_hidden_note_is_hidden_too(circle, as_):
    with as_("claire"):
        row = note(circle)
        masks.mask(row.pk, holder_id=circle.paul.pk)
        services.correct_note(row.pk, text="Toujours cachée")
    with as_("paul"):
        assert timeline(circle) == []
    with as_("manon"):
        assert texts(circle) == ["Toujours cachée"]


def test_the_person_hides_what_is_shared_with_her_from_one_member(circle, as_):
    with as_("claire"):
        row = note(circle, to=Audience(person=True))
    with as_("odette"):
        masks.mask(row.pk, holder_id=circle.paul.pk)
        assert texts(circle) == ["Essoufflée au lever."]
    with as_("paul"):
        assert timeline(circle) == []
    with as_("claire"):
        assert texts(circle) == ["Essoufflée au lever."]


def test_a_colleague_may_not_hide_another_s_note(circle, as_):
    with as_("claire"):
        row = note(circle)
    with as_("paul"), pytest.raises(NotAllowed):
        masks.mask(row.pk)
    with owner():
        assert not Mask.objects.exists()


def test_an_opposition_closes_the_notes_at_once(circle, as_):
    from liane.circle.compile import compile_grants
    from liane.circle.models import Opposition

    with as_("claire"):
        note(circle)
    with owner():
        Opposition.objects.create(person=circle.person, practice=circle.paul)
        compile_grants(circle.person.pk)
    with as_("paul"):
        assert timeline(circle) == []


def test_what_a_former_member_wrote_stays_and_she_reads_it_no_more(circle, as_):
    from liane.circle.compile import compile_grants
    from liane.circle.models import Membership

    with as_("claire"):
        note(circle)
    with owner():
        Membership.objects.filter(practice=circle.claire).update(status="left")
        compile_grants(circle.person.pk)
    with as_("claire"):
        assert timeline(circle) == []
    with as_("paul"):
        assert texts(circle) == ["Essoufflée au lever."]


def test_notes_of_linked_records_are_one_timeline(circle, as_):
    from liane.circle.compile import compile_grants
    from liane.patients.models import PersonLink

    double = make.patient("LABORDES")
    make.member(double, circle.claire)
    with as_("claire"):
        services.write_note(double.pk, kind="liaison", text="Dans le double")
        note(circle)
    with owner():
        PersonLink.objects.create(survivor=circle.person, duplicate=double, reason="doublon")
        compile_grants(circle.person.pk)
    with as_("paul"):
        assert texts(circle) == ["Essoufflée au lever.", "Dans le double"]
