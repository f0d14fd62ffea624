"""Finding an offer: by need, place and availability; nearest first, without a map."""

import time

import pytest
from django.test import Client

from liane.core.acting import acting
from liane.directory import communes, offer_search, offers, territories
from liane.directory.index import index_organisations, index_services
from liane.directory.models import Commune, Coverage, HealthcareService, Organisation, ServiceArea
from liane.directory.offer_search import Asked, find
from tests import factories as make

pytestmark = pytest.mark.django_db

TOWNS = {"Dax": "40088", "Saint-Paul-lès-Dax": "40279", "Tartas": "40313", "Capbreton": "40065"}
POINTS = {"40088": (43.71, -1.05), "40279": (43.73, -1.05), "40313": (43.83, -0.81),
          "40065": (43.64, -1.43)}  # fmt: skip


@pytest.fixture(autouse=True)
def landes():
    communes.load(communes.SHIPPED)


@pytest.fixture
def claire():
    make.practice("claire", name="Claire Aubert")
    return make.actor("claire")


def offered(town, need="respite", *, areas=(), covers=(), name="", room="", delay=None, **more):
    house = make.organisation(f"{name or need} {town}", "other", city=town, insee=TOWNS[town])
    for key in covers:
        level, code = key.split(":")
        Coverage.objects.create(organisation=house, level=level, code=code)
    made = offers.add(house, {"need": need, "name": name or f"{need} {town}", **more}, areas)
    if room:
        offers.say_places(made.pk, room, delay=delay)
    return made


def names(**asked):
    town = asked.pop("town", None)
    where = territories.commune(city=town) if town else None
    return [row.service.name for row in find(Asked(town=where, **asked)).rows]


def test_nearest_first_by_commune_then_epci_then_department(claire):
    with acting(claire):
        for town in ("Capbreton", "Tartas", "Saint-Paul-lès-Dax", "Dax"):
            offered(town, name=town)
    found = find(Asked(need="respite", town=Commune.objects.get(pk="40088"))).rows
    assert [row.service.name for row in found][:2] == ["Dax", "Saint-Paul-lès-Dax"]
    assert [row.words for row in found] == [
        "même commune", "même intercommunalité", "même département", "même département"
    ]  # fmt: skip


def test_by_distance_where_communes_are_placed(claire):
    for code, (north, east) in POINTS.items():
        Commune.objects.filter(pk=code).update(latitude=north, longitude=east)
    with acting(claire):
        for town in ("Capbreton", "Tartas", "Dax"):
            offered(town, name=town)
    found = find(Asked(need="respite", town=Commune.objects.get(pk="40279"))).rows
    assert [row.service.name for row in found] == ["Dax", "Tartas", "Capbreton"]
    assert [row.words.replace("\N{NO-BREAK SPACE}", " ") for row in found] == [
        "à 2 km environ", "à 22 km environ", "à 32 km environ"
    ]  # fmt: skip


def test_an_offer_serves_its_own_territory_else_that_of_its_house(claire):
    with acting(claire):
        offered("Tartas", name="à Tartas seulement", areas=["commune:40313"])
        offered("Tartas", name="par sa structure", covers=["epci:244000675"])
        offered("Tartas", name="sa structure ailleurs", covers=["commune:40313"])
        offered("Tartas", name="de loin", covers=["commune:40313"], where="remote")
    assert sorted(names(need="respite", town="Dax")) == ["de loin", "par sa structure"]


def test_by_availability(claire):
    with acting(claire):
        offered("Dax", name="libre", room="open", delay=30)
        offered("Dax", name="bientôt", room="waiting", delay=10)
        offered("Dax", name="complet", room="full")
        offered("Dax", name="on ne sait pas")
    assert names(need="respite", town="Dax", way="places") == ["libre"]
    assert names(need="respite", town="Dax", way="quinzaine") == ["bientôt"]
    assert names(need="respite", town="Dax") == ["libre", "on ne sait pas", "bientôt", "complet"]


def test_words_find_needs_and_skills_slips_forgiven(claire):
    with acting(claire):
        offered("Dax", "meals", name="Repas du Luy", skills="textures mixées")
        offered("Dax", "respite", name="Halte")
        gone = offered("Dax", "meals", name="Repas fermés")
        offers.withdraw(gone.pk, "fermé")
    assert names(text="portage") == ["Repas du Luy"]
    assert names(text="textures mixees") == ["Repas du Luy"]
    assert names(text="aidnat") == ["Halte"]
    assert names(text="zzzzz") == []


def test_a_place_alone_is_not_a_search(claire):
    with acting(claire):
        offered("Dax")
    assert not Asked(town=Commune.objects.get(pk="40088")).enough
    assert names(town="Dax") == []


def test_old_offers_of_the_house_are_asked_about(claire):
    with acting(claire):
        made = offered("Dax")
        HealthcareService.objects.update(confirmed_at="2020-01-01T00:00:00Z")
        assert offer_search.to_confirm(claire.organisation_id) == [made]
        offers.confirm(made.pk)
        assert offer_search.to_confirm(claire.organisation_id) == []


