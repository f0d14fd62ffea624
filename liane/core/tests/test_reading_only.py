"""A request that only reads writes nothing, whoever acts for a moment within it."""

import pytest

from liane.core.acting import WriteRefused, acting, reading_only, system
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_machine_called_by_a_request_that_reads_only_reads() -> None:
    actor = make.actor(make.practice("claire"))
    with (
        pytest.raises(WriteRefused),
        acting(actor, read_only=True),
        acting(system("somebody's count")),
    ):
        make.organisation("DAC")


def test_what_a_link_must_write_says_so_and_the_request_reads_again_afterwards() -> None:
    actor = make.actor(make.practice("claire"))
    with acting(actor, read_only=True):
        with acting(system("sign-in"), read_only=False):
            assert make.organisation("DAC").pk
        assert reading_only()


def test_a_machine_by_itself_writes() -> None:
    with acting(system("import")):
        assert not reading_only()
        assert make.organisation("DAC").pk
