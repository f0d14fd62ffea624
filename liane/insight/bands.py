"""Bands of ages (whole years) and of lengths (days): from the first number, below the second."""

AGES: dict[str, tuple[int, int]] = {
    "0": (0, 18),
    "18": (18, 60),
    "60": (60, 70),
    "70": (70, 80),
    "80": (80, 90),
    "90": (90, 200),
    "": (0, 0),
}
"""The empty band: no birth date."""
AGE_WORDS = {
    "0": "moins de 18 ans",
    "18": "18 à 59 ans",
    "60": "60 à 69 ans",
    "70": "70 à 79 ans",
    "80": "80 à 89 ans",
    "90": "90 ans et plus",
    "": "âge inconnu",
}
LENGTHS: dict[str, tuple[int, int]] = {
    "0": (0, 91),
    "91": (91, 183),
    "183": (183, 365),
    "365": (365, 730),
    "730": (730, 36500),
}
LENGTH_WORDS = {
    "0": "moins de 3 mois",
    "91": "3 à 6 mois",
    "183": "6 mois à 1 an",
    "365": "1 à 2 ans",
    "730": "2 ans et plus",
}
