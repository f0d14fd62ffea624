"""A real installation: HTTPS only, no demo, keys given explicitly."""

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.settings.base import *
from config.settings.base import LIANE_DEMO, LIANE_PUBLIC_URL

if LIANE_DEMO:
    raise ImproperlyConfigured("LIANE_DEMO=1 is refused here: personas have no second factor.")
for name in ("LIANE_SECRET_KEY", "LIANE_KEYS_FILE", "LIANE_DATABASE_URL", "LIANE_PUBLIC_URL"):
    if not env.text(name):
        raise ImproperlyConfigured(f"{name} is missing: see docs/operations.md.")
if not LIANE_PUBLIC_URL.startswith("https://"):
    raise ImproperlyConfigured("LIANE_PUBLIC_URL must begin with https://.")

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^sante/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-liane"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-liane-csrf"
ALLAUTH_TRUSTED_PROXY_COUNT = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
