"""Whatever is tried in whatever order: no illegal step, and every step leaves its dated row."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.core import acting
from liane.core.errors import NotAllowed, Refused
from liane.followups import services as followups
from liane.followups.models import Accompaniment
from liane.followups.states import ExitReason
from liane.referrals import returning, services
from liane.referrals.models import Referral, ReferralStep, Return, ReturnTo
from liane.referrals.services import Reply
from liane.referrals.states import (
    ANSWERS,
    CLOSED,
    LIFE,
    QUALIFIED,
    QUEST,
    RETURNED,
    STAGES,
    Quest,
    Status,
)
from liane.referrals.tests.conftest import as_
from tests import factories as make

pytestmark = pytest.mark.django_db
TRIES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), min_size=1, max_size=12)
"""Most tries pick one of the legal steps (first number above zero), the others anything."""
ANYTHING = [*Status.values, "settle"]


def wish(status: str, number: tuple[int, int]) -> str:
    legal = [*sorted(LIFE.steps.get(status, set())), "settle"] if number[0] else ANYTHING
    return legal[number[1] % len(legal)]


def end(referral_id, text: str) -> None:
    """The request that opened an accompaniment ends with it, any other by itself."""
    opened = Accompaniment.objects.filter(request_id=referral_id, closed_at=None).first()
    if opened is None:
        services.close(referral_id, text=text)
    else:
        followups.end(opened.pk, ExitReason.RELAY, text=text)


def attempt(referral_id, after: str, desk, requester, elsewhere) -> None:
    """The verb that leads to ``after``, as whoever it belongs to."""
    with as_(requester if after == Status.REVOKED else desk):
        match after:
            case "settle":
                for row in ReturnTo.objects.filter(referral_id=referral_id, settled_at=None):
                    returning.settle(row.pk)
            case Status.SENT:
                raise Refused("nothing leads there")
            case Status.RECEIVED:
                services.take(referral_id)
            case Status.REFUSED:
                services.refuse(referral_id, reason="complet")
            case Status.REVOKED:
                services.revoke(referral_id, reason="réglé")
            case Status.REOPENED:
                services.reopen(referral_id, reason="de nouveau")
            case Status.DONE:
                end(referral_id, "Fin de l’appui.")
            case _ if after in QUALIFIED:
                services.qualify(referral_id, after, reason="vu")
            case Status.ONWARD:
                services.answer(referral_id, Reply(after, "Voyez ailleurs.", elsewhere))
            case _:
                services.answer(referral_id, Reply(after, "Voici notre réponse."))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tries=TRIES)
def test_every_path_is_legal_and_leaves_a_full_history(
    asked, isabelle, claire, simon, tries
) -> None:
    elsewhere = make.organisation("CPTS", "cpts").pk
    referral = asked()
    for number in tries:
        rows, was = life_of(referral.pk)
        try:
            attempt(referral.pk, wish(was, number), isabelle, claire, elsewhere)
        except (Refused, NotAllowed):
            assert life_of(referral.pk) == (rows, was)
    with acting.owner():
        check_history(Referral.objects.get(pk=referral.pk))


def life_of(referral_id) -> tuple[int, str]:
    """How many steps are written, and the status."""
    with acting.owner():
        rows = ReferralStep.objects.filter(referral_id=referral_id).count()
        return rows, Referral.objects.get(pk=referral_id).status


def check_history(now: Referral) -> None:
    rows = list(ReferralStep.objects.filter(referral=now).order_by("at", "id"))
    assert (rows[0].before, rows[0].after) == ("", Status.SENT)
    assert [row.before for row in rows[1:]] == [row.after for row in rows[:-1]]
    assert all(LIFE.allows(row.before, row.after) for row in rows[1:])
    assert all(row.author_label and row.at for row in rows)
    assert (rows[-1].after, now.closed) == (now.status, now.status in CLOSED)
    assert (now.waits_until is not None) == (now.status in STAGES)
    owed = Return.objects.filter(referral=now)
    assert owed.exclude(step=Status.DONE).count() == sum(row.after in RETURNED for row in rows)
    if now.status == Status.DONE:
        assert not ReturnTo.objects.filter(referral=now, settled_at=None).exists()
        assert owed.exists()


def test_every_state_is_reached_and_every_closed_one_reopens() -> None:
    reached, waiting = {Status.SENT}, [Status.SENT]
    while waiting:
        for after in LIFE.steps.get(waiting.pop(), set()) - reached:
            reached.add(after)
            waiting.append(after)
    assert reached == set(Status)
    assert all(LIFE.steps[state] == {Status.REOPENED} for state in CLOSED)
    assert not any(LIFE.allows(Status.SENT, answer) for answer in ANSWERS | {Status.DONE})


def test_a_search_ends_accepted_or_cancelled_and_nowhere_else() -> None:
    ends = {state for state in Quest if not QUEST.steps.get(state)}
    assert ends == {Quest.ACCEPTED, Quest.CANCELLED}
