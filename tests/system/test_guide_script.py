"""The example of the guide, run as it is written against a served Liane."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from tests.system.installation import Installation

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "scripts.md"
SCOPES = "system/Patient.rs system/CareTeam.r system/Communication.cs"


def test_the_ten_lines_open_a_circle_and_send_a_message(site: Installation) -> None:
    token = site.liane("token", "Mon script", "--scope", SCOPES).strip()
    api = requests.Session()
    api.headers["Authorization"] = f"Bearer {token}"

    def ask(path: str) -> Any:
        answer = api.get(f"{site.url}/api/v1{path}", timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    person = ask("/persons")["items"][0]
    [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    said = {"LIANE_URL": site.url, "LIANE_NAME": person["name"], "LIANE_TOKEN": token}
    done = subprocess.run(
        [sys.executable, "-c", code], env=site.environment | said | {"PYTHONUTF8": "1"},
        capture_output=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *members, sent = done.stdout.splitlines()
    circle = ask(f"/persons/{person['id']}/circle")["members"]
    assert members == [f"{one['name']} · {one['what']}" for one in circle]
    assert members
    last = ask(f"/persons/{person['id']}/messages")["items"][-1]
    assert (last["id"], last["text"]) == (sent, "Passage décalé à 18 h.")
    assert last["author"] == "Mon script"
