"""A project that runs takes the version that completes its own, and those in it follow."""

import pytest
from django.http import Http404
from django.utils import timezone

from liane.core.errors import NotAllowed, Refused
from liane.core.models import Entry
from liane.pathways import catalogue
from liane.pathways.models import EnrolmentEvent, ProtocolVersion
from liane.pathways.services import completed, inclusion, versions
from liane.pathways.tests.conftest import as_, as_system, only, propose, text_of
from tests import factories as make

pytestmark = pytest.mark.django_db
OPEN = "{to_be_completed: montant de la séquence, who: la structure}"


def released(house, number: str, *swaps: tuple[str, str], status: str = "published"):
    """Another version of the structure, with these words in place of those."""
    text = text_of().replace('version: "2026-01"', f"version: {number}")
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return ProtocolVersion.objects.create(
        organisation=house, key="essai", number=number, text=text, status=status,
        published_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def filled(msp, included) -> ProtocolVersion:
    return released(msp, "2026-02", (OPEN, '"450.00"'))


def test_what_a_manager_completed_and_another_published_reaches_what_runs(
    project, included, msp, lea
):
    director = make.practice("dir", role="manager", of=msp, name="Directrice")
    with as_(lea):
        row = versions.draft("essai", "2026-01", "2026-02")
        versions.complete(row.pk, {"phases[0].amounts.*": ("450.00", "accord du 3 mars")})
    with as_(director):
        versions.publish(row.pk)
        assert completed.take(project.pk, "2026-02") == 1
    project.refresh_from_db()
    after = only(pk=included.pk)
    assert (project.protocol_version, after.protocol_version) == ("2026-02", "2026-02")
    assert after.status == included.status
    assert after.version == included.version + 1
    with as_system():
        assert catalogue.of_enrolment(after).version == "2026-02"
        told = EnrolmentEvent.objects.filter(enrolment=after).order_by("-at", "-id").first()
    for event in (told, project.history.order_by("-at", "-id").first()):
        assert event.before == event.after
        assert "de 2026-01 à 2026-02" in event.reason
        assert (event.author_user_id, event.author_holder_id) == (
            director.professional.user_id, director.pk,
        )  # fmt: skip
    with as_system():
        said = Entry.objects.filter(kind="pathway.project", object_id=project.pk)
        assert said.order_by("-recorded_at").first().actor_user_id == director.professional.user_id


def test_whoever_was_proposed_or_has_left_follows_and_whoever_refused_keeps_what_they_read(
    project, included, filled, msp, lea, roussel
):
    others = []
    for name in ("ENDED", "PROPOSED", "REFUSED"):
        person = make.patient(name, "Anne", used_name="")
        make.member(person, msp, responsible=True)
        others.append(propose(project, person, roussel))
    ended, proposed, refused = others
    with as_(roussel):
        inclusion.decide(ended.pk, on=timezone.localdate(), team=[])
        inclusion.refuse(refused.pk, reason="ne souhaite pas")
    with as_system():
        type(ended).objects.filter(pk=ended.pk).update(
            status="ended", ended_on=timezone.localdate(), end_reason="completed"
        )
    with as_(lea):
        assert completed.take(project.pk, "2026-02") == 3
    got = [only(pk=one.pk).protocol_version for one in (included, ended, proposed, refused)]
    assert got == ["2026-02", "2026-02", "2026-02", "2026-01"]


@pytest.mark.parametrize(
    ("swaps", "why"),
    [
        ([(OPEN, '"450.00"'), ('"100.00"', '"110.00"')], r"« phases\[1\].amounts.\* »"),
        ([(OPEN, '"450.00"'), ("late_after_days: 10", "late_after_days: 9"), ('"100.00"', '"1.00"'),
          ("min: 35", "min: 30"), ("min: 18", "min: 17"), ("payer: cpam", "payer: ars_fir")],
         "et 1 autre\\."),
        ([], "ne complète rien"),
    ],
    ids=["changes", "changes much", "fills nothing"],
)  # fmt: skip
def test_a_version_that_changes_what_was_said_is_refused_and_says_what(
    project, included, msp, lea, swaps, why
):
    released(msp, "2026-03", *swaps)
    with as_(lea), pytest.raises(Refused, match=why):
        completed.take(project.pk, "2026-03")
    project.refresh_from_db()
    assert (project.protocol_version, only(pk=included.pk).protocol_version) == ("2026-01",) * 2
    assert not catalogue.completing([(msp.pk, catalogue.of_project(project))])


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_what_is_not_published_is_not_taken(project, included, msp, lea, status):
    released(msp, "2026-04", (OPEN, '"450.00"'), status=status)
    with as_(lea), pytest.raises(Refused, match="n’a publié"):
        completed.take(project.pk, "2026-04")


def test_twice_is_said_and_who_was_left_behind_still_follows(project, included, filled, lea):
    with as_(lea):
        completed.take(project.pk, "2026-02")
        with pytest.raises(Refused, match="suit déjà"):
            completed.take(project.pk, "2026-02")
    with as_system():
        type(included).objects.filter(pk=included.pk).update(protocol_version="2026-01")
    with as_(lea):
        assert completed.take(project.pk, "2026-02") == 1
    assert only(pk=included.pk).protocol_version == "2026-02"


@pytest.mark.parametrize("role", ["care", "secretary", "billing", "case_manager"])
def test_only_who_keeps_the_project_takes_it(project, included, filled, msp, sign_in, role):
    someone = make.practice("someone", role=role, of=msp, name="Camille Autre")
    with as_(someone), pytest.raises(NotAllowed):
        completed.take(project.pk, "2026-02")
    url = catalogue.taking(project.pk, "2026-02")
    client = sign_in("someone")
    assert client.get(url).status_code == 404
    assert client.post(url, {"version": "2026-02"}).status_code == 404
    assert only(pk=included.pk).protocol_version == "2026-01"


def test_another_structure_finds_nothing_and_its_versions_are_not_ours(
    project, included, filled, msp, sign_in
):
    other = make.organisation("Ailleurs", "msp")
    stranger = make.practice("ailleurs", role="coordinator", of=other, name="Ana Loin")
    released(other, "2026-09", (OPEN, '"1.00"'))
    with as_(stranger), pytest.raises(Http404):
        completed.take(project.pk, "2026-02")
    url = catalogue.taking(project.pk, "2026-02")
    assert sign_in("ailleurs").get(url).status_code == 404
    with as_system():
        before = catalogue.of_project(project)
        assert catalogue.completing([(msp.pk, before)]) == {(msp.pk, "essai", "2026-01"): "2026-02"}


def test_of_two_that_complete_the_one_published_last_is_offered(project, filled, msp):
    released(msp, "2026-05", (OPEN, '"460.00"'))
    released(msp, "2026-06", (OPEN, '"470.00"'), ('"100.00"', '"110.00"'))
    released(msp, "2026-07", (OPEN, '"480.00"'), status="withdrawn")
    with as_system():
        found = catalogue.completing([(msp.pk, catalogue.of_project(project))])
    assert list(found.values()) == ["2026-05"]


def test_the_project_page_leads_to_it_and_one_button_does_it(project, included, msp, lea, sign_in):
    client, here = sign_in("lea"), f"/parcours/projets/{project.pk}/"
    shown = client.get(here).content.decode()
    assert "Compléter le protocole" in shown
    assert catalogue.TAKE not in shown
    released(msp, "2026-02", (OPEN, '"450.00"'))
    url = catalogue.taking(project.pk, "2026-02")
    shown = client.get(here).content.decode()
    assert catalogue.TAKE in shown
    assert url in shown
    page = client.get(url).content.decode()
    for text in ("Montant de la séquence", "suit la version 2026-01", catalogue.TAKE):
        assert text in page
    assert client.get(f"{here}version/?version=nulle").status_code == 404
    answer = client.post(url, {"version": "2026-02"}, follow=True)
    shown = answer.content.decode()
    assert "Version reprise" in shown
    assert "règles 2026-02" in shown
    assert "à compléter" not in shown
    again = client.post(url, {"version": "2026-02"})
    assert again.status_code == 422
    assert "suit déjà cette version" in again.content.decode()


def test_the_page_refuses_with_what_changes(project, included, msp, sign_in):
    released(msp, "2026-03", (OPEN, '"450.00"'), ('"100.00"', '"110.00"'))
    answer = sign_in("lea").post(catalogue.taking(project.pk, "2026-03"), {"version": "2026-03"})
    assert answer.status_code == 422
    assert "change ce que la version 2026-01 dit déjà" in answer.content.decode()
