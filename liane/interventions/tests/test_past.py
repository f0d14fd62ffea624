"""Who has left a circle finds their own acts again, without a name; who came back is at home."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.core.acting import acting, owner
from liane.core.models import AccessRow
from liane.directory.models import Locum, Practice
from liane.interventions import services
from liane.interventions.models import Intervention
from liane.patients.models import Patient, PersonLink
from liane.timeline.models import WorkingNote
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LIST = "/parametres/dossiers-quittes/"
NOW = timezone.now
DAY = dt.timedelta(days=1)


def act(person: Patient, by: Practice, title: str, *, days: int = 5, **more: Any) -> Intervention:
    with owner():
        return Intervention.objects.create(
            person=person, performed_by=by, organisation=by.organisation, title=title,
            at=NOW() - days * DAY, author_holder_id=by.pk,
            author_user_id=by.professional.user_id, **more,
        )  # fmt: skip


def left(person: Patient, holder: Any, *, days: int = 1) -> Membership:
    return make.member(
        person, holder, status="left", starts_at=NOW() - 9 * DAY, ends_at=NOW() - days * DAY
    )


def of(person: Patient) -> str:
    return f"{LIST}{person.pk}/"


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.fixture
def story() -> tuple[Patient, Practice]:
    """Claire was Odette's nurse until yesterday."""
    claire, person = make.practice("claire"), make.patient()
    left(person, claire)
    return person, claire


def test_she_finds_her_own_acts_of_that_time_and_no_name(
    story: tuple[Patient, Practice], sign_in: SignIn
) -> None:
    person, claire = story
    act(person, claire, "Pansement", note="Plaie propre")
    act(person, make.practice("bruno", of=claire.organisation), "Perfusion")
    act(person, claire, "Après coup", days=0)
    client = sign_in("claire")
    listed, shown = text(client, LIST), text(client, of(person))
    assert "1\u00a0acte" in listed
    assert "Pansement" in shown
    assert "Plaie propre" in shown
    for hidden in ("Perfusion", "Après coup", "Dupont", "DUPONT", "LABORDE", "Odette"):
        assert hidden not in listed + shown
    assert client.get(f"/personnes/{person.pk}/").status_code == 404


def test_the_reading_is_recorded_with_its_ground(
    story: tuple[Patient, Practice], sign_in: SignIn
) -> None:
    person, _ = story
    text(sign_in("claire"), of(person))
    row = AccessRow.objects.filter(resource="own_past").latest("id")
    assert (row.person_id, row.ground) == (person.pk, "ancien membre du cercle")


def test_what_her_structure_kept_for_itself_then_is_there_and_nothing_later(
    story: tuple[Patient, Practice], sign_in: SignIn
) -> None:
    person, claire = story
    with owner():
        first = WorkingNote.objects.create(
            person=person, organisation=claire.organisation, text="Fatigue", at=NOW() - 5 * DAY
        )
        WorkingNote.objects.create(
            person=person, organisation=claire.organisation, text="Fatigue, le soir surtout",
            at=NOW() - 4 * DAY, replaces=first,
        )  # fmt: skip
        WorkingNote.objects.create(person=person, organisation=claire.organisation, text="Ensuite")
    shown = text(sign_in("claire"), of(person))
    assert shown.count("Fatigue") == 1
    assert "le soir surtout" in shown
    assert "Ensuite" not in shown


def test_a_structure_that_left_reads_its_acts_an_opposed_one_only_each_their_own(
    sign_in: SignIn,
) -> None:
    ssiad, person = make.organisation("SSIAD", "ssiad"), make.patient()
    anne = make.practice("anne", of=ssiad)
    make.practice("chef", role="coordinator", of=ssiad)
    left(person, ssiad)
    act(person, anne, "Toilette")
    assert "Toilette" in text(sign_in("chef"), of(person))
    with owner():
        Opposition.objects.create(person=person, organisation=ssiad)
        WorkingNote.objects.create(
            person=person, organisation=ssiad, text="Gardé", at=NOW() - 5 * DAY
        )
        compile_grants(person.pk)
    assert "Toilette" not in text(sign_in("chef"), of(person))
    shown = text(sign_in("anne"), of(person))
    assert "Toilette" in shown
    assert "Gardé" not in shown


def test_a_member_opposed_but_not_removed_keeps_their_acts(sign_in: SignIn) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire, starts_at=NOW() - 9 * DAY)
    act(person, claire, "Pansement")
    with owner():
        Opposition.objects.create(person=person, practice=claire)
        compile_grants(person.pk)
    assert "Pansement" in text(sign_in("claire"), of(person))


