"""The test suite: fast hashes, plain static files, a throw-away data folder."""

import os
import tempfile

os.environ.setdefault("LIANE_DATA_DIR", tempfile.mkdtemp(prefix="liane-test-"))
os.environ.setdefault("LIANE_SECRET_KEY", "test-only-not-a-secret")
os.environ.setdefault("LIANE_DEMO", "1")
# On PostgreSQL: what a crash of the machine would lose is not what the suite is about.
os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")

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
