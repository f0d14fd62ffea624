"""Bank details: an IBAN is checked by its key before it is kept (ISO 13616, modulo 97)."""

import re

from liane.core.errors import Refused

SHAPE = re.compile(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")
FRENCH = 27
"""Characters of an IBAN of France."""


def checked_iban(text: str) -> str:
    """The IBAN without blanks, in capitals. Raises Refused when it is not one."""
    iban = re.sub(r"[\s\u00a0\u202f-]", "", text).upper()
    if not SHAPE.match(iban) or not iban.isascii():
        raise Refused(
            "Un IBAN commence par deux lettres et deux chiffres : recopiez-le du RIB.", field="iban"
        )
    if iban.startswith("FR") and len(iban) != FRENCH:
        raise Refused(
            f"Un IBAN français a {FRENCH} caractères, celui-ci {len(iban)}.", field="iban"
        )
    if not _key_holds(iban):
        raise Refused("La clé de cet IBAN est fausse : vérifiez chaque chiffre.", field="iban")
    return iban


def _key_holds(iban: str) -> bool:
    """The number that the rearranged IBAN makes leaves 1 when divided by 97.

    >>> _key_holds("FR1420041010050500013M02606")
    True
    """
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1
