"""SMTP as health mail operators ask for it: TLS checked, with a client certificate where given."""

import ssl
from functools import cached_property
from typing import Any

from django.core.mail.backends.smtp import EmailBackend


def tls(*, cafile: str | None, certfile: Any, keyfile: Any) -> ssl.SSLContext:
    """A context that checks the server against ``cafile`` (or the system's authorities) and shows
    the client certificate, TLS 1.2 at least."""
    context = ssl.create_default_context(cafile=cafile)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certfile:
        context.load_cert_chain(certfile, keyfile)
    return context


class SecureSmtp(EmailBackend):
    """Django's SMTP, whose client certificate does not stop it from checking the server's."""

    def __init__(self, *, ssl_cafile: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ssl_cafile = ssl_cafile

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """The checked TLS context."""
        return tls(cafile=self.ssl_cafile, certfile=self.ssl_certfile, keyfile=self.ssl_keyfile)
