"""A territory changes the rules of a stay in a file, not in the code."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from liane.stays.movement import StayClass, Ward
from liane.stays.settings import DEFAULT, current


def test_without_a_file_the_documented_rules_hold(settings):
    settings.LIANE_STAY_RULES_FILE = ""
    assert current() is DEFAULT


def test_a_file_changes_what_it_names(settings, tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(
        json.dumps(
            {
                "sensitive_units": ["6200"],
                "home_units": ["HAD1"],
                "readmission_within": 48,
                "classes": {"z": "day"},
                "suspending": ["full", "emergency"],
            }
        )
    )
    settings.LIANE_STAY_RULES_FILE = str(path)
    rules = current()
    assert rules.sensitive(Ward("Unité 12", "6200"))
    assert rules.sensitive(Ward("Psychiatrie A"))
    assert rules.class_of("I", Ward("Secteur nord", "HAD1")) is StayClass.HOME
    assert rules.class_of("Z", Ward()) is StayClass.DAY
    assert rules.readmission_within == timedelta(hours=48)
    assert StayClass.EMERGENCY in rules.suspending


@pytest.mark.parametrize("text", ["nothing", '{"colour": ["red"]}', '{"suspending": ["moon"]}'])
def test_a_wrong_file_says_so_in_one_line(settings, tmp_path, text):
    path = tmp_path / "rules.json"
    path.write_text(text)
    settings.LIANE_STAY_RULES_FILE = str(path)
    with pytest.raises(ImproperlyConfigured, match="LIANE_STAY_RULES_FILE"):
        current()
