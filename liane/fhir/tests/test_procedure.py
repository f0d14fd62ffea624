"""What was done for a person, written down once, from any software."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.core.acting import acting, owner
from liane.core.models import Entry
from liane.fhir.tests.api import Api
from liane.interventions import services
from liane.interventions.models import Intervention
from liane.pathways import asking
from liane.pathways.tests.conftest import included, lea, msp, project, roussel, simon, zoe  # noqa: F401
from tests import factories as make

pytestmark = pytest.mark.django_db


def done(person, place, **more):
    at = timezone.localtime() - dt.timedelta(hours=2)
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "subject": {"reference": f"Patient/{person.pk}"},
        "performedPeriod": {
            "start": at.isoformat(timespec="seconds"),
            "end": (at + dt.timedelta(minutes=20)).isoformat(timespec="seconds"),
        },
        "performer": [{"actor": {"reference": f"PractitionerRole/{place.pk}"}}],
        "code": {"text": "Pansement"},
        **more,
    }


def test_written_down_read_back_and_found(api, odette, claire):
    body = done(odette, claire, usedCode=[{"text": "compresse"}])
    made = api.post("Procedure", body)
    assert made.status == 201, made.body
    read = api.get(f"Procedure/{made.body['id']}").body
    assert {name: one for name, one in read.items() if name not in {"id", "meta"}} == body
    with owner():
        row = Intervention.objects.get(pk=read["id"])
    assert (row.minutes, row.source, row.performed_by_id) == (20, "fhir", claire.pk)
    today = timezone.localdate()
    for query in (f"patient={odette.pk}", f"performer=PractitionerRole/{claire.pk}",
                  f"date=ge{today - dt.timedelta(days=1)}", "status=completed", "code=visit",
                  f"performer=Organization/{claire.organisation_id}"):  # fmt: skip
        assert [one["id"] for one in api.get(f"Procedure?{query}").found] == [read["id"]], query


def test_a_problem_needs_words_and_what_is_not_done_is_not_written(api, odette, claire):
    outcome = {"coding": [{"system": "https://liane.sante/CodeSystem/act-outcome",
                           "code": "problem"}]}  # fmt: skip
    assert api.post("Procedure", done(odette, claire, outcome=outcome)).status == 422
    said = done(odette, claire, outcome=outcome, note=[{"text": "Chute cette nuit"}])
    assert api.post("Procedure", said).status == 201
    assert api.post("Procedure", done(odette, claire, status="preparation")).status == 422


def test_taken_back_it_is_an_error(api, odette, claire):
    with acting(make.actor("claire")):
        made = services.record_intervention(
            services.Act(odette.pk, timezone.now() - dt.timedelta(hours=1), claire.pk)
        )
        services.undo_intervention(made.pk)
    assert api.get(f"Procedure/{made.pk}").body["status"] == "entered-in-error"
    assert api.get("Procedure?status=completed").found == []


def test_home_help_writes_its_own_acts_and_reads_no_other(odette, claire):
    meals = make.organisation("Portage de repas", "saad")
    make.member(odette, meals, outside_team=True)
    api = Api(meals)
    assert api.post("Procedure", done(odette, claire)).status == 403


def test_only_the_software_that_wrote_it_takes_it_back(api, odette, claire):
    key = api.post("Procedure", done(odette, claire)).body["id"]
    other = make.organisation("MSP", "msp")
    make.member(odette, other)
    assert Api(other).call("DELETE", f"Procedure/{key}").status == 403
    assert api.call("DELETE", f"Procedure/{key}").status == 204
    assert api.get(f"Procedure/{key}").status == 410
    with owner():
        assert Intervention.objects.get(pk=key).undo.reason


# ------------------------------------------------------------------ acts of a pathway
ACTS = "https://liane.sante/CodeSystem/pathway-act"


def coded(person, place, code):
    return done(person, place, code={"coding": [{"system": ACTS, "code": code}], "text": "Visite"})


def test_the_act_of_a_pathway_is_said_deduced_or_asked(included, msp, zoe, simon):  # noqa: F811
    api = Api(msp)
    assert api.post("Procedure", coded(simon, zoe, "diet")).status == 201
    named = done(simon, zoe, code={"text": "Séance diététique"})
    key = api.post("Procedure", named).body["id"]
    with owner():
        assert Intervention.objects.get(pk=key).code == "diet"
    assert api.post("Procedure", done(simon, zoe)).status == 201, "nothing is lost"
    with acting(make.actor("zoe")):
        assert [one.title for one in asking.mine()] == ["Pansement"]


def test_a_wrong_act_of_a_pathway_is_refused_with_its_reason(included, msp, zoe, simon):  # noqa: F811
    api = Api(msp)
    unknown = api.post("Procedure", coded(simon, zoe, "massage"))
    assert (unknown.status, unknown.issues) == (
        422, ["Cet acte n’est d’aucun parcours en cours pour cette personne à cette date."],
    )  # fmt: skip
    other = api.post("Procedure", coded(simon, zoe, "bilan-med"))
    assert other.status == 422
    assert "médecin" in other.issues[0]


def test_billed_by_itself_what_the_bundle_pays_is_refused_with_why(included, msp, zoe, simon):  # noqa: F811
    api = Api(msp)
    ngap = {"system": "https://mos.esante.gouv.fr/NOS/NGAP", "code": "dia 1"}
    said = done(simon, zoe, code={"text": "Consultation", "coding": [ngap]})
    refused = api.post("Procedure", said)
    assert refused.status == 422, refused.body
    assert "L. 162-62" in str(refused.body)
    with owner():
        assert Entry.objects.get(kind="pathway.barred").object_id == included.pk
    out = {"system": "https://liane.sante/CodeSystem/pathway-act", "code": "hors-parcours"}
    said["code"]["coding"].append(out)
    assert api.post("Procedure", said).status == 201
