"""What Hypothesis draws: stored and read back equal, or refused in words; never a failure."""

import json
from urllib.parse import urlencode

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.directory.models import Professional
from liane.fhir import resources, spec, wire, xml
from liane.fhir.search.asked import RESULT
from liane.fhir.search.common import COMMON
from liane.fhir.search.params import kind_of, modifiers_of
from liane.fhir.tests.api import shared
from liane.fhir.tests.bodies import bodies
from liane.fhir.tests.generating import around, resource, spoilt
from liane.fhir.tests.test_examples import plain, without_text

pytestmark = pytest.mark.django_db
WRITTEN = sorted(kind for kind, one in resources.every().items() if "create" in one.interactions)
EVERY = sorted(resources.every())
SEARCHED = sorted(kind for kind, one in resources.every().items() if "search" in one.interactions)
FOLDERS = ("annuaire", "cdl", "cds", "fr-core", "gap", "nde", "pdsm")
KEPT_ELSEWHERE = {"Binary", "DocumentReference"}
"""Their content lies in a file of its own: an attachment is read back by its address."""

DECIDED = {
    "Appointment": {"status", "start", "end"},
    "CareTeam": {"participant"},
    "Subscription": {"status"},
}
"""What Liane decides or completes, and says back."""


def tiers(short, long):
    """As many examples, and more in the long tier."""
    return pytest.mark.parametrize(
        "examples", [short, pytest.param(long, marks=pytest.mark.full)], ids=["short", "long"]
    )


def drawn(examples):
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=quiet)


@pytest.fixture
def known(house, odette, claire):
    newcomer = Professional.objects.create(given="Luc", family="Neuf", profession="60")
    return bodies(house, odette, claire, newcomer)


def tried(work):
    """Run it, and take back what it wrote."""
    with transaction.atomic():
        found = work()
        transaction.set_rollback(True)
    return found


def base_of(known, kind):
    """A body of this type that is taken; where none is written down, what R4 alone asks."""
    return around(known[kind]) if kind in known else resource(kind)


@tiers(6, 150)
@pytest.mark.parametrize("kind", WRITTEN)
def test_stored_and_read_back_equal(api, known, kind, examples):
    taken = []

    def back(body):
        made = api.post(kind, json.dumps(body))
        assert made.status < 500, body
        if made.status != 201:
            assert made.body["issue"][0]["details"]["text"], made.body
            return
        taken.append(body)
        key = made.body["id"]
        read = wire.parse(api.get(f"{kind}/{key}").raw)
        if kind not in KEPT_ELSEWHERE:
            ours = DECIDED.get(kind, set())
            kept, sent = plain(read), plain(body)
            assert {name: one for name, one in kept.items() if name not in ours} == {
                name: one for name, one in sent.items() if name not in ours
            }
        as_xml = api.get(f"{kind}/{key}?_format=xml", accept="application/fhir+xml")
        assert plain(xml.parse(as_xml.raw)) == plain(read)
        if "update" in resources.every()[kind].interactions:
            again = api.put(f"{kind}/{key}", wire.dump(read))
            assert (again.status, again.headers["ETag"]) == (200, made.headers["ETag"])

    @drawn(examples)
    @given(base_of(known, kind))
    def one(body):
        tried(lambda: back(body))

    if kind in known:
        tried(lambda: back(known[kind]))
        assert taken, f"the plain body of {kind} is not taken"
    one()


@tiers(6, 150)
@pytest.mark.parametrize("kind", WRITTEN)
def test_what_is_wrong_is_refused_and_never_fails(api, known, kind, examples):
    start = known.get(kind, {"resourceType": kind})

    @drawn(examples)
    @given(spoilt(start), st.sampled_from(["POST", "PUT", "$validate"]))
    def one(body, way):
        def send():
            raw = json.dumps(body)
            if way == "$validate":
                return api.post(f"{kind}/$validate", raw)
            if way == "PUT":
                (first, *_) = [*api.get(f"{kind}?_count=1").found, {"id": "x"}]
                return api.put(f"{kind}/{first['id']}", json.dumps({**body, "id": first["id"]}))
            return api.post(kind, raw)

        answer = tried(send)
        assert answer.status < 500, (way, body)
        if answer.status >= 400:
            assert answer.body["resourceType"] == "OperationOutcome"

    one()


