"""Relations and conventions: a declared life, a dated history, a reminder before the end."""

import datetime as dt
import itertools

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from liane.core.acting import acting, owner
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import Entry
from liane.partners import queries, services, telling
from liane.partners.models import Convention
from liane.partners.services import Terms
from liane.partners.states import EXPLAINED, RELATION, Relation
from tests import factories as make

pytestmark = pytest.mark.django_db
TODAY = dt.date.today()
NUMBERS = itertools.count()
DAY = dt.timedelta(days=1)


@pytest.fixture
def relation(isabelle, ssiad):
    with acting(make.actor("isabelle")):
        return services.begin(ssiad)


def signed(relation, *, ends_in=300, **more):
    ends = TODAY + ends_in * DAY if ends_in else None
    terms = Terms("Sorties d’hôpital", TODAY - 60 * DAY, TODAY - 60 * DAY, ends)
    return services.sign(relation.pk, terms, **more)


def test_one_relation_for_each_partner(relation, ssiad):
    with acting(make.actor("isabelle")):
        assert services.begin(ssiad).pk == relation.pk
    assert [row.after for row in relation.history.all()] == ["to_meet"]


def test_a_step_leaves_who_and_why(relation):
    with acting(make.actor("isabelle")):
        services.move(relation.pk, "partner")
        with pytest.raises(Refused) as refusal:
            services.move(relation.pk, "paused")
        assert refusal.value.field == "reason"
        services.move(relation.pk, "paused", reason="Changement de direction")
    rows = [(row.before, row.after, row.reason, row.author_label)
            for row in relation.history.order_by("at", "id")]  # fmt: skip
    assert rows[-1] == ("partner", "paused", "Changement de direction", "Isabelle Lafitte")


@given(steps=st.lists(st.sampled_from(list(Relation)), max_size=8))
def test_no_illegal_step_and_a_full_history(steps):
    keeper = make.practice(f"keeper{next(NUMBERS)}", role="coordinator")
    with acting(make.actor(keeper)):
        row = services.begin(make.organisation("Partenaire"))
        taken = ["to_meet"]
        for after in steps:
            before = taken[-1]
            why = "parce que" if after in EXPLAINED else ""
            if RELATION.allows(before, after):
                services.move(row.pk, after, reason=why)
                taken.append(after)
            else:
                with pytest.raises(Refused):
                    services.move(row.pk, after, reason=why)
    row.refresh_from_db()
    assert row.status == taken[-1]
    assert [one.after for one in row.history.order_by("at", "id")] == taken


def test_two_people_at_once_are_told(relation):
    with acting(make.actor("isabelle")):
        services.move(relation.pk, "talking", expect=1)
        with pytest.raises(Conflict):
            services.move(relation.pk, "partner", expect=1)


def test_a_convention_makes_a_partner_and_is_reminded_three_months_before(relation):
    with acting(make.actor("isabelle")):
        made = signed(relation)
    relation.refresh_from_db()
    assert relation.status == "partner"
    assert made.remind_on == made.ends_on - 90 * DAY
    assert made.state == "en vigueur"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"title": " "}, "title"),
        ({"ends_on": TODAY - 90 * DAY}, "ends_on"),
        ({"signed_on": TODAY + DAY}, "signed_on"),
        ({"ends_on": TODAY + DAY, "remind_on": TODAY + 9 * DAY}, "remind_on"),
    ],
)
def test_impossible_terms_are_refused(relation, said, field):
    terms = {"title": "x", "signed_on": TODAY, "starts_on": TODAY, **said}
    with acting(make.actor("isabelle")), pytest.raises(Refused) as refusal:
        services.sign(relation.pk, Terms(**terms))
    assert refusal.value.field == field


