"""Is the service alive, can it serve."""

import pytest
from django.test import Client

from liane.core import keys

pytestmark = pytest.mark.django_db


def test_alive():
    assert Client().get("/sante/live").json() == {"status": "ok"}


def test_ready():
    answer = Client().get("/sante/ready")
    assert answer.status_code == 200
    assert answer.json()["migrations"] is True


def test_not_ready_without_keys(settings, tmp_path):
    broken = tmp_path / "keys.json"
    broken.write_text("{}")
    settings.LIANE_KEYS_FILE = broken
    keys.forget()
    try:
        assert Client().get("/sante/ready").status_code == 503
    finally:
        keys.forget()
