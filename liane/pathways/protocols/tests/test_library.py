"""Shipped definitions, definitions read from text, gaps filled."""

import datetime as dt

import pytest

from liane.pathways.protocols import library, schema
from liane.pathways.protocols.reading import MAX_BYTES, Faulty, read_yaml

SHIPPED = list(library.shipped())


def test_the_version_in_force_is_the_one_that_began_last():
    first = library.shipped().in_force("apres-cancer", dt.date(2026, 1, 1))
    later = first.model_copy(update={"version": "2027", "valid_from": dt.date(2027, 1, 1)})
    held = library.shipped().with_also([later])
    assert held.in_force("apres-cancer", dt.date(2020, 1, 1)) is None
    assert held.in_force("apres-cancer", dt.date(2026, 12, 31)).version == "2020-12"
    assert held.in_force("apres-cancer", dt.date(2027, 1, 1)).version == "2027"


def test_a_version_that_ended_is_not_in_force():
    first = library.shipped().version("apres-cancer", "2020-12")
    ended = first.model_copy(update={"valid_to": dt.date(2026, 6, 30)})
    held = library.Library([ended])
    assert held.in_force("apres-cancer", dt.date(2026, 6, 30)) is ended
    assert held.in_force("apres-cancer", dt.date(2026, 7, 1)) is None


@pytest.mark.parametrize("protocol", SHIPPED, ids=lambda one: one.key)
def test_each_shipped_file_is_where_its_key_and_version_say(protocol):
    assert library.read(library.text_of(protocol.key, protocol.version)) == protocol


@pytest.mark.parametrize("protocol", SHIPPED, ids=lambda one: one.key)
def test_a_definition_survives_being_written_and_read(protocol):
    assert library.completed(protocol, {}).model_dump() == protocol.model_dump()


def test_only_what_is_marked_can_be_completed():
    protocol = library.shipped().version("apres-cancer", "2020-12")
    with pytest.raises(LookupError):
        library.completed(protocol, {"acts[0].tariff": "50.00"})


@pytest.mark.parametrize(
    ("typed", "kind", "points", "cents"),
    [
        ("20 %", "rate", 2000, None), ("12.5%", "rate", 1250, None), ("15.00", "flat", None, 1500),
        ("15", "flat", None, 1500), ("aucune", "none", None, None),
    ],
)  # fmt: skip
def test_an_open_rule_is_completed_as_people_say_it(typed, kind, points, cents):
    protocol = library.shipped().version("pcr-obesite", "2026-02")
    done = library.completed(protocol, {"patient_share": typed, "dropout[0]": "pro_rata"})
    share = done.patient_share
    assert (share.kind, share.rate, share.amount) == (kind, points, cents)
    assert share.exemptions == protocol.patient_share.exemptions
    assert done.dropout[0].strategy == "pro_rata"
    left = {gap.path for gap in library.gaps(done)}
    assert left == {gap.path for gap in library.gaps(protocol)} - {"patient_share", "dropout[0]"}


@pytest.mark.parametrize("typed", ["120 %", "beaucoup", "-3", "", "1e3"])
def test_a_share_that_says_nothing_is_refused(typed):
    protocol = library.shipped().version("pcr-obesite", "2026-02")
    with pytest.raises(Faulty):
        library.completed(protocol, {"patient_share": typed})


def test_the_published_schema_is_current():
    assert schema.FILE.read_text(encoding="utf-8") == schema.schema()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: [1,2\n", 2, "YAML illisible"),
        ("x: 1\na: &big [1]\nb: *big\n", 2, "ancre"),
        ("b: *big\n", 1, "alias"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, "étiquette"),
        ("a: 1\nb: 2\na: 3\n", 3, "deux fois"),
        ("? [a]\n: 1\n", 1, "doit être un mot"),
        ("a: 2026-13-01\n", 1, "jour du calendrier"),
        ("a: 1\n---\nb: 1\n", 2, "un seul document"),
        (b"\xff\xfe\x00", 1, "UTF-8"),
        ("a: \x00\n", 1, "YAML illisible"),
        ("[" * 5000, 1, "niveaux"),
        ("{a: " * 5000, 1, "niveaux"),
        ("a: " + "x" * MAX_BYTES, 1, "dépasse"),
        ("- 1\n" * 50_000, 40_000, "plus de"),
        ("\ud800", 1, "UTF-8"),
    ],
)
def test_hostile_yaml_is_refused_with_its_line(text, line, said):
    with pytest.raises(Faulty) as refused:
        read_yaml(text)
    fault = refused.value.faults[0]
    assert fault.line == line
    assert said in fault.message


def test_words_that_old_yaml_takes_for_booleans_stay_words():
    assert read_yaml("on: yes\noff: no\n'*': true\n").value == {"on": "yes", "off": "no", "*": True}


@pytest.mark.parametrize("text", ["", "x", "- 1", "{}", "1: 2", "null", "acts: 3\nphases: {a: b}"])
def test_what_is_not_a_definition_is_refused_in_french(text):
    with pytest.raises(Faulty) as refused:
        library.read(text)
    assert all(fault.message.endswith(".") for fault in refused.value.faults)
    assert "Field" not in str(refused.value)