# ------------------------------------------------------------------ search
VALUES = st.one_of(
    st.sampled_from([
        "", "x", "true", "false", "a|b", "|b", "a|", "|", "||", ",", "a,b", "\\", "\\,", "$", "a$b",
        "2026", "2026-13", "2026-02-30", "ge2026-01", "0000", "9999-12-31", "sa9999",
        "ap2026-01-01",
        "gt2026-01-01T25:00:00Z", "2026-01-01T10:00:00+99:00", "1e400", "-1",
        "5.40e-3|http://u|mg",
        "Patient/x", "Patient/00000000-0000-0000-0000-000000000000", "http://a/b/Patient/1",
        "Nothing/1",
        "00000000-0000-0000-0000-000000000000", "%", "_", "'", "\x00", "\ud7ff", "é" * 500,
        "9" * 40,
        "a" * 2_001, "1," * 250, "null", "-", "eq", "lt", "…", "urn:oid:1.2|", "*",
    ]),
    st.text(max_size=12),
)  # fmt: skip
ENDS = ("", "", "", ":missing", ":exact", ":contains", ":not", ":in", ":below", ":identifier",
        ":Patient", ":Nothing", ".name", ":Patient.name", ".", ":", "._id", ":text", ":of-type",
        ":iterate", ".subject.name")  # fmt: skip
RESULTS = sorted(RESULT - {"_cursor"})
OF_RESULTS = st.sampled_from(
    ["*", "-1", "0", "1", "true", "count", "text", "data", "name", "-_lastUpdated", "_id", "a:b:c",
     "Patient:organization", "*:*", "CareTeam:participant:Patient", ",", "accurate", "json",
     "x" * 90]
)  # fmt: skip


@st.composite
def asked(draw, kind):
    """One to three parameters of a type, with values that may mean anything."""
    codes = sorted({one.code for one in resources.every()[kind].params} | set(COMMON))
    pairs = []
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.integers(0, 4)) == 0:
            pairs.append((draw(st.sampled_from(RESULTS)), draw(OF_RESULTS)))
        elif draw(st.integers(0, 6)) == 0:
            other = draw(st.sampled_from(EVERY))
            pairs.append((f"_has:{other}:{draw(st.sampled_from(codes))}:_id", draw(VALUES)))
        else:
            pairs.append((draw(st.sampled_from(codes)) + draw(st.sampled_from(ENDS)), draw(VALUES)))
    return urlencode(pairs, errors="replace")


@tiers(10, 800)
@pytest.mark.parametrize("kind", SEARCHED)
def test_a_search_never_fails(api, odette, kind, examples):
    @drawn(examples)
    @given(asked(kind))
    def one(query):
        answer = api.get(f"{kind}?{query}")
        assert answer.status < 500, query
        assert answer.body["resourceType"] == ("Bundle" if answer.status == 200 else
                                               "OperationOutcome"), query  # fmt: skip

    one()


OF_KIND = {
    "token": "urn:x|a,b", "string": "dupont", "date": "ge2026-01-01", "number": "gt5",
    "quantity": "5|http://unitsofmeasure.org|mg", "uri": "http://example.org", "reference": "x",
    "composite": "a$b", "special": "x",
}  # fmt: skip
GARBAGE = ("|", "2026-02-30T", "a$b,", "é" * 300)


@pytest.mark.parametrize("kind", SEARCHED)
def test_each_parameter_takes_any_value(api, odette, kind):
    for param in (*resources.every()[kind].params, *COMMON.values()):
        for value in (OF_KIND[kind_of(param)], *GARBAGE):
            query = urlencode({param.code: value})
            assert api.get(f"{kind}?{query}").status in {200, 400}, query
        for modifier in sorted(modifiers_of(param)):
            query = urlencode({f"{param.code}:{modifier}": "true"})
            assert api.get(f"{kind}?{query}").status in {200, 400}, query


# ------------------------------------------------------------------ formats
@tiers(60, 4_000)
def test_json_xml_json_of_what_is_drawn(examples):
    """Types that are served; in the long tier, every type of R4."""
    kinds = EVERY if examples < 100 else sorted(spec.resource_names())

    @drawn(examples)
    @given(st.sampled_from(kinds).flatmap(resource))
    def one(body):
        again = xml.parse(xml.dump(body))
        assert wire.dump(again) == wire.dump(body) or again == body

    one()


@pytest.mark.parametrize("folder", FOLDERS)
def test_json_xml_json_of_every_published_example(folder):
    files = sorted(shared(f"examples/{folder}").glob("*.json"))
    assert files
    for file in files:
        received = wire.parse(file.read_bytes())
        again = xml.parse(xml.dump(received))
        assert without_text(again) == without_text(received), file.name
