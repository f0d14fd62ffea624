"""The test suite: fast hashes, plain static files, a throw-away data folder."""

import os
import tempfile

os.environ.setdefault("LIANE_DATA_DIR", tempfile.mkdtemp(prefix="liane-test-"))
os.environ.setdefault("LIANE_SECRET_KEY", "test-only-not-a-secret")
os.environ.setdefault("LIANE_DEMO", "1")

from config.settings.base import *
from config.settings.base import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LEDGER_INLINE = True
WHITENOISE_AUTOREFRESH = True
DATABASES["default"]["CONN_MAX_AGE"] = 0


class _Unmigrated(dict[str, None]):
    """Tables made from the models at once: replaying every migration costs a minute of CPU.

    On SQLite alone, where both give the same tables; the browser tests and PostgreSQL's suite run
    on migrated ones, and `make check` refuses a model that its migrations do not describe.
    """

    def __contains__(self, app: object) -> bool:
        return True

    def __missing__(self, app: str) -> None:
        return None


if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    MIGRATION_MODULES = _Unmigrated()
