"""Settings common to every installation. See docs/operations.md for the environment's names."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP

from config import env, mail

ROOT = env.ROOT
DATA_DIR = env.data_dir()
SECRET_KEY = env.secret_key(DATA_DIR)
LIANE_KEYS_FILE = Path(env.text("LIANE_KEYS_FILE") or DATA_DIR / "keys.json")
LIANE_ANCHORS_FILE = Path(env.text("LIANE_ANCHORS_FILE") or DATA_DIR / "anchors.jsonl")
LIANE_DEMO = env.flag("LIANE_DEMO")
LIANE_PUBLIC_URL = env.text("LIANE_PUBLIC_URL", "http://localhost:8000").rstrip("/")
LIANE_STAY_RULES_FILE = env.text("LIANE_STAY_RULES_FILE")
LIANE_PLAN_SILENCE_DAYS = env.number("LIANE_PLAN_SILENCE_DAYS", 10)
LIANE_MINUTES_SILENCE_DAYS = env.number("LIANE_MINUTES_SILENCE_DAYS", 8)
LIANE_REFERRAL_RULES_FILE = env.text("LIANE_REFERRAL_RULES_FILE")
LIANE_SMS_URL = env.text("LIANE_SMS_URL")
LIANE_SMS_TOKEN = env.text("LIANE_SMS_TOKEN")
LIANE_AGGIR = env.flag("LIANE_AGGIR")
LIANE_STORAGE_DIR = DATA_DIR / "files"
LIANE_CLAMAV_URL = env.text("LIANE_CLAMAV_URL")
LIANE_PSC_URL = env.text("LIANE_PSC_URL")
LIANE_PSC_ID = env.text("LIANE_PSC_ID")
LIANE_PSC_SECRET = env.text("LIANE_PSC_SECRET")
LIANE_PSC_ACR = env.choice("LIANE_PSC_ACR", "eidas1", ("eidas1", "eidas2", "eidas3"))
LIANE_FC_URL = env.text("LIANE_FC_URL")
LIANE_FC_ID = env.text("LIANE_FC_ID")
LIANE_FC_SECRET = env.text("LIANE_FC_SECRET")
LIANE_FC_ACR = env.choice("LIANE_FC_ACR", "eidas2", ("eidas1", "eidas2", "eidas3"))
LIANE_JWKS_HOSTS = env.text("LIANE_JWKS_HOSTS").split()
LIANE_CA_FILE = env.text("LIANE_CA_FILE")
LIANE_ANNUAIRE_URL = env.text("LIANE_ANNUAIRE_URL")
LIANE_ANNUAIRE_KEY = env.text("LIANE_ANNUAIRE_KEY")
LIANE_WEBHOOK_HOSTS = frozenset(env.text("LIANE_WEBHOOK_HOSTS").split())
LIANE_FILE_MAX_BYTES = 20_000_000

DEBUG = False
ALLOWED_HOSTS = sorted(
    {urlsplit(LIANE_PUBLIC_URL).hostname or "localhost", "localhost", "127.0.0.1"}
)
CSRF_TRUSTED_ORIGINS = [LIANE_PUBLIC_URL]

INSTALLED_APPS = [
    "liane.core",
    "liane.accounts",
    "liane.directory",
    "liane.patients",
    "liane.circle",
    "liane.timeline",
    "liane.live",
    "liane.notifications",
    "liane.tasks",
    "liane.clients",
    "liane.federation",
    "liane.referrals",
    "liane.interventions",
    "liane.assessments",
    "liane.messaging",
    "liane.agenda",
    "liane.careplans",
    "liane.meetings",
    "liane.stays",
    "liane.followups",
    "liane.partners",
    "liane.pathways",
    "liane.bundles",
    "liane.exchange",
    "liane.fhir",
    "liane.api",
    "liane.insight",
    "liane.portal",
    "liane.desk",
    "liane.demo",
    "django_htmx",
    "django_cotton",
    "django_tasks_db",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "liane.clients.cors.CorsMiddleware",
    "liane.fhir.pages.FhirMiddleware",
    "liane.api.pages.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "liane.core.middleware.PrivacyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "liane.accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "liane.core.sends.SendMiddleware",
    "liane.core.middleware.LedgerMiddleware",
    "liane.circle.middleware.ActingMiddleware",
    "liane.core.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "liane.core.context.shell",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "liane.core.templatetags.liane",
                "liane.core.templatetags.drawn",
            ],
        },
        "DIRS": [],
    }
]

DATABASES = {"default": env.database(env.text("LIANE_DATABASE_URL"), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["liane.accounts.backend.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    }
}
"""Rate limits and spent codes: shared by every process of the machine."""

ACCOUNT_ADAPTER = "liane.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/connexion"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "liane.accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Liane"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LIANE_PUBLIC_URL.startswith("http://localhost")
"""Passkeys over plain HTTP: on one's own machine only, where browsers allow it."""
SESSION_ENGINE = "liane.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
LOGIN_URL = "/connexion"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "liane.core.statics.Manifest"},
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "media-src": [CSP.SELF, "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_HANDLERS = ["liane.core.files.uploads.BoundedUploadHandler"]

LIANE_EMAIL_URL = env.text("LIANE_EMAIL_URL") or (f"file://{DATA_DIR}/mails" if LIANE_DEMO else "")
LIANE_EMAIL_FROM = env.text("LIANE_EMAIL_FROM", "liane@localhost")
LIANE_MSS_URL = env.text("LIANE_MSS_URL") or LIANE_EMAIL_URL
LIANE_MSS_FROM = env.text("LIANE_MSS_FROM") or LIANE_EMAIL_FROM
LIANE_MSS_CERT = env.text("LIANE_MSS_CERT")
LIANE_MSS_KEY = env.text("LIANE_MSS_KEY")
LIANE_MSS_CA = env.text("LIANE_MSS_CA")
LIANE_MSS_IMAP_URL = env.text("LIANE_MSS_IMAP_URL")
LIANE_MSS_NIL = env.text("LIANE_MSS_NIL")
"""The product's number in the MSSanté space of trust; with it, its mail carries documents."""
LIANE_DMP_URL = env.text("LIANE_DMP_URL")
LIANE_DMP_CERT = env.text("LIANE_DMP_CERT")
LIANE_DMP_KEY = env.text("LIANE_DMP_KEY")
LIANE_DMP_CA = env.text("LIANE_DMP_CA")
LIANE_INSI_URL = env.text("LIANE_INSI_URL")
LIANE_INSI_CERT = env.text("LIANE_INSI_CERT")
LIANE_INSI_KEY = env.text("LIANE_INSI_KEY")
LIANE_INSI_CA = env.text("LIANE_INSI_CA")
DEFAULT_FROM_EMAIL = LIANE_EMAIL_FROM
MAILERS = {
    "default": mail.mailer("LIANE_EMAIL_URL", LIANE_EMAIL_URL or "console:"),
    "mss": mail.mailer(
        "LIANE_MSS_URL",
        LIANE_MSS_URL or "console:",
        cert=LIANE_MSS_CERT,
        key=LIANE_MSS_KEY,
        ca=LIANE_MSS_CA,
    ),
}
"""``default`` for notices without health data, ``mss`` for what goes to professionals outside."""

LEDGER_INLINE = False
"""True writes ledger rows on the request's own connection (tests inside one transaction)."""
