"""A mail operator on this computer, for the tests: real sockets, TLS, a client certificate."""

import datetime as dt
import ipaddress
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from liane.directory.models import Practice, Professional
from liane.messaging import services
from liane.messaging.models import Thread
from liane.patients.models import Patient
from tests import factories as make


class Authority:
    """A certificate authority and the certificates it signs, in ``folder``."""

    def __init__(self, folder: Path, name: str = "Autorité d’essai") -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.own = self._certificate(self.name, self.key, authority=True)
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(self.own.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, usage: Any) -> tuple[str, str]:
        """(certificate, key) files for ``name``."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(subject, key, usage=usage)
        cert_path, key_path = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(cert_path), str(key_path)

    def _certificate(
        self, subject: x509.Name, key: Any, *, authority: bool = False, usage: Any = None
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not authority, key_cert_sign=authority, crl_sign=authority,
                    content_commitment=False, key_encipherment=False, data_encipherment=False,
                    key_agreement=False, encipher_only=False, decipher_only=False,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )  # fmt: skip
        if usage is not None:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        return builder.sign(self.key, hashes.SHA256())


class Received:
    """What the operator's SMTP server was given; ``refuse`` answers 451 that many times."""

    def __init__(self, refuse: int = 0) -> None:
        self.mails: list[bytes] = []
        self.refuse = refuse

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one mail."""
        if self.refuse:
            self.refuse -= 1
            return "451 4.3.0 later"
        self.mails.append(envelope.content)
        return "250 2.0.0 taken"


@contextmanager
def smtp_server(authority: Authority, received: Received) -> Iterator[int]:
    """An SMTP server that asks for STARTTLS and a client certificate of ``authority``; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("localhost", ExtendedKeyUsageOID.SERVER_AUTH))
    context.load_verify_locations(str(authority.ca))
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(
        received, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class Mailbox(socketserver.ThreadingTCPServer):
    """The few words of IMAP4rev1 that fetching answers needs, over TLS, on a real socket."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Imap)
        self.context = context
        self.mails: list[bytes] = []
        self.seen: set[int] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Imap(socketserver.BaseRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        """Answer one client until it says goodbye."""
        with self.server.context.wrap_socket(self.request, server_side=True) as link:
            file = link.makefile("rwb")
            self._say(file, b"* OK IMAP4rev1 ready")
            while line := file.readline():
                tag, _, rest = line.strip().partition(b" ")
                self._answer(file, rest)
                self._say(file, tag + b" OK done")
                if rest.upper().startswith(b"LOGOUT"):
                    return

    def _say(self, file: Any, line: bytes) -> None:
        file.write(line + b"\r\n")
        file.flush()

    def _answer(self, file: Any, rest: bytes) -> None:
        box, upper = self.server, rest.upper()
        if upper.startswith(b"CAPABILITY"):
            self._say(file, b"* CAPABILITY IMAP4rev1")
        elif upper.startswith(b"SELECT"):
            self._say(file, b"* %d EXISTS" % len(box.mails))
        elif upper.startswith(b"UID SEARCH"):
            unseen = [b"%d" % (i + 1) for i in range(len(box.mails)) if i + 1 not in box.seen]
            self._say(file, b"* SEARCH " + b" ".join(unseen))
        elif upper.startswith(b"UID STORE"):
            box.seen.add(int(rest.split()[2]))
        elif upper.startswith(b"UID FETCH"):
            uid = int(rest.split()[2])
            content = box.mails[uid - 1]
            if b"RFC822.SIZE" in upper:
                self._say(file, b"* %d FETCH (UID %d RFC822.SIZE %d)" % (uid, uid, len(content)))
                return
            if b"HEADER" in upper:
                content = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            file.write(b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (uid, uid, len(content)))
            file.write(content + b")\r\n")
            file.flush()


@contextmanager
def imap_server(authority: Authority) -> Iterator[Mailbox]:
    """A mailbox whose server asks for a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("boite", ExtendedKeyUsageOID.SERVER_AUTH))
    context.load_verify_locations(str(authority.ca))
    context.verify_mode = ssl.CERT_REQUIRED
    box = Mailbox(context)
    thread = threading.Thread(target=box.serve_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.shutdown()
        box.server_close()


def without_account(name: str = "Hélène Garat", email: str = "garat@exemple.fr") -> Practice:
    """A doctor of the circle who will never open another program."""
    given, _, family = name.partition(" ")
    who = Professional.objects.create(given=given, family=family, profession="10")
    return Practice.objects.create(
        professional=who, organisation=make.organisation(), email=email, phone="06 11 22 33 44"
    )


def story() -> tuple[Patient, Practice, Thread]:
    """Mme Dupont, her nurse Claire, and Dr Garat who has no account."""
    from liane.core.acting import acting

    person = make.patient()
    make.member(person, make.practice("claire", name="Claire Aubert"))
    garat = without_account()
    make.member(person, garat)
    with acting(make.actor("claire")):
        return person, garat, services.default_thread(person.pk)
