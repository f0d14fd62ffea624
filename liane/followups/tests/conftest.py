"""The territory of the requests' tests, and an accompaniment opened by an answer."""

import pytest

from liane.followups.models import Accompaniment
from liane.referrals import services as requests
from liane.referrals.services import Reply
from liane.referrals.tests.conftest import (  # noqa: F401
    as_,
    asked,
    claire,
    dac,
    isabelle,
    landes,
    lise,
    roussel,
    simon,
)


def answer(referral, who, outcome: str = "intensive") -> None:
    """Taken, qualified and answered by ``who``."""
    with as_(who):
        requests.take(referral.pk)
        requests.qualify(referral.pk, "in_scope")
        requests.answer(referral.pk, Reply(outcome, "Je passe demain."))


def only(**filters) -> Accompaniment:
    with as_system():
        return Accompaniment.objects.get(**filters)


def as_system():
    from liane.core import acting

    return acting.acting(acting.system("test"))


@pytest.fixture
def followed(asked, isabelle) -> Accompaniment:  # noqa: F811
    """M. Simon, followed intensively by Isabelle of the DAC."""
    answer(asked(), isabelle)
    return only()
