"""Who reads what of an absence: the care team where, the others only that nobody should come."""

import pytest

from liane.stays import panels, queries, services
from liane.stays.movement import Ward
from liane.stays.tests.world import admission, as_, circle, fresh, hear, visit
from tests import factories

pytestmark = pytest.mark.django_db
SECRETS = ("CH de Dax", "ardiologie", "ospitalis", "hôpital")


def page(client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def main(text: str) -> str:
    return text.split("<main", 1)[1].split("</main>", 1)[0]


def test_the_banner_of_the_care_team(sign_in):
    who = circle()
    visit(who, who.claire, 20)
    hear(who, admission())
    text = page(sign_in("claire"), f"/personnes/{who.odette.pk}/")
    for words in (
        "Hospitalisée depuis",
        "CH de Dax, Cardiologie",
        "visite suspendue",
        "1 à appeler",
        "Portage des Landes",
        "J’ai vu",
    ):
        assert words in text.replace("\u00a0", " ").replace("<strong>", "")


def test_the_others_read_no_place_and_no_reason(sign_in):
    who = circle()
    stay = hear(who, admission())
    for url in ("/", f"/personnes/{who.odette.pk}/", f"/sejours/{stay.pk}/",
                f"/personnes/{who.odette.pk}/sejours/"):  # fmt: skip
        text = main(page(sign_in("sonia"), url))
        assert "Ne passez pas avant nouvel avis" in text
        for secret in SECRETS:
            assert secret not in text


def test_a_confidential_stay_is_on_no_page(sign_in):
    who = circle()
    stay = hear(who, admission(ward=Ward("Psychiatrie B")))
    client = sign_in("claire")
    assert client.get(f"/sejours/{stay.pk}/").status_code == 404
    for url in ("/", f"/personnes/{who.odette.pk}/"):
        text = main(page(client, url))
        assert "Psychiatrie" not in text
        assert "Hospitalis" not in text


def test_an_outsider_finds_nothing(sign_in):
    who = circle()
    stay = hear(who, admission())
    factories.practice("luc", name="Luc Roy")
    client = sign_in("luc")
    for url in (f"/sejours/{stay.pk}/", f"/personnes/{who.odette.pk}/absence/"):
        assert client.get(url).status_code == 404
    for url in ("vu", "retour", "retour-prevu", "annuler"):
        assert client.post(f"/sejours/{stay.pk}/{url}/").status_code == 404
    assert fresh(stay).status == "in_progress"


def test_two_taps_declare_an_absence(sign_in):
    who = circle()
    client = sign_in("claire")
    url = f"/personnes/{who.odette.pk}/absence/"
    assert url in page(client, f"/personnes/{who.odette.pk}/")
    assert "À l’hôpital" in page(client, url)
    answer = client.post(url, {"kind": "hospital"})
    assert answer.status_code == 302
    assert "Hospitalisée depuis" in page(client, f"/personnes/{who.odette.pk}/")
    again = client.post(url, {"kind": "holiday"})
    assert again.status_code == 422
    assert "déjà en cours" in again.content.decode()


def test_seen_from_the_day_page(sign_in):
    who = circle()
    stay = hear(who, admission())
    client = sign_in("claire")
    assert "Hospitalisée depuis" in page(client, "/")
    assert client.post(f"/sejours/{stay.pk}/vu/", {"next": "/"}).headers["Location"] == "/"
    assert "Hospitalisée depuis" not in main(page(client, "/"))
    assert "1 l’a vu" in page(client, f"/personnes/{who.odette.pk}/")


def test_the_call_list(sign_in):
    who = circle()
    stay = hear(who, admission())
    client = sign_in("claire")
    text = page(client, f"/sejours/{stay.pk}/")
    assert "tel:+33558000002" in text
    with as_(who.claire):
        notice = stay.notices.get(holder_id=who.meals.pk)
    assert client.post(f"/sejours/{stay.pk}/appels/{notice.pk}/").status_code == 302
    assert "Personne à appeler" in page(client, f"/sejours/{stay.pk}/")
    refused = sign_in("sonia").post(f"/sejours/{stay.pk}/appels/{notice.pk}/")
    assert refused.status_code == 403


def test_the_return(sign_in):
    who = circle()
    stay = hear(who, admission())
    client = sign_in("claire")
    client.post(f"/sejours/{stay.pk}/retour-prevu/", {"at": "2027-01-05T10:00"})
    assert "retour prévu" in page(client, f"/personnes/{who.odette.pk}/")
    client.post(f"/sejours/{stay.pk}/retour/")
    assert fresh(stay).status == "ended"


def test_a_carer_opens_the_absence_and_notes_the_return(sign_in):
    who = circle()
    stay = hear(who, admission())
    client = sign_in("julie")
    text = main(page(client, f"/sejours/{stay.pk}/"))
    assert "Elle est rentrée" in text
    for secret in (*SECRETS, "Claire Aubert"):
        assert secret not in text
    assert client.get(f"/personnes/{who.odette.pk}/sejours/").status_code == 403
    assert client.post(f"/sejours/{stay.pk}/retour/").headers["Location"] == "/portail/"
    assert fresh(stay).status == "ended"


def test_the_banner_costs_a_few_queries(django_assert_max_num_queries):
    who = circle()
    visit(who, who.claire, 20)
    hear(who, admission())
    with as_(who.claire), django_assert_max_num_queries(5):
        stay = queries.current(who.odette.pk)
        assert panels.banner_context(who.odette, stay)["stay"] == stay


def test_no_absence_costs_one_query(django_assert_num_queries):
    who = circle()
    with as_(who.claire), django_assert_num_queries(1):
        assert panels.banner_context(who.odette, queries.current(who.odette.pk))["stay"] is None


def test_an_absence_that_is_over_is_not_said_to_be_noted_already(sign_in):
    who = circle()
    client, url = sign_in("claire"), f"/personnes/{who.odette.pk}/absence/"
    client.post(url, {"kind": "holiday"})
    assert "déjà notée" in page(client, url)
    with as_(who.claire):
        stay = queries.current(who.odette.pk)
        services.declare_return(stay.pk)
    assert "déjà notée" not in page(client, url)
