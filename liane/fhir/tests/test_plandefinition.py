"""Protocols as PlanDefinition: those that come with Liane, and the versions of a structure."""

import base64

import pytest

from liane.core.acting import owner
from liane.fhir import protocols, validation, wire
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_accounts_of import used_by
from liane.fhir.unions import shipped_id
from liane.pathways import catalogue
from liane.pathways.models import ProtocolVersion
from liane.pathways.protocols import library
from liane.pathways.protocols.values import Length
from liane.pathways.tests.conftest import text_of
from tests import factories as make

pytestmark = pytest.mark.django_db
OBESITY = shipped_id("pcr-obesite", "2026-02")


def walked(actions):
    """Every action, with those inside it."""
    for one in actions:
        yield one
        yield from walked(one.get("action", []))


def kept(house, status="published", **more):
    with owner():
        return ProtocolVersion.objects.create(
            organisation=house, key="essai", number="2026-01", text=text_of(), status=status, **more
        )


def at_desk(house, role):
    place = make.practice(f"somebody-{role}", role=role, of=house)
    return used_by(house, f"somebody-{role}", f"practice:{place.pk}")


def test_every_protocol_that_comes_with_liane_is_read_whole_and_valid(api):
    found = {one["id"]: one for one in api.get("PlanDefinition?_count=100").found}
    assert set(found) == {
        str(shipped_id(one.key, one.version)) for one in library.shipped()
    }  # fmt: skip
    for one in library.shipped():
        body = found[str(shipped_id(one.key, one.version))]
        assert validation.problems(wire.parse(wire.dump(body))) == []
        assert (body["title"], body["version"], body["status"]) == (
            one.title, one.version, "active",
        )  # fmt: skip
        acts = list(walked(body["action"]))
        names = [act["id"] for act in acts]
        assert len(set(names)) == len(names)
        linked = [link["actionId"] for act in acts for link in act.get("relatedAction", [])]
        assert set(linked) <= set(names)
        aims = {goal["id"] for goal in body.get("goal", [])}
        assert {aim for act in acts for aim in act.get("goalId", [])} == aims
        (whole,) = [art["document"] for art in body["relatedArtifact"] if "document" in art]
        assert library.read(base64.b64decode(whole["data"])) == one


def test_phases_acts_timing_and_who_does_them(api):
    body = api.get(f"PlanDefinition/{OBESITY}").body
    acts = {one["id"]: one for one in walked(body["action"])}
    first, second = acts["sequence-1"], acts["sequence-2"]
    assert [one["id"] for one in acts["parcours"]["action"]] == ["sequence-1", "sequence-2"]
    assert first["relatedAction"] == [
        {"actionId": "anchor.inclusion", "relationship": "concurrent-with-start"}
    ]
    assert second["relatedAction"] == [{"actionId": "sequence-1", "relationship": "after-end"}]
    bounds = first["timingTiming"]["repeat"]["boundsRange"]
    assert (bounds["low"]["value"], bounds["high"]["value"], bounds["low"]["code"]) == (
        12, 18, "mo",
    )  # fmt: skip
    assess = acts["sequence-1.evaluation"]
    assert assess["timingTiming"]["repeat"] == {"count": 1, "countMax": 1}
    assert assess["participant"][0]["role"]["coding"][0]["code"] == "medecin"
    assert assess["code"][0]["coding"][0]["code"] == "evaluation"
    lacking = acts["sequence-1.dietetique"]["extension"]
    gap = next(one for one in lacking if one["url"].endswith("to-be-completed"))
    assert gap["extension"][0]["valueString"] == "Nombre minimal de séances diététiques"
    follow = acts["sequence-2.suivi"]
    assert len(follow["action"]) == 5
    assert follow["selectionBehavior"] == "one-or-more"
    assert {one["expression"]["name"] for one in acts["anchor.inclusion"]["condition"]} == {
        "adulte", "obesite-complexe", "prescription", "renewal"
    }  # fmt: skip
    assert [one["target"][0]["due"]["value"] for one in body["goal"]] == [12, 12]
    assert "participant" in acts["anchor.inclusion"]
    assert acts["document.evaluation-medicale"]["requiredBehavior"] == "must"


