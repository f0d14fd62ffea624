"""Every link that a page offers somebody leads somewhere: no role is shown a door that is shut."""

import datetime as dt
import re
from collections import deque
from html import unescape

import pytest

from liane.circle.models import Membership
from liane.core.acting import owner
from tests import factories as make

pytestmark = pytest.mark.django_db
MOST = 40
"""Pages visited for each role."""
LINK = re.compile(r'(?<![-\w])href="(/[^"#]*)')
LEFT_OUT = re.compile(r"^/(static|comptes|demo|parametres/apparence)|\.ics$|telecharger")

ROLES = [
    "care", "social", "coordinator", "case_manager", "secretary", "billing", "manager", "dpo",
    "identity", "technical_admin",
]  # fmt: skip


@pytest.fixture
def circle():
    place = make.organisation("MSP de l’Adour", "msp")
    for role in ROLES:
        make.practice(role, role=role, of=place)
    odette = make.patient(phone="0558000001")
    make.member(odette, place)
    simon = make.patient("SIMON", "Pierre", birth_date=dt.date(1950, 1, 2), used_name="")
    make.member(simon, place)
    twin = make.patient("LABORDE", "Odile", birth_date=dt.date(1941, 3, 7))
    make.member(twin, make.organisation("Ailleurs", "practice"))
    with owner():
        Membership.objects.filter(person=simon).update(outside_team=False)
    return odette


@pytest.mark.parametrize("role", ROLES)
def test_no_link_offered_is_dead(role, circle, sign_in):
    client = sign_in(role)
    wait, seen, dead = deque([("/", "")]), {"/"}, []
    while wait and len(seen) < MOST * 3:
        path, offered_by = wait.popleft()
        answer = client.get(path, follow=False)
        if answer.status_code >= 400:
            dead.append((path, answer.status_code, offered_by))
            continue
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        for found in LINK.findall(answer.content.decode()):
            link = unescape(found)
            if link not in seen and not LEFT_OUT.search(link) and len(seen) < MOST:
                seen.add(link)
                wait.append((link, path))
    assert dead == []
