"""Each sort of signed link against every other: one thing, one recipient, one code, for a time."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from liane.core.acting import owner
from liane.directory.models import Practice, Professional
from liane.meetings import links as meeting_links
from liane.meetings.models import MeetingLink, Participant
from liane.messaging import links as thread_links
from liane.messaging.models import Attachment, SignedLink, Thread, Validation
from tests import factories as make
from tests.access.expectations import may_see
from tests.access.walker import TOKEN, addresses, client_of, link_pages, sample_for, snapshot
from tests.access.world import KINDS, World

pytestmark = pytest.mark.django_db
BY_LINK = next(kind for kind in KINDS if kind.name == "by_link")
SORTS = ["thread", "plan", "meeting"]
TOUCHED = {"messaging", "careplans", "meetings", "core", "notifications", "tasks", "timeline"}


@pytest.fixture(scope="module")
def sorts() -> dict[str, str]:
    """The beginning of the address of each sort of link."""
    return {"thread": "/lien/", "plan": "/plan/lien/", "meeting": "/concertations/lien/"}


def door(world: World, sorts: dict[str, str], person: str, sort: str) -> tuple[str, Any]:
    return next(one for one in world.doors[person] if one[0].startswith(sorts[sort]))


def entered(path: str, link: Any) -> Client:
    client = Client()
    code = thread_links.new_code(link)
    assert client.post(f"{path}code/", {"code": code}).status_code == 302
    return client


def canaries(answer: Any) -> set[str]:
    return {token.lower() for token in TOKEN.findall(answer.content.decode())}


def second_recipient(world: World) -> dict[str, tuple[str, Any]]:
    """A colleague of A's doctor, invited to the same thread and to the same meeting."""
    person = world.persons["A"]
    with owner():
        who = Professional.objects.create(given="Paul", family="Lesbats", profession="10")
        practice = Practice.objects.create(
            professional=who, organisation=world.organisations["other"], role="care"
        )
        make.member(person, practice)
        thread = Thread.objects.get(person=person, kind="team")
        link = thread_links.link_for(thread, practice)
        mine = MeetingLink.objects.get(person=person)
        other = Participant.objects.create(
            meeting=mine.meeting, person=person, practice=practice, approves=True
        )
        second = MeetingLink.objects.create(
            meeting=mine.meeting, person=person, participant=other, holder_id=practice.pk,
            occasion="minutes", expires_at=mine.expires_at,
        )  # fmt: skip
    return {
        "thread": (thread_links.path_of(link), link),
        "meeting": (meeting_links.path_of(second), second),
    }


def test_a_code_opens_its_own_link_and_no_other(world: World, sorts: dict[str, str]) -> None:
    """Past the code of one, every other one still asks for its own: another sort, another person,
    another recipient of the same thing."""
    doors = {(name, sort): door(world, sorts, name, sort) for name in "AB" for sort in SORTS}
    doors |= {("colleague", sort): one for sort, one in second_recipient(world).items()}
    for mine, (path, link) in doors.items():
        client = entered(path, link)
        for other, (there, _) in doors.items():
            answer = client.get(there)
            assert answer.status_code == 200
            assert bool(canaries(answer)) == (mine == other), (mine, other)


def test_a_token_means_nothing_at_another_sort_s_address_nor_with_another_s_signature(
    world: World, sorts: dict[str, str]
) -> None:
    tokens = {
        (name, sort): door(world, sorts, name, sort)[0].strip("/").rsplit("/", 1)[1]
        for name in "AB"
        for sort in SORTS
    }
    for (name, sort), token in tokens.items():
        number = token.partition(".")[0]
        forged = [f"{number}.{other.partition('.')[2]}" for other in tokens.values()]
        tried = [f"{start}{token}/" for other, start in sorts.items() if other != sort]
        tried += [f"{sorts[sort]}{one}/" for one in forged if one != token]
        client = entered(*door(world, sorts, name, sort))
        for path in tried:
            assert client.get(path).status_code == 404
            assert client.post(f"{path}code/", {"code": "123456"}).status_code == 404


@pytest.mark.parametrize("sort", SORTS)
def test_expired_revoked_or_given_to_somebody_else_it_opens_nothing(
    world: World, sort: str, sorts: dict[str, str]
) -> None:
    """A code is good once; the link dies with its day, its owner, its recipient."""
    path, link = door(world, sorts, "A", sort)
    rows = type(link)._base_manager.filter(pk=link.pk)
    code = thread_links.new_code(link)
    inside = Client()
    assert inside.post(f"{path}code/", {"code": code}).status_code == 302
    assert Client().post(f"{path}code/", {"code": code}).status_code == 422
    stranger = world.practices["zoe"].pk
    recipient: dict[str, Any] = {"holder_id": stranger}
    if sort == "meeting":
        with owner():
            other = Participant.objects.exclude(pk=link.participant_id).first()
        assert other is not None
        recipient = {"participant_id": other.pk}
    now = timezone.now()
    for change in (
        {"expires_at": now - dt.timedelta(seconds=1)}, {"revoked_at": now}, recipient,
        {"wrong": 2 * SignedLink.TRIES},
    ):  # fmt: skip
        before = {name: getattr(link, name) for name in change}
        with owner():
            rows.update(**change)
        assert inside.get(path).status_code == 404, change
        assert inside.post(path, {"text": "x", "answer": "validated"}).status_code == 404
        assert inside.post(f"{path}code/", {"code": "123456"}).status_code == 404
        with owner():
            rows.update(**before)
    assert inside.get(path).status_code == 200


def test_a_document_is_validated_by_its_own_link_alone(world: World, sorts: dict[str, str]) -> None:
    with owner():
        attached = Attachment.objects.filter(message__thread__person=world.persons["A"])
        mine = attached.get(message__thread__kind="team")
        family = attached.get(message__thread__kind="family")
    for sort in SORTS:
        for name in "AB":
            path, link = door(world, sorts, name, sort)
            client = entered(path, link)
            client.post(path, {"validate": str(family.pk)})
            client.post(path, {"validate": str(mine.pk)})
            with owner():
                done = set(Validation.objects.values_list("attachment_id", flat=True))
            assert done == ({mine.pk}), (sort, name)


def test_behind_its_links_an_outsider_writes_in_those_rooms_alone(world: World) -> None:
    """Addresses posted to in the session that holds the three links: theirs, a third of others."""
    client = client_of(world, BY_LINK)
    before = {name: snapshot(world, name) for name in "AB"}
    some = sample_for("post by_link")

    def chosen(route: str) -> bool:
        return link_pages(route) or some(route)

    form = {"text": "x", "answer": "validated", "quick": "accord", "reason": "x"}
    allowed = {c.token.lower() for c in world.canaries if may_see(BY_LINK, c)}
    for name in "AB":
        for route, url in addresses(world, name, chosen):
            answer = client.post(url, form)
            assert answer.status_code < 500, route
            if not answer.streaming:
                assert canaries(answer) <= allowed, route
    after = {name: snapshot(world, name) for name in "AB"}
    changed = {label for label in after["A"] if after["A"][label] != before["A"][label]}
    assert changed
    assert {label.split(".")[0] for label in changed} <= TOUCHED
    assert after["B"] == before["B"]
