"""The first to accept wins, whatever the network does: two at once, on both databases."""

import json
import os
import sys

from tests.system import installation
from tests.system.installation import Installation


def test_two_who_accept_at_the_same_moment_are_one_member_and_one_told(tmp_path) -> None:
    url = os.environ.get("LIANE_DATABASE_URL", "")
    made = Installation(tmp_path, installation.named(url, f"liane_race_{os.getpid()}"))
    if url:
        installation.admin(url, f'CREATE DATABASE "liane_race_{os.getpid()}"')
    try:
        made.liane("migrate", "-v", "0")
        said = made.run(sys.executable, "-m", "liane.referrals.tests.race")
        assert json.loads(said.splitlines()[-1]) == {
            "said": ["taken", "told"], "joined": 1, "same": True,
        }  # fmt: skip
    finally:
        installation.drop(made)
