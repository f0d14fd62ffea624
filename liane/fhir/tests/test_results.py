"""What a search gives back, type by type: counts, pages, summaries, elements, what comes along."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.circle import services as circle
from liane.core.acting import acting, owner, system
from liane.directory.index import index_all
from liane.fhir import resources, spec
from liane.fhir.searching import ALWAYS
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_around import julie, stay
from liane.fhir.tests.test_pdsm import document, folder
from liane.fhir.tests.test_procedure import done
from tests import factories as make

pytestmark = pytest.mark.django_db

TYPES = sorted(name for name, one in resources.every().items() if "search" in one.interactions)
FULL = frozenset(
    {"Patient", "CareTeam", "RelatedPerson", "Encounter", "DocumentReference", "List", "Procedure",
     "Communication", "CommunicationRequest", "Consent", "Organization", "Practitioner",
     "PlanDefinition", "PractitionerRole", "Provenance", "Questionnaire"}
)  # fmt: skip
"""Types of which the record below holds several; each other type answers an empty page."""


@pytest.fixture
def record(api, house, odette, claire):
    """A record with several resources of most types."""
    second = make.practice("paul", name="Paul Roussel", of=house, profession="10")
    other = make.patient("ROUX", "Simon")
    make.member(other, house)
    about = {"reference": f"Patient/{odette.pk}"}
    keys = []
    for number in (1, 2):
        text = {"contentType": "text/plain", "title": f"{number}.txt", "data": "Qm9uam91cg=="}
        body = document(odette, claire, **text)
        body["identifier"][0]["value"] = f"urn:uuid:{number}"
        keys.append(api.post("DocumentReference", body).body["id"])
        api.post("List", folder(odette, keys[-1], title=f"Classeur {number}"))
        api.post("RelatedPerson", {**julie(odette), "name": [{"family": f"Dupont {number}"}]})
        body = stay(odette, "finished", end="2026-11-25T10:00:00+01:00")
        body["identifier"][0]["value"] = f"V{number}"
        body["period"]["start"] = f"2026-11-2{number}T10:00:00+01:00"
        api.post("Encounter", body)
        at = (timezone.localtime() - dt.timedelta(hours=number)).isoformat(timespec="seconds")
        body = {**done(odette, claire), "performedDateTime": at}
        del body["performedPeriod"]
        api.post("Procedure", body)
        api.post("Communication", {
            "resourceType": "Communication", "status": "completed", "subject": about,
            "payload": [{"contentString": f"Bonjour {number}"}]})  # fmt: skip
        with acting(system("wish")):
            circle.record_wish(odette, "agrees")
    index_all()
    assert second.pk
    return api


def mandatory(kind):
    return {name for name, one in spec.types()[kind]["el"].items() if one["min"]}


def plain(body):
    """The elements of a resource, besides those that are always there."""
    return {name.removeprefix("_") for name in body} - ALWAYS


def subsetted(body):
    return "SUBSETTED" in [one["code"] for one in body["meta"].get("tag", [])]


def summed(kind):
    """The names of the elements of a summary, choices by their beginning."""
    return {name.removesuffix("[x]") for name, one in spec.types()[kind]["el"].items()
            if one.get("sum") or one["min"]}  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_a_search_gives_back_what_was_asked(record, kind):
    whole = record.get(f"{kind}?_total=accurate")
    assert whole.status == 200, whole.body
    count = len(whole.found)
    assert (count > 1) == (kind in FULL), count
    assert whole.body["total"] == count
    counted = record.get(f"{kind}?_summary=count").body
    assert (counted["total"], "entry" in counted) == (count, False)
    assert record.get(f"{kind}?_count=0").body["total"] == count
    paged, answer = [], record.get(f"{kind}?_count=1&_total=accurate")
    while True:
        assert answer.body.get("total", count) == count
        paged += [one["id"] for one in answer.found]
        if not answer.link("next"):
            break
        answer = record.get(answer.link("next"))
    assert sorted(paged) == sorted(one["id"] for one in whole.found)
    needed = {name.removesuffix("[x]") for name in mandatory(kind)}
    for one in record.get(f"{kind}?_summary=true").found:
        assert subsetted(one)
        assert all(any(name.startswith(known) for known in summed(kind)) for name in plain(one))
    for one in record.get(f"{kind}?_summary=text").found:
        assert subsetted(one)
        assert all(any(name.startswith(known) for known in needed | {"text"})
                   for name in plain(one))  # fmt: skip
    for one in record.get(f"{kind}?_summary=data").found:
        assert "text" not in one
        assert subsetted(one)
    by_key = {one["id"]: one for one in whole.found}
    for one in record.get(f"{kind}?_elements=identifier,status").found:
        kept = plain(one) - {"identifier", "status"}
        assert all(any(name.startswith(known) for known in needed) for name in kept)
        for name in {"identifier", "status"} & set(by_key[one["id"]]):
            assert one[name] == by_key[one["id"]][name]
    assert record.get(f"{kind}?_summary=false").found == whole.found


@pytest.mark.parametrize("kind", TYPES)
def test_what_comes_along_comes_once_and_its_own_only_when_asked(record, kind):
    found = [(one["resourceType"], one["id"]) for one in record.get(kind).found]
    answers = {}
    for iterated in ("", "&_include:iterate=*"):
        answer = record.get(f"{kind}?_include=*{iterated}")
        assert answer.status == 200
        along = [(one["resourceType"], one["id"]) for one in answer.along]
        assert len(along) == len(set(along))
        assert not set(along) & set(found)
        answers[iterated] = set(along)
    assert answers[""] <= answers["&_include:iterate=*"]
    if kind in {"List", "Provenance"}:
        assert answers[""] < answers["&_include:iterate=*"]


def test_iterate_goes_on_from_what_came_along(record):
    once = record.get("List?_include=List:item&_include=DocumentReference:author")
    assert {one["resourceType"] for one in once.along} == {"DocumentReference"}
    again = record.get("List?_include=List:item&_include:iterate=DocumentReference:author")
    kinds = {one["resourceType"] for one in again.along}
    assert kinds == {"DocumentReference", "PractitionerRole"}
    back = record.get("Organization?_revinclude=PractitionerRole:organization"
                      "&_include:iterate=PractitionerRole:practitioner")  # fmt: skip
    kinds = {one["resourceType"] for one in back.along}
    assert kinds == {"PractitionerRole", "Practitioner"}


def test_a_narrow_token_brings_nothing_along_that_it_may_not_read(record, house):
    narrow = Api(house, "system/List.rs")
    assert narrow.get("List?_include=*&_include:iterate=*&_revinclude=*").along == []
    assert len(narrow.get("List").found) == 2
    with owner():
        assert make.Patient.objects.count() == 2