def test_the_keepers_are_told_once_and_renewing_ends_the_reminder(relation, isabelle, florence):
    with acting(make.actor("isabelle")):
        made = signed(relation, ends_in=20)
    morning = timezone.make_aware(dt.datetime.combine(TODAY, dt.time(9)))
    assert services.remind(morning) == 1
    assert services.remind(morning) == 0
    with owner():
        entry = Entry.objects.get(kind="partners.renew")
    assert set(telling.told_of(entry)) == {florence.pk, isabelle.pk}
    with acting(make.actor("florence")):
        assert queries.to_renew() == [made]
        signed(relation, ends_in=700, renews=made.pk)
        assert queries.to_renew() == []
        with pytest.raises(Refused):
            signed(relation, renews=made.pk)
    assert Convention.objects.get(pk=made.pk).state == "renouvelée"


def test_a_convention_ended_early_keeps_why(relation):
    with acting(make.actor("isabelle")):
        made = signed(relation)
        services.end(made.pk, "Structure fermée")
        with pytest.raises(Refused):
            services.end(made.pk, "Encore")
    made.refresh_from_db()
    assert (made.state, made.ended_by) == ("dénoncée", "Isabelle Lafitte")


def test_relations_are_kept_by_the_house_alone(relation, ssiad):
    make.practice("patrick", role="coordinator", of=ssiad)
    make.practice("claire", role="care")
    with acting(make.actor("patrick")), pytest.raises(Http404):
        services.move(relation.pk, "talking")
    with acting(make.actor("claire")), pytest.raises(NotAllowed):
        services.begin(ssiad)


# ------------------------------------------------------------------ pages
def test_a_relation_from_the_directory_to_its_document(sign_in, isabelle, ssiad, settings):
    client = sign_in("isabelle")
    house = f"/annuaire/structures/{ssiad.pk}/"
    assert "Suivre la relation" in client.get(house).content.decode()
    page = client.post(house + "relation").url
    form = {"title": "Sorties", "signed_on": TODAY, "starts_on": TODAY, "ends_on": TODAY + 30 * DAY,
            "file": SimpleUploadedFile("convention.txt", b"Texte", "text/plain")}  # fmt: skip
    assert client.post(page + "convention/", form).url == page
    shown = client.get(page).content.decode()
    assert "convention.txt" in shown
    assert "À renouveler" in shown
    assert "Conventions à renouveler" in client.get("/").content.decode()
    assert "Partenaire" in client.get(house).content.decode()
    made = Convention.objects.get()
    attached = made.files.get()
    paper = client.get(f"/annuaire/conventions/fichiers/{attached.pk}/")
    assert paper.content == b"Texte"
    assert "attachment" in paper.headers["Content-Disposition"]
    late = client.post(page + "etape/", {"status": "paused", "reason": "x", "version": 1})
    assert late.status_code == 409
    assert client.post(page + "etape/", {"status": "paused"}).status_code == 422
    client.post(f"/annuaire/conventions/{made.pk}/document",
                {"file": SimpleUploadedFile("avenant.txt", b"Suite", "text/plain")})  # fmt: skip
    client.post(f"/annuaire/conventions/{made.pk}/fin/", {"reason": "Fermée"})
    shown = client.get(page).content.decode()
    assert "avenant.txt" in shown
    assert "Dénoncée" in shown


def test_nobody_else_learns_of_a_convention(sign_in, relation, ssiad):
    with acting(make.actor("isabelle")):
        made = signed(relation)
    make.practice("patrick", role="coordinator", of=ssiad)
    make.practice("sarah", role="secretary", of=relation.organisation)
    for name in ("patrick", "sarah"):
        client = sign_in(name)
        for path in (
            f"/annuaire/relations/{relation.pk}/",
            f"/annuaire/conventions/{made.pk}/fin/",
        ):
            assert client.get(path).status_code == 404


@pytest.mark.parametrize("partners", [2, 20])
def test_the_list_costs_the_same(isabelle, partners, django_assert_num_queries):
    with acting(make.actor("isabelle")):
        for number in range(partners):
            services.begin(make.organisation(f"Partenaire {number}"))
        with django_assert_num_queries(3):
            assert len(queries.page().rows) == partners
            queries.counts()
            queries.to_renew()
