"""What a message says: who, which stay, when, where, and what may not be told."""

import pytest

from liane.exchange.hl7v2 import parsing, read, validation
from liane.exchange.hl7v2.messages import AdtMessage, Identifier
from liane.exchange.tests.messages import adt, field_files
from liane.stays.movement import Action, Outcome


def reading(raw: bytes) -> AdtMessage:
    return read.read(parsing.parse(raw))


def test_an_admission():
    one = reading(adt("A01", pv2="||||||||20261109100000", ins="241039940100127"))
    assert one.key == ("GAM", "CH DE DAX", one.control_id)
    assert one.ins.matricule == "241039940100127"
    assert one.ipp == Identifier("000123", "400011177", "CH DE DAX", "PI")
    assert one.visit.value == "SEJ1"
    assert one.hospital.value == "400011177"
    assert str(one.ward) == "Cardiologie"
    assert one.expected_discharge is not None
    assert one.expected_discharge.isoformat() == "2026-11-09T09:00:00+00:00"
    assert (one.dead, one.confidential) == (None, False)


@pytest.mark.parametrize(
    ("names", "birth", "used"),
    [
        ("DUPONT^JEANNE^JEANNE^^^^L", "DUPONT", ""),
        ("DUPONT^JEANNE^^^^^L~MARTIN^JEANNE^^^^^D", "DUPONT", "MARTIN"),
        ("MARTIN^JEANNE^^^^^D~DUPONT^JEANNE^^^^^L", "DUPONT", "MARTIN"),
        ("MARTIN^JEANNE^^^^^L~DUPONT^JEANNE^^^^^M", "DUPONT", "MARTIN"),
        ("DUPONT^JEANNE", "DUPONT", ""),
        ("^^^^^^S~DUPONT^JEANNE^^^^^L", "DUPONT", ""),
    ],
)
def test_names_by_their_type(names: str, birth: str, used: str):
    traits = reading(adt("A01", name=names)).traits
    assert (traits.family, traits.used_name) == (birth, used)


def test_birth_place():
    pid_end = "|||1 rue A^^DAX^^40100^FRA^H~^^^^^^BDL^^40088"
    assert reading(adt("A01", pid_end=pid_end)).traits.birth_place == "40088"


@pytest.mark.parametrize(
    ("tail", "dead"),
    [("20261102100000|Y", True), ("|Y", True), ("20261102|", True), ("|N", False), ("|", None)],
)
def test_death(tail: str, dead: bool | None):
    assert reading(adt("A08", pid_end="|" * 21 + tail)).dead is dead


@pytest.mark.parametrize(
    "case",
    [
        {"pv1_end": ""} | {"extra": ("PD1||||||||||||Y",)},
        {"pv2": "|" * 21 + "Y"},
        {"extra": ("ZFS|1|SL",)},
    ],
)
def test_confidential(case: dict):
    assert reading(adt("A01", **case)).confidential


def test_vip_is_confidential():
    raw = adt("A01").replace(b"^O||||||||||||||||SEJ1", b"^O|||||||||||||I|||SEJ1")
    assert (reading(raw).confidential, reading(raw).visit.value) == (True, "SEJ1")


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ({"pv1_end": "|" * 17 + "20"}, Outcome.DEATH),
        ({"pv1_end": "|" * 17 + "02"}, Outcome.TRANSFER),
        ({"pv1_end": "|" * 17 + "3"}, None),
        ({"pv1_end": "|" * 18 + "400780193"}, Outcome.TRANSFER),
        ({"extra": ("ZFM||8",)}, Outcome.HOME),
        ({"extra": ("ZFM||7||6",)}, Outcome.HOME_HOSPITAL),
        ({"extra": ("ZFM||7||1",)}, Outcome.TRANSFER),
        ({"extra": ("ZFM||9",)}, Outcome.DEATH),
    ],
)
def test_where_a_discharge_leads(case: dict, outcome: Outcome | None):
    assert reading(adt("A03", **case)).outcome is outcome


def test_a_cancelling_movement():
    one = reading(adt("A13", movement="M7", action="CANCEL", original="A03"))
    assert (one.zbe.identifier, one.zbe.action) == ("M7^400011177", Action.CANCEL)
    assert one.zbe.original_event == "A03"


def test_a_merge_names_what_disappears():
    one = reading(adt("A40", movement=None, extra=("MRG|000999^^^CH DE DAX&400011177&N^PI",)))
    assert [prior.value for prior in one.merged] == ["000999"]


def test_the_movement_time_wins_over_the_typing_time():
    raw = adt("A01", "20261102083000").replace(b"||||20261102083000|", b"||||20261102082500|")
    assert reading(raw).event_at.isoformat() == "2026-11-02T07:30:00+00:00"


EXPECTED = {
    "field_mb_A01_admission.er7": ("A01", "SEJ-2024-738", "Medecine B", "2024-01-15T07:30"),
    "field_mb_A02_transfer.er7": ("A02", "SEJ-2024-738", "Chirurgie A", "2024-01-16T13:00"),
    "field_mb_A03_discharge.er7": ("A03", "SEJ-2024-738", "MED-B", "2024-01-18T15:00"),
    "field_mb_A08_update.er7": ("A08", "SEJ-2024-738", "CHIR-A", "2024-01-17T08:15"),
    "field_gzl_Z99_update_A05_pam29.er7": ("Z99", "VN4219", "", "2021-02-25T10:14"),
    "field_dx_A28_ins_vali.er7": ("A28", "", "", "2024-02-20T17:38"),
}


@pytest.mark.parametrize("path", field_files() or [None], ids=lambda p: p.name if p else "absent")
def test_every_message_of_the_field_is_read(path):
    if path is None:
        pytest.skip("../shared/data/adt is not beside this checkout")
    [raw] = parsing.split_messages(path.read_bytes())
    message = parsing.parse(raw)
    one = read.read(message)
    found = validation.problems(message, one)
    errors = [problem for problem in found if not problem.warning]
    if "ACK" in path.name:
        assert [problem.code for problem in errors] == [validation.Code.UNSUPPORTED_MESSAGE]
        return
    assert errors == []
    if path.name.startswith("ans_"):
        assert (one.event, one.ins.matricule[:3], one.hospital.value) == ("A01", "279", "000897406")
        return
    said = (one.event, one.visit.value, str(one.ward), one.event_at.isoformat()[:16])
    assert said == EXPECTED[path.name]
