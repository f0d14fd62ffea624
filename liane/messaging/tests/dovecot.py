"""A real mailbox: Dovecot, on the loopback, over TLS, with a client certificate asked for."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from liane.messaging.tests.outside import Authority

PASSWORD = "boite"  # noqa: S105
SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
ssl_ca = <{ca}
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_require_client_cert = yes
mail_location = maildir:{folder}/mail
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={user_group} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Box:
    """The mailbox of Dovecot. ``deliver`` puts a mail in it, as the operator does."""

    port: int
    mail: Path
    owner: pwd.struct_passwd

    @property
    def url(self) -> str:
        """As ``LIANE_MSS_IMAP_URL`` says it."""
        return f"imaps://cabinet:{PASSWORD}@127.0.0.1:{self.port}/INBOX"

    def deliver(self, raw: bytes) -> None:
        """Write a mail, whole, where new ones are found."""
        for name in ("tmp", "new", "cur"):
            (self.mail / name).mkdir(exist_ok=True)
            self._given(self.mail / name)
        path = self.mail / "tmp" / uuid4().hex
        path.write_bytes(raw)
        self._given(path)
        path.rename(self.mail / "new" / path.name)

    def _given(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)


@contextmanager
def dovecot(authority: Authority, folder: Path) -> Iterator[Box]:
    """Start Dovecot in ``folder``. Skips, saying so, where it is not installed."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        pytest.skip("no Dovecot on this machine (Debian: dovecot-imapd)")
    is_root = os.geteuid() == 0
    me = getpass.getuser()
    owner = pwd.getpwnam("nobody" if is_root else me)
    internal = pwd.getpwnam("dovecot" if is_root else me)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    box = Box(port, folder / "mail", owner)
    box.mail.mkdir(mode=0o700)
    box._given(box.mail)
    cert, key = authority.issue("dovecot", ExtendedKeyUsageOID.SERVER_AUTH)
    settings = folder / "dovecot.conf"
    settings.write_text(SETTINGS.format(
        folder=folder, cert=cert, key=key, ca=authority.ca, internal=internal.pw_name,
        group=internal.pw_gid if not is_root else "dovecot",
        login="dovenull" if is_root else me, password=PASSWORD, user=owner.pw_uid,
        user_group=owner.pw_gid, port=port,
    ))  # fmt: skip
    server = subprocess.Popen([program, "-F", "-c", str(settings)])  # noqa: S603
    try:
        _answers(server, port, folder / "log")
        yield box
    finally:
        server.terminate()
        server.wait(20)


def _answers(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    said = log.read_text() if log.exists() else ""
    raise AssertionError(f"Dovecot did not start:\n{said}")
