"""Headers and subject of MSSanté mail (Référentiel socle #2: 3.4.2.3, 3.8, ECO.2.1.3)."""

from collections.abc import Sequence

from django.conf import settings

from liane.exchange.cda.facts import Subject
from liane.exchange.cda.making import Made

PREFIX = "XDM/1.0/DDM+"
DOMAIN = ".mssante.fr"
PATIENTS = "patient.mssante.fr"


def within(address: str) -> bool:
    """True for an address of the space of trust."""
    domain = address.rpartition("@")[2].lower()
    return domain.endswith(DOMAIN)


def of(documents: Sequence[Made], *, final: bool = False) -> dict[str, str]:
    """The ``X-MSS-*`` headers: NIL on every mail, CODECDA and INS with documents, MES to end an
    exchange with the person."""
    found = {"X-MSS-NIL": settings.LIANE_MSS_NIL}
    if documents:
        codes = dict.fromkeys(one.head.kind.type.code for one in documents)
        found["X-MSS-CODECDA"] = ",".join(codes)
        found["X-MSS-INS"] = "O" if all(qualified(one.head.subject) for one in documents) else "N"
    if final:
        found["X-MSS-MES"] = "FIN"
    return found


def qualified(who: Subject) -> bool:
    """True when matricule, OID and the four traits are all there."""
    traits = who.birth_name and who.given_names and who.sex in {"F", "M"} and who.birth_date
    return bool(who.matricule and traits)


def subject(label: str, who: Subject) -> str:
    """``XDM/1.0/DDM+<libellé> <NOM> <prénom> <date de naissance>``: only inside the space of
    trust, only with an archive."""
    born = f"{who.birth_date:%d/%m/%Y}" if who.birth_date else ""
    first = who.given_names.replace(",", " ").split(" ")[0]
    words = " ".join(filter(None, (label, who.birth_name.upper(), first, born)))
    return PREFIX + " ".join(words.split())[:180]


def readable(subject_: str) -> str:
    """A received subject without its technical prefix."""
    return subject_.strip().removeprefix(PREFIX).strip()
