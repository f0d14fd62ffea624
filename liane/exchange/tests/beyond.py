"""Appointments and documents as a hospital sends them, for tests."""

import base64
import contextlib
from collections.abc import Iterator

from django.db import transaction

from liane.exchange.tests.messages import AUTHORITY
from liane.exchange.tests.world import matricule


class _BackError(Exception):
    """Ends a block whose rows must go."""


@contextlib.contextmanager
def rolled_back() -> Iterator[None]:
    """What the block writes is taken back at its end."""
    with contextlib.suppress(_BackError), transaction.atomic():
        yield
        raise _BackError


def head(kind: str, event: str, control: str, at: str) -> list[str]:
    numbers = f"000123^^^{AUTHORITY}^PI~{matricule().value}^^^ASIP-SANTE-INS-NIR"
    return [
        f"MSH|^~\\&|GAM|CH DE DAX|LIANE|LIANE|{at}||{kind}^{event}|{control}|P|2.5|||||FRA"
        "|UNICODE UTF-8",
        f"EVN||{at}",
        f"PID|1||{numbers}&1.2.250.1.213.1.4.8&ISO^INS||LABORDE^ODETTE^ODETTE^^^^L||19410307|F"
        + "|" * 24 + "VALI",
    ]  # fmt: skip


def siu(
    event: str = "S12",
    at: str = "20261120100000",
    *,
    start: str = "20301204090000",
    minutes: str = "45",
    number: str = "RDV77^DIAPASON",
    title: str = "Consultation de cardiologie",
    control: str = "",
) -> bytes:
    timing = f"^^^{start}" if start else ""
    lines = [
        *head("SIU", event, control or f"{event}-{at}-{start}", at),
        f"SCH||{number}||||||CONSULT^Consultation^LOCAL|{minutes}|MIN|{timing}",
        f"RGS|1\rAIS|1||CARDIO^{title}^LOCAL" if title else "RGS|1",
    ]
    return ("\r".join(lines) + "\r").encode()


def obx(content: bytes, *, kind: str = "PDF", status: str = "F", code: str = "11490-0") -> str:
    data = base64.b64encode(content).decode()
    return f"OBX|1|ED|{code}^Lettre de liaison^LN||^AP^{kind}^Base64^{data}||||||{status}|"


def flag(name: str, value: str = "Y") -> str:
    return f"OBX|9|CE|{name}^Restriction^MetaDMPMSS||{value}^^expandedYes-NoIndicator||||||F|"


def mdm(
    event: str = "T02",
    at: str = "20261120100000",
    *,
    body: tuple[str, ...] = (),
    number: str = "DOC1^GED",
    parent: str = "",
    control: str = "",
) -> bytes:
    lines = [
        *head("MDM", event, control or f"{event}-{at}-{number}", at),
        "PV1|1|I",
        f"TXA|1|CR^Lettre de sortie||20261119|801234567866^Dupont^Jean^^^Dr|||||||{number}|{parent}"
        "|||Lettre du 19 novembre|LA",
        *body,
    ]
    return ("\r".join(lines) + "\r").encode()


def oru(
    at: str = "20261120100000",
    *,
    body: tuple[str, ...] = (),
    order: str = "CR55^LABO",
    control: str = "",
) -> bytes:
    lines = [
        *head("ORU", "R01", control or f"R01-{at}-{order}", at),
        f"OBR|1||{order}|11502-2^Examens^LN|||20261119080000",
        *body,
    ]
    return ("\r".join(lines) + "\r").encode()