def test_who_came_back_finds_the_record_not_a_record_left(
    story: tuple[Patient, Practice], sign_in: SignIn
) -> None:
    person, claire = story
    make.member(person, claire)
    client = sign_in("claire")
    assert "Aucun dossier quitté" in text(client, LIST)
    assert client.get(of(person)).status_code == 404
    assert client.get(f"/personnes/{person.pk}/").status_code == 200


def test_a_stranger_a_manager_and_a_carer_find_nothing(
    story: tuple[Patient, Practice], sign_in: SignIn
) -> None:
    person, claire = story
    act(person, claire, "Pansement")
    make.practice("bruno")
    make.practice("chef", role="manager", of=claire.organisation)
    make.contact(person, "julie")
    assert "Aucun dossier quitté" in text(sign_in("bruno"), LIST)
    assert sign_in("bruno").get(of(person)).status_code == 404
    assert sign_in("chef").get(LIST).status_code == 404
    assert sign_in("julie").get(LIST).status_code == 403


def test_a_past_act_can_be_read_but_no_longer_undone(story: tuple[Patient, Practice]) -> None:
    person, claire = story
    done = act(person, claire, "Pansement")
    with acting(make.actor("claire")), pytest.raises(Http404):
        services.undo_intervention(done.pk)


def test_linked_records_are_one_record_left(
    story: tuple[Patient, Practice], sign_in: SignIn
) -> None:
    person, claire = story
    double = make.patient("LABORDE", "Odette")
    act(double, claire, "Avant le rapprochement")
    with owner():
        PersonLink.objects.create(survivor=person, duplicate=double, reason="doublon")
        compile_grants(person.pk)
    client = sign_in("claire")
    assert text(client, LIST).count("Suivi du") == 1
    assert "Avant le rapprochement" in text(client, of(person))


def test_pages_follow_one_another(story: tuple[Patient, Practice], sign_in: SignIn) -> None:
    person, claire = story
    for number in range(52):
        act(person, claire, f"Visite-{number:02d}.")
    client = sign_in("claire")
    first, second = text(client, of(person)), text(client, f"{of(person)}?page=1")
    seen = [name for name in (f"Visite-{number:02d}." for number in range(52)) if name in first]
    assert len(seen) == 50
    assert "Plus ancien" in first
    assert "Plus récent" in second
    for odd in ("x", "-1", "99999999999999999999"):
        assert client.get(f"{LIST}?page={odd}").status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_records(sign_in: SignIn) -> None:
    claire = make.practice("claire")
    client = sign_in("claire")

    def asked(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            client.get(url)
        return len(found)

    first = make.patient()
    left(first, claire)
    act(first, claire, "Pansement")
    few = asked(LIST), asked(of(first)), asked("/parametres/mes-acces/")
    for number in range(6):
        person = make.patient(f"AUTRE{number}", "Jean")
        left(person, claire)
        act(person, claire, "Pansement")
    assert (asked(LIST), asked(of(first)), asked("/parametres/mes-acces/")) == few
    assert max(few) <= 24


def test_my_accesses_name_whom_i_still_follow_alone(sign_in: SignIn) -> None:
    claire, stays, goes = make.practice("claire"), make.patient(), make.patient("SIMON", "Pierre")
    for person in (stays, goes):
        make.member(person, claire)
    client = sign_in("claire")
    for person in (stays, goes):
        client.get(f"/personnes/{person.pk}/identite/")
    with owner():
        Membership.objects.filter(person=goes).update(status="removed", ends_at=NOW())
        compile_grants(goes.pk)
    shown = text(client, "/parametres/mes-acces/")
    assert stays.short_name in shown
    assert "Dossier hors de votre portée" in shown
    assert "Pierre" not in shown
    assert "Mes accès aux dossiers" in text(client, "/parametres/")
    make.practice("tech", role="technical_admin")
    assert sign_in("tech").get("/parametres/mes-acces/").status_code == 404
    assert "Mes accès aux dossiers" not in text(sign_in("tech"), "/parametres/")


def test_a_locum_writes_acts_but_the_person_s_consent_is_not_lent(sign_in: SignIn) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    locum = make.practice("lucie")
    day = timezone.localdate()
    Locum.objects.create(replaced=claire, locum=locum, starts_on=day, ends_on=day)
    wishes = "Ce que la personne souhaite"
    assert wishes in text(sign_in("claire"), f"/personnes/{person.pk}/identite/")
    client = sign_in("lucie")
    assert wishes not in text(client, f"/personnes/{person.pk}/identite/")
    assert client.get(f"/personnes/{person.pk}/identite/souhait").status_code == 404
