"""The demo is loaded where nobody works: never beside real accounts or records."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.LIANE_DEMO = True


def test_the_demo_does_not_mix_with_real_accounts():
    make.practice("vrai")
    with pytest.raises(CommandError):
        call_command("demo_load", persons=3, stdout=StringIO())


def test_the_demo_does_not_mix_with_records_that_were_there():
    make.patient()
    with pytest.raises(CommandError):
        call_command("demo_load", persons=3, stdout=StringIO())


def test_without_the_setting_nothing_is_loaded(settings):
    settings.LIANE_DEMO = False
    with pytest.raises(CommandError):
        call_command("demo_load", persons=3, stdout=StringIO())
