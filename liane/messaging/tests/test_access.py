"""Who reads and writes which conversation, held against the rights written by hand."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import BreakGlass, Membership, Opposition
from liane.circle.reach import Reach
from liane.core.acting import Actor, acting, owner
from liane.core.audience import Audience
from liane.core.errors import NotAllowed
from liane.directory.models import Duty, Locum
from liane.messaging import services
from liane.messaging.models import Message, MessageWord, ReadMark, Thread
from liane.messaging.services import Named
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db


class Story:
    """Mme Dupont's circle, and one thread of each kind begun by Claire, her nurse."""

    def __init__(self) -> None:
        self.msp = make.organisation("MSP", "msp")
        self.saad = make.organisation("SAAD", "saad")
        self.odette = make.patient(user=make.user("odette"))
        self.people: dict[str, Any] = {
            "claire": make.practice("claire", of=self.msp),
            "roussel": make.practice("roussel", profession="10"),
            "karim": make.practice("karim", role="social", of=self.saad),
            "coline": make.practice("coline", role="coordinator"),
            "manon": make.practice("manon", role="case_manager"),
            "sonia": make.practice("sonia", role="secretary", of=self.msp),
            "bill": make.practice("bill", role="billing", of=self.msp),
            "diane": make.practice("diane", role="manager", of=self.msp),
            "tech": make.practice("tech", role="technical_admin", of=self.msp),
            "dora": make.practice("dora", role="dpo", of=self.msp),
            "bruno": make.practice("bruno"),
            "left": make.practice("left"),
            "opposed": make.practice("opposed"),
            "urgent": make.practice("urgent"),
        }
        for name in ("claire", "roussel", "coline", "manon", "opposed"):
            make.member(self.odette, self.people[name])
        make.member(self.odette, self.msp)
        make.member(self.odette, self.people["karim"], outside_team=True)
        make.member(self.odette, self.people["left"], ends_at=timezone.now() - dt.timedelta(1))
        make.contact(self.odette, "julie", access="carer_write")
        make.contact(self.odette, "jean", access="carer_read")
        make.contact(self.odette, "tutrice", access="legal")
        with owner():
            Opposition.objects.create(person=self.odette, practice=self.people["opposed"])
            BreakGlass.objects.create(
                person=self.odette,
                practice=self.people["urgent"],
                reason="urgence",
                text="chute",
                ends_at=timezone.now() + dt.timedelta(hours=4),
            )
            compile_grants(self.odette.pk)

    def thread(self, kind: str, *named: str, to: Audience | None = None) -> Thread:
        people = [
            Named(self.msp.pk, "organisation")
            if name == "msp"
            else Named(self.people[name].pk, "practice")
            for name in named
        ]
        person = None if kind == "direct" else self.odette.pk
        with acting(make.actor("claire")):
            thread = services.open_thread(person_id=person, kind=kind, named=people, to=to)
            services.send_message(thread, "Tension à 18 ce matin")
            return thread


READERS = {
    "team": "claire roussel coline manon urgent",
    "family": "claire roussel coline manon urgent karim odette julie tutrice",
    "topic": "claire roussel",
    "named outside": "claire karim",
    "named organisation": "claire sonia",
    "named without a grant": "claire",
    "direct": "claire roussel bruno",
}
WRITERS = {
    "team": "claire roussel coline manon",
    "family": "claire roussel coline manon karim odette julie tutrice",
    "topic": "claire roussel",
    "named outside": "claire karim",
    "named organisation": "claire",
    "named without a grant": "claire",
    "direct": "claire roussel bruno",
}
NAMES = {
    "topic": ("topic", ["roussel"]),
    "named outside": ("topic", ["karim"]),
    "named organisation": ("topic", ["msp"]),
    "named without a grant": ("topic", ["bruno", "left", "opposed"]),
    "direct": ("direct", ["roussel", "bruno"]),
}


@pytest.mark.parametrize("kind", READERS)
def test_each_conversation_is_read_and_written_by_those_it_is_for(kind: str) -> None:
    story = Story()
    opened, named = NAMES.get(kind, (kind, []))
    thread = story.thread(opened, *named)
    everybody = [*story.people, "odette", "julie", "jean", "tutrice"]
    reading, writing = set(), set()
    for name in everybody:
        actor = make.actor(name)
        with acting(actor):
            seen = Thread.objects.within(Reach.of(actor)).filter(pk=thread.pk)
            about, direct = Thread.objects.filter(pk=thread.pk).across(Reach.of(actor))
            assert set(seen) == {*about, *direct}
            if not seen:
                assert not _rows(actor)
                continue
            reading.add(name)
            try:
                services.send_message(seen[0], f"de {name}")
            except NotAllowed:
                continue
            writing.add(name)
    assert " ".join(sorted(reading)) == " ".join(sorted(READERS[kind].split()))
    assert " ".join(sorted(writing)) == " ".join(sorted(WRITERS[kind].split()))


def _rows(actor: Actor) -> list[Any]:
    reach = Reach.of(actor)
    return [
        row for model in (Message, MessageWord, ReadMark) for row in model.objects.within(reach)
    ]


def test_a_member_removed_loses_the_thread_at_once_and_keeps_the_direct_ones() -> None:
    story = Story()
    team, direct = story.thread("team"), story.thread("direct", "roussel")
    assert _seen("roussel") == {team.pk, direct.pk}
    with owner():
        Membership.objects.filter(practice=story.people["roussel"]).update(status="removed")
        compile_grants(story.odette.pk)
    assert _seen("roussel") == {direct.pk}


def test_a_colleague_on_duty_and_a_locum_read_what_their_post_or_the_replaced_one_reads() -> None:
    story = Story()
    post = make.post("Accueil", story.msp)
    with acting(make.actor("claire")):
        direct = services.open_thread(
            kind="direct",
            named=[Named(post.pk, "post"), Named(story.people["roussel"].pk, "practice")],
        )
    assert _seen("bruno") == set()
    now, today = timezone.now(), timezone.localdate()
    Duty.objects.create(post=post, practice=story.people["bruno"], starts_at=now)
    assert _seen("bruno") == {direct.pk}
    nadia = make.practice("nadia")
    Locum.objects.create(
        replaced=story.people["roussel"], locum=nadia, starts_on=today, ends_on=today
    )
    assert _seen("nadia") == {direct.pk}


def test_after_a_death_the_family_thread_closes_to_carers_and_not_to_the_team() -> None:
    story = Story()
    thread = story.thread("family")
    assert _seen("julie") == {thread.pk}
    with owner():
        Patient.objects.filter(pk=story.odette.pk).update(died_on=dt.date(2026, 11, 1))
        compile_grants(story.odette.pk)
    assert _seen("julie") == set()
    assert _seen("roussel") == {thread.pk}


def _seen(name: str) -> set[Any]:
    actor = make.actor(name)
    with acting(actor):
        return set(Thread.objects.within(Reach.of(actor)).values_list("pk", flat=True))


def test_a_thread_of_an_organisation_is_not_read_by_its_management() -> None:
    story = Story()
    with acting(make.actor("roussel")):
        thread = services.open_thread(kind="direct", named=[Named(story.msp.pk, "organisation")])
    readers = {name for name in story.people if thread.pk in _seen(name)}
    assert readers == {"roussel", "claire", "sonia"}