def test_a_version_is_read_again_by_its_number(api):
    body = api.get(f"PlanDefinition/{OBESITY}").body
    again = api.get(f"PlanDefinition/{OBESITY}/_history/{body['meta']['versionId']}")
    assert again.body == body
    assert api.get(f"PlanDefinition/{OBESITY}/_history/9").status == 404
    assert api.get("PlanDefinition/01900000-0000-7000-8000-000000000000").status == 404


@pytest.mark.parametrize(
    "query",
    ["url=https://liane.sante/PlanDefinition/pcr-obesite",
     "url=https://liane.sante/PlanDefinition/pcr-obesite|2026-02", "version=2026-02",
     "identifier=urn:liane:protocole|pcr-obesite", "identifier=pcr-obesite",
     "topic=https://liane.sante/CodeSystem/pathway|pcr-obesite", "title=obesite",
     "title:contains=complexe", "status=active", "effective=ge2026-06", "date=ge2026",
     "type=clinical-protocol", "jurisdiction=FR"],
)  # fmt: skip
def test_protocols_are_found(api, query):
    assert str(OBESITY) in [one["id"] for one in api.get(f"PlanDefinition?{query}").found]


@pytest.mark.parametrize(
    "query",
    ["url=https://liane.sante/PlanDefinition/pcr-obesite|2020", "url=urn:pcr-obesite",
     "status=draft", "effective=lt2026-01", "title=diabète", "topic=ailleurs|pcr-obesite",
     "jurisdiction=BE"],
)  # fmt: skip
def test_others_are_not(api, query):
    assert str(OBESITY) not in [one["id"] for one in api.get(f"PlanDefinition?{query}").found]


def test_a_draft_is_read_by_who_keeps_it_and_a_published_version_by_its_structure(api, house):
    row = kept(house, "draft", based_on="2025-01")
    (body,) = api.get("PlanDefinition?status=draft").found
    assert validation.problems(wire.parse(wire.dump(body))) == []
    assert (body["id"], body["title"]) == (str(row.pk), "Parcours d’essai")
    assert body["publisher"] == house.name
    assert body["relatedArtifact"][0]["resource"].endswith("/essai|2025-01")
    carer, keeper = at_desk(house, "care"), at_desk(house, "coordinator")
    assert keeper.get(f"PlanDefinition/{row.pk}").status == 200
    assert carer.get(f"PlanDefinition/{row.pk}").status == 404
    with owner():
        ProtocolVersion.objects.filter(pk=row.pk).update(status="published")
    assert carer.get(f"PlanDefinition/{row.pk}").body["status"] == "active"
    elsewhere = make.organisation("Ailleurs")
    assert Api(elsewhere).get(f"PlanDefinition/{row.pk}").status == 404
    assert at_desk(elsewhere, "manager").get("PlanDefinition?topic=essai").found == []


def test_a_draft_that_changes_changes_version(api, house):
    row = kept(house, "draft")
    before = api.get(f"PlanDefinition/{row.pk}")
    with owner():
        row.text = row.text.replace("Parcours d’essai", "Parcours revu")
        row.save(update_fields=["text"])
    after = api.get(f"PlanDefinition/{row.pk}")
    assert after.body["title"] == "Parcours revu"
    assert after.headers["ETag"] != before.headers["ETag"]
    assert [one["id"] for one in api.get("PlanDefinition?title=revu").found] == [str(row.pk)]


def test_it_is_not_written(api):
    body = {"resourceType": "PlanDefinition", "status": "draft"}
    assert api.post("PlanDefinition", body).status == 405


def test_a_text_that_cannot_be_read_any_more_still_has_a_name(api, house):
    row = kept(house)
    with owner():
        ProtocolVersion.objects.filter(pk=row.pk).update(text="schema: 0")
    catalogue._parsed.cache_clear()
    body = api.get(f"PlanDefinition/{row.pk}").body
    assert (body["title"], body["url"]) == (
        "Parcours d’essai", "https://liane.sante/PlanDefinition/essai",
    )  # fmt: skip


def test_months_and_days_together_are_no_quantity():
    (said,) = protocols.duration(Length(months=1, days=15))["extension"]
    assert said["valueString"] == "P1M15D"
    assert protocols.duration(None) is None
