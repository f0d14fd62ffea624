"""Unmet needs: noted from a request, shown by territory, found later; the house's own."""

import pytest
from django.http import Http404

from liane.core.acting import acting, owner
from liane.core.errors import NotAllowed, Refused
from liane.partners import unmet, unmet_queries
from liane.partners.models import UnmetNeed
from liane.partners.unmet import Missing
from liane.referrals.models import Referral, ReferralStep
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("landes")]


@pytest.fixture
def request_(dac, isabelle):
    with owner():
        made = Referral.objects.create(
            organisation=dac, requester_kind="professional", motive="carer", consent="agrees",
            insee="40088", city="Dax",
        )  # fmt: skip
        ReferralStep.objects.create(referral=made, after="sent")
        return made


def missing(**more):
    return Missing(**{"need": "respite", "why": "full", "insee": "40088", **more})


def test_a_need_takes_its_commune_from_the_request(request_):
    with acting(make.actor("isabelle")):
        made = unmet.log(missing(insee="", referral_id=request_.pk, what="Six mois d’attente"))
        assert unmet_queries.of_request(request_.pk) == [made]
    assert (made.insee, made.city, made.person_id) == ("40088", "Dax", None)
    assert made.need_words == "Répit des proches"


def test_the_person_is_named_only_where_her_file_is_kept(request_, dac):
    person = make.patient()
    with owner():
        Referral.objects.update(person=person)
    with acting(make.actor("isabelle")):
        assert unmet.log(missing(referral_id=request_.pk)).person_id is None
    make.member(person, dac)
    with acting(make.actor("isabelle")):
        assert unmet.log(missing(referral_id=request_.pk)).person_id == person.pk


@pytest.mark.parametrize(
    ("said", "field"),
    [({"need": "x"}, "need"), ({"why": "x"}, "why"), ({"insee": "99999"}, "commune"),
     ({"what": "x" * 301}, "what")],
)  # fmt: skip
def test_what_is_not_said_is_asked(isabelle, said, field):
    with acting(make.actor("isabelle")), pytest.raises(Refused) as refusal:
        unmet.log(missing(**said))
    assert refusal.value.field == field


def test_it_is_the_file_of_those_who_answer_requests(isabelle, florence, request_):
    make.practice("nathalie", role="coordinator", of=make.organisation("MSP", "msp"))
    with acting(make.actor("isabelle")):
        made = unmet.log(missing())
    with acting(make.actor("florence")):
        assert unmet_queries.listed() == []
        with pytest.raises(NotAllowed):
            unmet.log(missing())
    with acting(make.actor("nathalie")):
        assert unmet_queries.listed() == []
        with pytest.raises(Http404):
            unmet.settle(made.pk, "met")
        with pytest.raises(Http404):
            unmet.log(missing(referral_id=request_.pk))


def test_found_since_then_missing_again(isabelle):
    with acting(make.actor("isabelle")):
        made = unmet.log(missing())
        unmet.settle(made.pk, "met", reason="Halte du Luy")
        assert unmet_queries.listed() == []
        with pytest.raises(Refused):
            unmet.settle(made.pk, "dropped")
        unmet.settle(made.pk, "open", reason="La halte a fermé")
        rows = [(row.after, row.reason) for row in made.history.order_by("at", "id")]
    assert rows == [("open", ""), ("met", "Halte du Luy"), ("open", "La halte a fermé")]


def test_by_territory_then_by_need(isabelle):
    with acting(make.actor("isabelle")):
        for insee, need in (("40088", "respite"), ("40279", "respite"), ("40088", "transport"),
                            ("40065", "respite")):  # fmt: skip
            unmet.log(missing(insee=insee, need=need))
        found = unmet_queries.by_territory()
    assert [(one.name, one.number) for one in found] == [
        ("CA du Grand Dax", 3), ("CC Maremne Adour Côte Sud", 1)
    ]  # fmt: skip
    first = found[0].lacks[0]
    assert (first.label, first.number, first.communes) == (
        "Répit des proches", 2, ["Dax", "Saint-Paul-lès-Dax"]
    )  # fmt: skip


@pytest.mark.parametrize("number", [3, 30])
def test_the_page_costs_the_same(isabelle, number, django_assert_num_queries):
    with acting(make.actor("isabelle"), read_only=False):
        for _ in range(number):
            unmet.log(missing())
        with django_assert_num_queries(3):
            assert unmet_queries.by_territory()[0].number == number


def test_a_need_through_its_pages(sign_in, request_):
    client = sign_in("isabelle")
    page = f"/demandes/{request_.pk}/"
    assert "Ce qui a manqué" in client.get(page).content.decode()
    form = {"need": "respite", "why": "full", "commune": "Dax", "what": "Six mois d’attente"}
    assert client.post(page + "manque/", form | {"commune": "Zz"}).status_code == 422
    assert client.post(page + "manque/", form).url == page
    assert "Six mois d’attente" in client.get(page).content.decode()
    shown = client.get("/annuaire/besoins/").content.decode()
    assert "CA du Grand Dax" in shown
    assert "/annuaire/offres/nouvelle/?besoin=respite&amp;territoire=Dax" in shown
    with owner():
        made = UnmetNeed.objects.get()
    where = f"/annuaire/besoins/{made.pk}/"
    assert "Six mois" in client.get(where).content.decode()
    client.post(where, {"status": "met", "reason": "Halte du Luy"})
    assert "Trouvé depuis" in client.get("/annuaire/besoins/?vue=met").content.decode()
    assert client.post("/annuaire/besoins/nouveau/", form).url == "/annuaire/besoins/"


def test_a_secretary_or_a_manager_does_not_open_them(sign_in, florence, dac, request_):
    make.practice("sarah", role="secretary", of=dac)
    for name in ("florence", "sarah"):
        client = sign_in(name)
        assert client.get("/annuaire/besoins/").status_code == 404
        assert client.get(f"/demandes/{request_.pk}/manque/").status_code == 404
