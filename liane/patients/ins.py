"""The national health identity (INS): matricule, key, OIDs, and the steps of its status.

Sources: CSP L.1111-8-1, R.1111-8-1 and following; référentiel national d'identitovigilance (RNIV);
ANS, référentiel INS and its list of OIDs. The key is ``97 - (number mod 97)``, departments 2A and
2B of Corsica counting as 19 and 18.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from liane.core import keys
from liane.core.errors import Refused
from liane.core.states import Machine
from liane.patients.models import Patient

S = Patient.InsStatus

NIR = "1.2.250.1.213.1.4.8"
NIA = "1.2.250.1.213.1.4.9"
NIR_TEST = "1.2.250.1.213.1.4.10"
NIR_DEMO = "1.2.250.1.213.1.4.11"
OIDS: dict[str, str] = {
    NIR: "NIR",
    NIA: "NIA",
    NIR_TEST: "NIR de test",
    NIR_DEMO: "NIR de démonstration",
}
TEST_OIDS = frozenset({NIR_TEST, NIR_DEMO})

STATUS = Machine(
    {
        S.PROVISIONAL: {S.RETRIEVED, S.VALIDATED},
        S.RETRIEVED: {S.QUALIFIED, S.PROVISIONAL},
        S.VALIDATED: {S.QUALIFIED, S.PROVISIONAL},
        S.QUALIFIED: {S.VALIDATED, S.PROVISIONAL},
    }
)
"""Retrieved: the INSi service answered. Validated: a trusted document was seen. Qualified: both."""

WITH_MATRICULE = frozenset({S.RETRIEVED, S.QUALIFIED})
"""Only these hold a matricule (RNIV: a provisional or validated identity keeps none)."""

PURPOSE = "ins"
_SHAPE = re.compile(r"[1-478]\d{4}(?:\d{2}|2[AB])\d{6}")


@dataclass(frozen=True)
class Matricule:
    """A matricule whose key was checked: 13 characters, its key, and the OID that says its kind."""

    number: str
    key: str
    oid: str = NIR

    @property
    def value(self) -> str:
        """The 15 characters, without blanks."""
        return self.number + self.key


def key_of(number: str) -> str:
    """The two digits of the key of a 13-character number."""
    digits = number.upper().replace("2A", "19").replace("2B", "18")
    return f"{97 - int(digits) % 97:02d}"


def parse(text: str, oid: str = NIR) -> Matricule:
    """A matricule typed with or without blanks. Raises :class:`Refused` with what is wrong."""
    plain = re.sub(r"[\s.\-]", "", text).upper()
    if len(plain) != 15:
        raise Refused(
            f"Le matricule compte 13 caractères et 2 chiffres de clé : {len(plain)} ici.",
            field="matricule",
        )
    number, key = plain[:13], plain[13:]
    if not _SHAPE.fullmatch(number) or not key.isdigit():
        raise Refused("Ce matricule n’a pas la forme attendue.", field="matricule")
    if oid not in OIDS:
        raise Refused("Ce type de matricule (OID) n’est pas connu.", field="oid")
    if key_of(number) != key:
        raise Refused("La clé ne correspond pas : vérifiez les chiffres.", field="matricule")
    return Matricule(number, key, oid)


def _context(person_id: UUID) -> bytes:
    return b"patients.ins\0" + person_id.bytes


def put(person: Patient, matricule: Matricule | None) -> None:
    """Set, or remove, the sealed matricule of ``person``; does not save."""
    person.ins_sealed = keys.seal(matricule.value.encode(), context=_context(person.pk)) if (
        matricule
    ) else None  # fmt: skip
    person.ins_oid = matricule.oid if matricule else ""
    person.ins_digest = digest(matricule) if matricule else ""


def of(person: Patient) -> Matricule | None:
    """The matricule of ``person``, opened: only for who may write its identity."""
    if not person.ins_sealed:
        return None
    value = keys.open_(bytes(person.ins_sealed), context=_context(person.pk)).decode()
    return Matricule(value[:13], value[13:], person.ins_oid)


def digest(matricule: Matricule) -> str:
    """What is stored beside the sealed matricule, for exact match."""
    return keys.digest(matricule.value, purpose=PURPOSE)


def digests(matricule: Matricule) -> list[str]:
    """Every digest to look for, older keys included."""
    return keys.digests(matricule.value, purpose=PURPOSE)


def moves(person: Patient) -> list[tuple[str, str]]:
    """The steps open from the present status: (status, words)."""
    return [(s, S(s).label) for s in S.values if STATUS.allows(person.ins_status, s)]
