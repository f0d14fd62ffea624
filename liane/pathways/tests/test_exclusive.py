"""An act billed by itself for something a bundle pays: refused, or said at once, where entered."""

import pytest

from liane.core.errors import Refused
from liane.core.models import Entry
from liane.interventions import services as acts
from liane.interventions.models import Intervention
from liane.pathways import clashes, exclusive
from liane.pathways.models import Counted, ProtocolVersion
from liane.pathways.services import coding
from liane.pathways.tests.conftest import as_, as_system, at, days_ago, did, text_of
from tests import factories as make

pytestmark = pytest.mark.django_db


def billed(who, person, *codes, code=None, days=1):
    with as_(who):
        return acts.record_intervention(
            acts.Act(person.pk, at(days), who.pk, code=code, billed=codes)
        )


def test_a_signatory_s_act_billed_by_itself_is_refused_with_the_way_out(included, zoe, simon):
    with pytest.raises(Refused) as refusal:
        billed(zoe, simon, "DIET1")
    assert refusal.value.field == "code"
    for text in ("« Parcours d’essai »", "L. 162-62", "Séance diététique", "hors parcours"):
        assert text in refusal.value.message
    with as_system():
        assert not Intervention.objects.exists()
    with pytest.raises(Refused):
        billed(zoe, simon, "DIET1", code="diet")


def test_said_out_of_the_pathway_it_is_taken(included, zoe, simon):
    made = billed(zoe, simon, "DIET1", code="")
    with as_system():
        assert Counted.objects.get(intervention=made).code == ""


def test_who_did_not_sign_and_days_outside_of_the_pathway_are_free(included, msp, zoe, simon):
    nour = make.practice("nour", profession="60", of=msp, name="Nour Bari")
    make.member(simon, nour)
    assert billed(nour, simon, "AMI 4").pk
    with as_system():
        type(included).objects.update(included_on=days_ago(0))
    assert billed(zoe, simon, "DIET1", days=3).pk


def test_a_code_that_the_definition_covers_is_refused_and_the_bundle_is_named_to_its_readers_alone(
    included, msp, simon
):
    with as_system():
        ProtocolVersion.objects.filter(organisation=msp).delete()
        ProtocolVersion.objects.create(
            organisation=msp, key="essai", number="2026-01", status="published",
            text=text_of(excludes="], acts: [AMI 4"),
        )  # fmt: skip
    nour = make.practice("nour", profession="60", of=msp, name="Nour Bari")
    make.member(simon, nour)
    with pytest.raises(Refused, match="« Parcours d’essai » couvre déjà"):
        billed(nour, simon, "AMI 4")
    saad = make.organisation("SAAD des Pins", "saad")
    help_at_home = make.practice("aide", profession="AD", role="social", of=saad, name="Aide")
    make.member(simon, saad, outside_team=True)
    with pytest.raises(Refused) as refusal:
        billed(help_at_home, simon, "AMI 4")
    assert "un forfait en cours" in refusal.value.message
    assert "essai" not in refusal.value.message, "nor the text, which names what she suffers from"


def test_out_of_the_pathway_while_one_is_due_is_said_at_once_and_may_be_said_otherwise(
    included, zoe, simon
):
    with as_(zoe):
        made = acts.record_intervention(acts.Act(simon.pk, at(1), zoe.pk, code=""))
        assert "attend pourtant « Séance diététique »" in acts.flag([made])
        assert coding.answer([made.pk], "diet") == 1
    with as_system():
        counted = Counted.objects.get(ended_at=None)
        assert (counted.code, counted.intervention.replaces_id) == ("diet", made.pk)


def test_nothing_is_said_of_an_act_that_counts_or_that_nothing_waits_for(included, zoe, simon):
    made = did(zoe, simon, "diet", 1)
    assert exclusive.flagged([made]) == ""


def test_the_page_says_it_where_it_is_entered(included, zoe, simon, sign_in):
    client, path = sign_in("zoe"), f"/personnes/{simon.pk}/agenda/noter/"
    form = {"day": days_ago(1), "hour": "10:00", "kind": "session", "outcome": "nothing",
            "practice": zoe.pk, "code": "hors"}  # fmt: skip
    shown = client.post(path, form, follow=True).content.decode()
    assert "Noté hors parcours, donc à l’acte" in shown
    month = days_ago(1).strftime("%Y-%m")
    page = client.get(f"/forfaits/actes/?mois={month}").content.decode()
    assert "Ce n’était pas hors parcours ?" in page
    act = Intervention.objects.values_list("pk", flat=True)
    with as_system():
        (pk,) = act
    client.post("/parcours/seances/acte/", {"acte": pk, "code": "diet"})
    page = client.get(f"/forfaits/actes/?mois={month}").content.decode()
    assert "Ce n’était pas hors parcours ?" not in page


def test_a_code_typed_in_the_pages_is_refused_and_its_bundle_s_coordinator_is_told(
    included, lea, zoe, simon, sign_in
):
    client, path = sign_in("zoe"), f"/personnes/{simon.pk}/agenda/noter/"
    form = {"day": days_ago(1), "hour": "10:00", "kind": "session", "outcome": "nothing",
            "practice": zoe.pk, "billed": "bilan 99999"}  # fmt: skip
    assert "n’est pas un code" in client.post(path, form).content.decode()
    page = client.post(path, form | {"billed": "diet1"})
    assert page.status_code == 422
    assert "paie seul les interventions" in page.content.decode()
    with as_system():
        assert not Intervention.objects.exists()
        entry = Entry.objects.get(kind="pathway.barred")
        told = clashes.told_of([entry.object_id])[entry.object_id]
    assert (entry.person_id, entry.object_id) == (simon.pk, included.pk)
    assert told == [included.coordinator_id or included.organisation_id]
    assert client.post(path, form | {"billed": "diet1", "code": "hors"}).status_code == 302


def test_a_covered_code_is_the_same_with_or_without_its_space(included, msp, simon):
    with as_system():
        ProtocolVersion.objects.filter(organisation=msp).update(
            text=text_of(excludes="], acts: [AMI 4")
        )
    nour = make.practice("nour", profession="60", of=msp, name="Nour Bari")
    make.member(simon, nour)
    with pytest.raises(Refused, match="couvre déjà"):
        billed(nour, simon, "AMI4")
