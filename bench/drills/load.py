"""The load of the kill drill: writers that insist with the same key, a hospital that insists with
the same control id, a phone that comes back after its last event."""

import datetime as dt
import re
import socket
import threading
import time
from contextlib import suppress
from typing import Any

import requests

from liane.core.ids import uuid7

TOKEN = "a" * 32
MESSAGE = re.compile(r'id=\\?"m-([0-9a-f-]{36})')


class Load:
    """Everything that presses on the installation, until told to stop."""

    def __init__(self, ports: dict[str, int], scene: dict[str, Any]) -> None:
        self.ports, self.scene = ports, scene
        self.sent: dict[str, bool] = {}
        self.controls: dict[str, bool] = {}
        self.refused: list[str] = []
        self.heard: dict[str, int] = {}
        self.position = ""
        self.back: list[str] = []
        self._stopping = threading.Event()
        self._given_up = threading.Event()
        self._deaf = threading.Event()
        writers = list(scene["sessions"])[:3]
        self._threads = [
            threading.Thread(target=self._write, args=(name,), daemon=True) for name in writers
        ]
        self._threads.append(threading.Thread(target=self._admit, daemon=True))
        self._listener = threading.Thread(target=self._listen, daemon=True)

    @property
    def acknowledged(self) -> tuple[int, int]:
        """Messages, and hospital messages, acknowledged so far."""
        return sum(self.sent.values()), sum(self.controls.values())

    def goes_on(self, since: tuple[int, int]) -> bool:
        """True when a few of each were acknowledged since."""
        messages, controls = self.acknowledged
        return messages >= since[0] + 3 and controls >= since[1] + 3

    def start(self) -> None:
        """Begin."""
        self._listener.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more; what was sent is insisted upon until it is acknowledged."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(120)
        self._given_up.set()

    def told(self) -> dict[str, Any]:
        """What the checker must find."""
        return {"sent": self.sent, "controls": self.controls, "refused": self.refused}

    # ---------------------------------------------------------------- messages
    def _write(self, name: str) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            text = f"{name} {number}"
            self.sent[text] = False
            self._insist(name, text, str(uuid7()))
            time.sleep(0.03)

    def _insist(self, name: str, text: str, key: str) -> None:
        while not self._given_up.is_set():
            with suppress(requests.RequestException):
                answer = requests.post(
                    f"http://localhost:{self.ports['web']}/messages/{self.scene['thread']}/",
                    data={"text": text, "key": key, "csrfmiddlewaretoken": TOKEN},
                    cookies={"sessionid": self.scene["sessions"][name], "csrftoken": TOKEN},
                    allow_redirects=False,
                    timeout=10,
                )
                if answer.status_code == 302 and "/messages/" in answer.headers["Location"]:
                    self.sent[text] = True
                    return
                if answer.status_code < 500:
                    self.refused.append(f"{text}: {answer.status_code}")
                    return
            time.sleep(0.1)

    # ---------------------------------------------------------------- hospital
    def _admit(self) -> None:
        from liane.exchange.tests.messages import adt

        number = 0
        day = dt.datetime(2026, 10, 1, 8)
        while not self._stopping.is_set():
            number += 1
            for event, hours in (("A01", 0), ("A03", 2)):
                at = (day + dt.timedelta(hours=4 * number + hours)).strftime("%Y%m%d%H%M%S")
                control = f"{event}-{number}"
                raw = adt(
                    event, at, control=control, visit=f"SEJ{number}", ins=self.scene["ins"],
                    name="LABORDE^ODETTE^ODETTE^^^^L~DUPONT^ODETTE^^^^^D", birth="19410307",
                )  # fmt: skip
                self.controls[control] = False
                self._deliver(control, raw)

    def _deliver(self, control: str, raw: bytes) -> None:
        while not self._given_up.is_set():
            with suppress(OSError):
                with socket.create_connection(("127.0.0.1", self.ports["adt"]), 10) as link:
                    link.settimeout(10)
                    link.sendall(b"\x0b" + raw + b"\x1c\r")
                    answer = b""
                    while not answer.endswith(b"\x1c\r"):
                        piece = link.recv(4096)
                        if not piece:
                            break
                        answer += piece
                if f"MSA|AA|{control}".encode() in answer:
                    self.controls[control] = True
                    return
                if b"MSA|AR" in answer:
                    self.refused.append(f"{control}: AR")
                    return
            time.sleep(0.1)

    # ---------------------------------------------------------------- phone
    def _listen(self) -> None:
        name = list(self.scene["sessions"])[3]
        while not self._deaf.is_set():
            with suppress(requests.RequestException):
                self._hear(name)
            time.sleep(0.1)

    def _hear(self, name: str) -> None:
        headers = {"Accept": "text/event-stream"}
        if self.position:
            headers["Last-Event-ID"] = self.position
        answer = requests.get(
            f"http://localhost:{self.ports['web']}/live",
            params={"watch": f"thread:{self.scene['thread']}", "since": "1"},
            cookies={"sessionid": self.scene["sessions"][name]},
            headers=headers,
            stream=True,
            timeout=20,
        )
        last = ""
        for line in answer.iter_lines(chunk_size=None, decode_unicode=True):
            if self._deaf.is_set():
                return
            if line == "event: behind":
                self.back.append(f"left behind after {self.position}")
            elif line.startswith("id: "):
                last = line[4:]
            elif line.startswith("data: "):
                for found in MESSAGE.findall(line):
                    self.heard[found] = self.heard.get(found, 0) + 1
            elif not line and last:
                if self.position and int(last) < int(self.position):
                    self.back.append(f"{last} after {self.position}")
                self.position = last

    def catch_up(self, messages: list[str]) -> None:
        """Give the phone a little time for the last ones, then close it."""
        deadline = time.monotonic() + 30
        while set(messages) - set(self.heard) and time.monotonic() < deadline:
            time.sleep(0.2)
        self._deaf.set()

    def faults(self, messages: list[str]) -> list[str]:
        """What the phone missed, or heard out of order."""
        missed = set(messages) - set(self.heard)
        found = [f"the phone never heard a message: {one}" for one in sorted(missed)]
        return found + [f"the phone went back: {one}" for one in self.back]
