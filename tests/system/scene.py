"""A small scene without the demo territory: one person, her circle, sessions already open.

Run as a script inside an installation's environment (`Scene.set`); prints what a test needs.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.system.installation import ROOT, Installation


@dataclass(frozen=True)
class Scene:
    """Identifiers of what was made."""

    person: str
    thread: str
    sessions: dict[str, str]

    @classmethod
    def set(cls, installation: Installation, members: int = 2) -> "Scene":
        """Make the scene in a migrated installation: ``members`` nurses around Mme Dupont."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.system.scene", str(members)],
            env=installation.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return cls(**json.loads(done.stdout.splitlines()[-1]))


def make(members: int, person: Any = None) -> dict[str, Any]:
    """Inside Django: the rows, around ``person`` when there is one already."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from liane.accounts import second_factor
    from liane.accounts.models import User
    from liane.core.acting import acting
    from liane.messaging import services
    from tests import factories

    person = person or factories.patient()
    sessions = {}
    for number in range(members):
        name = f"nurse{number}"
        factories.member(person, factories.practice(name, name=f"Claire N{number}"))
        user = User.objects.get(username=name)
        User.objects.filter(pk=user.pk).update(is_persona=True)
        user.is_persona = True
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = "liane.accounts.backend.AccountBackend"
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        second_factor.enter_as_persona(store, user)
        store.save()
        sessions[name] = store.session_key
    with acting(factories.actor("nurse0")):
        thread = services.default_thread(person.pk, "team")
    return {"person": str(person.pk), "thread": str(thread.pk), "sessions": sessions}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(make(int(sys.argv[1]))))