# ------------------------------------------------------------------ cost
def a_department(houses):
    """So many organisations over the department's communes, one offer each, a third with places."""
    codes = list(Commune.objects.order_by("code").values_list("code", flat=True))
    needs = ["respite", "meals", "nursing", "home_help", "transport", "rights", "housing", "alarm"]
    made = Organisation.objects.bulk_create(
        Organisation(name=f"Structure {n}", kind="other", insee=codes[n % len(codes)])
        for n in range(houses)
    )
    Coverage.objects.bulk_create(
        Coverage(organisation=one, level="department", code="40") for one in made[::2]
    )
    services = HealthcareService.objects.bulk_create(
        HealthcareService(organisation=one, need=needs[n % len(needs)], name=f"Offre {n}",
                          availability=("open", "full", "unknown")[n % 3])
        for n, one in enumerate(made)
    )  # fmt: skip
    ServiceArea.objects.bulk_create(
        ServiceArea(service=one, level="epci", code="244000675") for one in services[::5]
    )
    return services


@pytest.mark.parametrize("houses", [20, 200])
def test_the_number_of_queries_does_not_depend_on_the_size(houses, django_assert_num_queries):
    index_services([one.pk for one in a_department(houses)])
    dax = territories.commune("40088")
    Commune.objects.update(latitude=43.7, longitude=-1.0)
    dax.refresh_from_db()
    with django_assert_num_queries(3):
        assert find(Asked(need="respite", town=dax)).rows
    with django_assert_num_queries(11):
        assert find(Asked(text="offre aidant", town=dax)).rows


@pytest.mark.full
def test_half_of_the_searches_under_a_tenth_of_a_second_at_10_000_organisations():
    index_services([one.pk for one in a_department(10_000)])
    dax = territories.commune("40088")
    for asked in (Asked(need="respite", town=dax), Asked(need="meals", town=dax, way="places"),
                  Asked(text="aidant répit", town=dax), Asked(need="nursing")):  # fmt: skip
        took = []
        for _ in range(20):
            start = time.perf_counter()
            assert find(asked).rows
            took.append(time.perf_counter() - start)
        print(asked.need or asked.text, f"{sorted(took)[10] * 1000:.0f} ms")  # noqa: T201
        assert sorted(took)[10] < 0.1


# ------------------------------------------------------------------ pages
def test_pages_of_offers_are_for_professionals(sign_in, claire):
    make.contact(make.patient(), "julie")
    assert Client().get("/annuaire/offres/").status_code == 302
    assert sign_in("julie").get("/annuaire/offres/").status_code in {403, 404}


def test_an_offer_from_the_search_to_its_end(sign_in, claire):
    house = make.organisation("Repas du Luy", "meals", city="Dax", insee="40088")
    client = sign_in("claire")
    form = {"need": "meals", "name": "Repas chauds", "where": "home", "areas": "Dax"}
    sent = client.post(f"/annuaire/structures/{house.pk}/offres/", form)
    page = sent.url
    offer = HealthcareService.objects.get()
    assert page == f"/annuaire/offres/{offer.pk}/"
    client.post(page + "places", {"availability": "open", "free_places": 2})
    found = client.get("/annuaire/offres/", {"besoin": "meals", "commune": "Dax"}).content.decode()
    assert "Repas chauds" in found
    assert "Des places (2)" in found
    offer.refresh_from_db()
    wrong = client.post(page + "modifier/", form | {"areas": "Atlantide", "version": offer.version})
    assert wrong.status_code == 422
    assert "Atlantide" in wrong.content.decode()
    late = client.post(page + "modifier/", form | {"price": "9 €", "version": 1})
    assert late.status_code == 409
    assert "9 €" in late.content.decode()
    assert "Repas chauds" in client.get(f"/annuaire/structures/{house.pk}/").content.decode()
    client.post(page + "confirmer")
    client.post(page + "fin", {"reason": "Fermé"})
    assert "Fermé" in client.get(page).content.decode()


def test_a_commune_unknown_or_several_is_said(sign_in, claire):
    client = sign_in("claire")
    page = client.get("/annuaire/offres/", {"besoin": "meals", "commune": "Zzz"}).content.decode()
    assert "Commune inconnue" in page
    page = client.get("/annuaire/offres/", {"besoin": "meals", "commune": "Saint-P"}).content
    assert "Quelle commune ?" in page.decode()


def test_a_structure_named_like_a_trade_is_found(sign_in, claire):
    house = make.organisation("Aide à domicile de Chalosse", "saad", city="Hagetmau")
    index_organisations([house.pk])
    page = sign_in("claire").get("/annuaire/offres/nouvelle/", {"q": "aide a domicile chalose"})
    assert f"/annuaire/structures/{house.pk}/offres/" in page.content.decode()


def test_a_structure_and_whom_to_call_are_added(sign_in, claire):
    client = sign_in("claire")
    form = {"name": "Les Amis du Luy", "kind": "other", "commune": "Dax"}
    where = client.post("/annuaire/structures/nouvelle/", form).url
    house = Organisation.objects.get(name="Les Amis du Luy")
    assert where == f"/annuaire/structures/{house.pk}/"
    client.post(where + "interlocuteurs/", {"name": "Mme Labat", "phone": "0558112233"})
    page = client.get(where).content.decode()
    assert "Mme Labat" in page
    assert (
        client.post("/annuaire/structures/nouvelle/", form | {"commune": "Zz"}).status_code == 422
    )
    assert (
        "Les Amis du Luy"
        in client.get("/annuaire/offres/nouvelle/", {"q": "amis luy"}).content.decode()
    )
