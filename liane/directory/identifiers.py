"""National numbers of professionals and structures: shape, key, and what to tell when wrong.

RPPS: 11 digits, Luhn key. FINESS: 9 characters, Luhn key (Corsica writes 2A or 2B in its first
two, read as 20). SIRET: 14 digits, Luhn, but the post office's own rule. Sources: ANS, Référentiel
d'identification des acteurs; INSEE, Sirene.
"""

import re

from liane.core.errors import Refused

LA_POSTE = "356000000"


def luhn_holds(digits: str) -> bool:
    """True when the last digit is the Luhn key of those before it."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def luhn_key(digits: str) -> str:
    """The digit that completes ``digits``."""
    return next(key for key in "0123456789" if luhn_holds(digits + key))


def _plain(value: str) -> str:
    return re.sub(r"[\s.\-]", "", value).upper()


def rpps(value: str) -> str:
    """A checked RPPS number without spaces. Raises Refused with what to correct."""
    plain = _plain(value)
    if len(plain) == 12 and plain.startswith("8") and plain.isdecimal() and luhn_holds(plain[1:]):
        plain = plain[1:]
    if not plain.isdecimal() or len(plain) != 11:
        raise Refused(
            f"Un numéro RPPS compte 11 chiffres ; celui-ci en compte {_count(plain)}.", field="rpps"
        )
    if not luhn_holds(plain):
        raise Refused(
            "Ce numéro RPPS comporte une erreur : sa clé ne correspond pas. "
            "Vérifiez chaque chiffre sur la carte professionnelle.",
            field="rpps",
        )
    return plain


def finess(value: str) -> str:
    """A checked FINESS number. Raises Refused with what to correct."""
    plain = _plain(value)
    if not re.fullmatch(r"\d[\dAB]\d{7}", plain):
        raise Refused(
            f"Un numéro FINESS compte 9 chiffres ; celui-ci en compte {_count(plain)}.",
            field="finess",
        )
    if not luhn_holds(plain.replace("2A", "20", 1).replace("2B", "20", 1)):
        raise Refused(
            "Ce numéro FINESS comporte une erreur : sa clé ne correspond pas.", field="finess"
        )
    return plain


def siret(value: str) -> str:
    """A checked SIRET number. Raises Refused with what to correct."""
    plain = _plain(value)
    if not plain.isdecimal() or len(plain) != 14:
        raise Refused(
            f"Un numéro SIRET compte 14 chiffres ; celui-ci en compte {_count(plain)}.",
            field="siret",
        )
    if not luhn_holds(plain) and not _is_la_poste(plain):
        raise Refused(
            "Ce numéro SIRET comporte une erreur : sa clé ne correspond pas.", field="siret"
        )
    return plain


def _is_la_poste(plain: str) -> bool:
    return plain.startswith(LA_POSTE) and sum(int(char) for char in plain) % 5 == 0


def _count(plain: str) -> int:
    return sum(char.isdigit() for char in plain)
