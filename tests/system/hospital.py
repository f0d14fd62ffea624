"""The hospital of Dax, which speaks HL7 v2 over MLLP to `liane listen adt`."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from liane.demo.hospital import message
from tests.system.installation import LIANE, ROOT, STARTS_WITHIN, Installation, free_port

START, END = b"\x0b", b"\x1c\r"


class Hospital:
    """``hospital.says("admission", "S1")`` speaks of Mme Dupont and gives the answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.now = datetime.now() - timedelta(minutes=30)

    def says(self, said: str, visit: str) -> str:
        """Send and wait: ``AA``, ``AE`` or ``AR``. Each message is a minute after the last."""
        self.now += timedelta(minutes=1)
        raw = message(said, self.now, visit=visit).encode()
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            line.sendall(START + raw + END)
            answer = b""
            while not answer.endswith(END):
                part = line.recv(4096)
                assert part, "the line was cut before the acknowledgement"
                answer += part
        found = [one for one in answer.split(b"\r") if one.startswith(b"MSA|")]
        return found[0].split(b"|")[1].decode()


@contextlib.contextmanager
def listening(site: Installation) -> Iterator[Hospital]:
    """`liane listen adt` on a free port, beside the site's server."""
    port = free_port()
    process = subprocess.Popen(
        [str(LIANE), "listen", "adt", "--port", str(port)],
        env=site.environment,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not _open(port):
            assert process.poll() is None, "liane listen adt stopped"
            assert time.monotonic() < deadline, "liane listen adt does not listen"
            time.sleep(0.1)
        yield Hospital(port)
    finally:
        process.terminate()
        process.wait(10)


def _open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
