"""Codes of the national nomenclatures in words, and the words people type for them.

Source: Nomenclatures des objets de santé (ANS), TRE_G15-ProfessionSante for professions and
TRE_R38-SpecialiteOrdinale for doctors' specialties; codes of two letters are ours, for those who
work around a person without a place in those tables. A specialty that is not listed here keeps the
words of the file it came from.
"""

from liane.core.text import normalise

PROFESSIONS: dict[str, str] = {
    "10": "médecin",
    "21": "pharmacien ou pharmacienne",
    "26": "audioprothésiste",
    "28": "opticien-lunetier",
    "31": "assistant ou assistante dentaire",
    "32": "physicien médical",
    "35": "aide-soignant ou aide-soignante",
    "36": "ambulancier ou ambulancière",
    "37": "auxiliaire de puériculture",
    "38": "préparateur en pharmacie hospitalière",
    "39": "préparateur ou préparatrice en pharmacie",
    "40": "chirurgien-dentiste",
    "41": "assistant ou assistante de service social",
    "50": "sage-femme",
    "60": "infirmier ou infirmière",
    "69": "infirmier psychiatrique",
    "70": "masseur-kinésithérapeute",
    "71": "ostéopathe",
    "72": "psychothérapeute",
    "73": "chiropracteur",
    "80": "pédicure-podologue",
    "81": "orthoprothésiste",
    "82": "podo-orthésiste",
    "83": "orthopédiste-orthésiste",
    "84": "oculariste",
    "85": "épithésiste",
    "86": "technicien de laboratoire médical",
    "91": "orthophoniste",
    "92": "orthoptiste",
    "93": "psychologue",
    "94": "ergothérapeute",
    "95": "diététicien ou diététicienne",
    "96": "psychomotricien ou psychomotricienne",
    "98": "manipulateur ou manipulatrice radio",
    "AS": "aide-soignant ou aide-soignante",
    "AD": "aide à domicile",
    "AP": "enseignant en activité physique adaptée",
    "SO": "travailleur social",
    "CO": "coordinateur ou coordinatrice de parcours",
    "PR": "portage de repas",
    "SE": "secrétaire",
}

SPECIALTIES: dict[str, str] = {
    "SM01": "anatomie et cytologie pathologiques",
    "SM02": "anesthésie-réanimation",
    "SM03": "biologie médicale",
    "SM04": "cardiologie et maladies vasculaires",
    "SM05": "chirurgie générale",
    "SM06": "chirurgie maxillo-faciale",
    "SM08": "chirurgie orthopédique et traumatologie",
    "SM09": "chirurgie infantile",
    "SM10": "chirurgie plastique, reconstructrice et esthétique",
    "SM11": "chirurgie thoracique et cardio-vasculaire",
    "SM12": "chirurgie urologique",
    "SM13": "chirurgie vasculaire",
    "SM14": "chirurgie viscérale et digestive",
    "SM15": "dermatologie et vénéréologie",
    "SM16": "endocrinologie et métabolisme",
    "SM17": "génétique médicale",
    "SM18": "gastro-entérologie et hépatologie",
    "SM19": "gynécologie médicale",
    "SM20": "gynécologie-obstétrique",
    "SM25": "médecine du travail",
    "SM26": "médecine générale",
    "SM27": "médecine interne",
    "SM28": "médecine nucléaire",
    "SM29": "médecine physique et de réadaptation",
    "SM30": "néphrologie",
    "SM31": "neurochirurgie",
    "SM32": "neurologie",
    "SM38": "ophtalmologie",
    "SM39": "oto-rhino-laryngologie",
    "SM40": "pédiatrie",
    "SM41": "pneumologie",
    "SM42": "psychiatrie",
    "SM43": "psychiatrie de l’enfant et de l’adolescent",
    "SM44": "radiodiagnostic",
    "SM46": "réanimation médicale",
    "SM48": "rhumatologie",
    "SM49": "santé publique et médecine sociale",
    "SM53": "médecine générale",
    "SM54": "médecine générale",
}

SPOKEN: dict[str, tuple[str, ...]] = {
    "10": ("medecin", "docteur", "dr", "generaliste", "toubib"),
    "21": ("pharmacien", "pharmacienne"),
    "26": ("audioprothesiste",),
    "28": ("opticien", "opticienne"),
    "35": ("aide soignant", "aide soignante"),
    "36": ("ambulancier", "ambulanciere"),
    "39": ("preparateur", "preparatrice"),
    "40": ("dentiste", "chirurgien dentiste"),
    "41": ("assistante sociale", "assistant social"),
    "50": ("sage femme", "maieuticien"),
    "60": ("infirmier", "infirmiere", "ide", "idel"),
    "70": ("kine", "kinesitherapeute", "masseur kinesitherapeute"),
    "71": ("osteopathe",),
    "80": ("podologue", "pedicure"),
    "91": ("orthophoniste",),
    "92": ("orthoptiste",),
    "93": ("psychologue",),
    "94": ("ergotherapeute", "ergo"),
    "95": ("dieteticien", "dieteticienne"),
    "96": ("psychomotricien", "psychomotricienne"),
    "98": ("manipulateur radio",),
    "AS": ("aide soignant", "aide soignante"),
    "AD": ("aide a domicile", "auxiliaire de vie"),
    "AP": ("apa",),
    "SO": ("travailleur social", "assistante sociale", "assistant social"),
    "CO": ("coordinateur", "coordinatrice"),
    "PR": ("portage de repas", "repas"),
    "SE": ("secretaire",),
}
"""What people type for a profession, normalised."""

SPECIALISTS: dict[str, tuple[str, ...]] = {
    "SM04": ("cardiologue",),
    "SM15": ("dermatologue",),
    "SM16": ("endocrinologue", "diabetologue"),
    "SM18": ("gastroenterologue", "gastro"),
    "SM19": ("gynecologue",),
    "SM20": ("gynecologue", "obstetricien"),
    "SM30": ("nephrologue",),
    "SM32": ("neurologue",),
    "SM38": ("ophtalmologue", "ophtalmo"),
    "SM39": ("orl",),
    "SM40": ("pediatre",),
    "SM41": ("pneumologue",),
    "SM42": ("psychiatre",),
    "SM44": ("radiologue",),
    "SM48": ("rhumatologue",),
}
"""What people type for a doctor of a specialty, normalised."""


def profession_label(profession: str, specialty: str = "", otherwise: str = "") -> str:
    """The profession (a doctor's specialty beside it) in words, or nothing for an unknown code."""
    name = PROFESSIONS.get(profession, "")
    detail = SPECIALTIES.get(specialty, otherwise)
    return f"{name}, {detail}" if name and detail else name or detail


def choices() -> list[tuple[str, str]]:
    """(code, words) of every profession, by name."""
    by_name = {name: code for code, name in PROFESSIONS.items()}
    return sorted(
        ((code, name) for name, code in by_name.items()), key=lambda pair: normalise(pair[1])
    )
