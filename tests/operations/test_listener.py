"""`liane listen adt`, as an operator starts it: what it acknowledged is there after a kill."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

from liane.exchange.hl7v2 import acks, parsing
from liane.exchange.tests.world import message
from tests.system.installation import LIANE, ROOT, Installation

SEED = """
import django; django.setup()
from liane.exchange.tests import world
world.hospital(); world.odette()
"""
COUNT = """
import django; django.setup()
from liane.core import acting
from liane.exchange.models import RawMessage
from liane.stays.models import Stay
with acting.acting(acting.system("test")):
    print(RawMessage.objects.filter(status="applied").count(), Stay.objects.get().status)
"""


def talk(port: int, *sent: bytes) -> list[str]:
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        for raw in sent:
            wire.sendall(acks.framed(raw))
            answer = b""
            while not answer.endswith(acks.END):
                answer += wire.recv(65536)
            answers.append(parsing.parse(answer.strip(b"\x0b\x1c\r")).first("MSA").get(1))
    return answers


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path):
    made = Installation(tmp_path)
    made.liane("migrate", "-v", "0")
    made.run(sys.executable, "-c", SEED)
    listener = subprocess.Popen(
        [str(LIANE), "listen", "adt", "--port", "0"],
        env=made.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert listener.stdout is not None
        port = int(listener.stdout.readline().rsplit(":", 1)[1])
        sent = [message(control="1"), message("A03", "20261105100000", control="2")]
        assert talk(port, *sent) == ["AA", "AA"]
    finally:
        listener.send_signal(signal.SIGKILL)
        listener.wait()
    assert made.run(sys.executable, "-c", COUNT).split() == ["2", "ended"]
