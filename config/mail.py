"""Mail and text messages: addresses of the environment turned into Django's mailers."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

BACKEND = "liane.core.mail.SecureSmtp"
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def mailer(name: str, url: str, *, cert: str = "", key: str = "", ca: str = "") -> dict[str, Any]:
    """The mailer at ``url``: ``smtp+starttls://user:password@host:587``, ``smtps://…``,
    ``smtp://`` (this computer only), ``file:///folder`` or ``console:``.

    ``cert`` and ``key`` are the client certificate that a health mail operator asks for, ``ca``
    the authorities it is checked by. Raises ImproperlyConfigured with one clear line.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(folder)},
        }
    if parts.scheme not in PORTS or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name}: write smtp+starttls://user:password@host:587 or smtps://… ({parts.scheme!r})."
        )
    if parts.scheme == "smtp" and parts.hostname not in LOOPBACK:
        raise ImproperlyConfigured(f"{name}: smtp:// without encryption is for this computer only.")
    for label, path in (("certificate", cert), ("key", key), ("authorities", ca)):
        if path and not Path(path).is_file():
            raise ImproperlyConfigured(f"{name}: the {label} file {path} cannot be read.")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise ImproperlyConfigured(f"{name}: the port is not a number.") from None
    timeout = parse_qs(parts.query).get("timeout", ["20"])[0]
    return {
        "BACKEND": BACKEND,
        "OPTIONS": {
            "host": parts.hostname,
            "port": port,
            "username": unquote(parts.username or "") or None,
            "password": unquote(parts.password or "") or None,
            "use_tls": parts.scheme == "smtp+starttls",
            "use_ssl": parts.scheme == "smtps",
            "ssl_certfile": cert or None,
            "ssl_keyfile": key or None,
            "ssl_cafile": ca or None,
            "timeout": float(timeout),
        },
    }
