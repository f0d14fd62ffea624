"""An alert comes at the earlier of the end of quiet hours and one hour before the next visit."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from liane.core import acting, sms
from liane.notifications.rules import QuietHours, Wishes
from liane.stays import escalation, queries
from liane.stays.models import StayNotice
from liane.stays.tests.world import admission, circle, hear, visit


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("06 11 22 33 44", "+33611223344"),
        ("+33 7 11 22 33 44", "+33711223344"),
        ("05 58 00 00 01", ""),
        ("", ""),
        ("12", ""),
    ],
)
def test_text_messages_go_to_mobiles_only(number, plain):
    assert sms.mobile(number) == plain


def notices(stay):
    with acting.acting(acting.system("test")):
        return {one.label: one for one in StayNotice.objects.filter(stay=stay, latest=True)}


def later(stay, **shift):
    """As if so much time had passed."""
    with acting.acting(acting.system("test")):
        for one in StayNotice.objects.filter(stay=stay):
            for name in ("due_at", "sms_at", "call_at"):
                at = getattr(one, name)
                setattr(one, name, at and at - dt.timedelta(**shift))
            one.save()


@pytest.mark.django_db
def test_who_has_no_account_is_called_at_once():
    who = circle()
    stay = hear(who, admission())
    assert [label for label, one in notices(stay).items() if one.to_call] == ["Portage des Landes"]


@pytest.mark.django_db
def test_unseen_then_a_text_message_then_the_telephone(settings, tmp_path):
    settings.LIANE_SMS_URL = f"file:{tmp_path / 'sms.jsonl'}"
    who = circle()
    stay = hear(who, admission())
    assert escalation.remind() == 0
    later(stay, minutes=16)
    assert (escalation.remind(), escalation.remind()) == (2, 0)
    sent = [json.loads(line) for line in (tmp_path / "sms.jsonl").read_text().splitlines()]
    assert {one["to"] for one in sent} == {"+33611223344", "+33699887766"}
    for one in sent:
        assert "upont" not in one["text"]
        assert "hôpital" not in one["text"].lower()
    assert not notices(stay)["Claire Aubert"].to_call
    later(stay, minutes=15)
    assert notices(stay)["Claire Aubert"].to_call


@pytest.mark.django_db
def test_without_gateway_the_telephone_comes_first():
    who = circle()
    stay = hear(who, admission())
    later(stay, minutes=16)
    assert escalation.remind() == 0
    assert notices(stay)["Claire Aubert"].to_call


@pytest.mark.django_db
def test_a_gateway_that_fails_leaves_the_telephone(settings):
    settings.LIANE_SMS_URL = "http://127.0.0.1:9/none"
    who = circle()
    stay = hear(who, admission())
    later(stay, minutes=16)
    assert escalation.remind() == 0
    assert notices(stay)["Claire Aubert"].to_call


@pytest.mark.django_db
def test_an_alert_never_comes_later_than_an_hour_before_the_visit(monkeypatch):
    asleep = QuietHours(
        (timezone.localtime() - dt.timedelta(hours=1)).time(),
        (timezone.localtime() + dt.timedelta(hours=8)).time(),
    )
    monkeypatch.setattr(
        "liane.stays.telling.wishes", lambda users: {user: Wishes(asleep) for user in users}
    )
    who = circle()
    soon = visit(who, who.claire, 3)
    stay = hear(who, admission())
    found = notices(stay)
    assert found["Claire Aubert"].due_at == soon.starts_at - dt.timedelta(hours=1)
    assert found["Karim Lahlou"].due_at > found["Claire Aubert"].due_at
    with acting.acting(acting.system("test")):
        assert queries.board(stay).to_call == [found["Portage des Landes"]]
