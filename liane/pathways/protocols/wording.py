"""What the schema refuses, said in French."""

import difflib
from typing import Any

from liane.pathways.protocols.reading import Fault, Path, Written, dotted

OWN = {
    "money": 'un montant s’écrit en euros, entre guillemets, avec deux décimales : "22.50".',
    "percent": 'un pourcentage s’écrit entre guillemets, de "0" à "100.00".',
    "length": "une durée a besoin de « months » ou de « days ».",
    "choices": "« choices » va avec les faits de genre « choice » ou « codes », et eux seuls.",
    "test_form": "une seule forme par test : fact, all, any, none, delay ou document.",
    "test_bounds": "un seul critère par fait : min/max, equals, one_of ou includes.",
    "test_delay": "« delay » (deux jours) et « within » (durée) vont ensemble.",
    "renewal": "« length » va avec « kind: after », et lui seul.",
    "anchor": "« acts » va avec « from: first_act », et lui seul.",
    "starts": "une phase s’ouvre par « anchor » (avec « offset » au besoin) ou par « after ».",
    "phase_parts": "une séquence a « starts », « requires » et « complete_when » ; celle qui paie "
    "par ses sous-séquences n’en a aucun.",
    "phase_amounts": "« amounts » va avec « pays: flat », et lui seul.",
    "phase_parent": "« parent » va avec « kind: subsequence », et lui seul.",
    "cap": "un plafond porte « count » ou « amount », un seul ; par acte, c’est un montant.",
    "share": "une part « percent » porte « percent », « fixed » et « per_act » portent « amount », "
    "toutes ont « to », sauf « tariff ».",
    "level": "un palier paie « amount » ou « percent », un seul.",
    "dropout": "« levels » va avec « strategy: threshold », et lui seul.",
    "patient_share": "« rate » va avec « kind: rate », « amount » avec « kind: flat ».",
}
SAID = {
    "missing": "champ obligatoire absent.",
    "string_type": "un texte est attendu ; mettre la valeur entre guillemets.",
    "string_too_short": "le texte est vide.",
    "string_too_long": "le texte est trop long.",
    "string_pattern_mismatch": "écriture refusée (un nom : lettres sans accent, chiffres, - et _).",
    "int_type": "un nombre entier est attendu.",
    "int_parsing": "un nombre entier est attendu.",
    "int_from_float": "un nombre entier est attendu.",
    "float_type": "un nombre est attendu.",
    "float_parsing": "un nombre est attendu.",
    "bool_type": "« true » ou « false » est attendu.",
    "bool_parsing": "« true » ou « false » est attendu.",
    "dict_type": "un ensemble de champs « nom: valeur » est attendu.",
    "model_type": "un ensemble de champs « nom: valeur » est attendu.",
    "model_attributes_type": "un ensemble de champs « nom: valeur » est attendu.",
    "tuple_type": "une liste est attendue (« - … » ou « [ … ] »).",
    "too_short": "il en faut au moins un.",
    "too_long": "trop de valeurs.",
    "date_type": "un jour est attendu : AAAA-MM-JJ.",
    "date_parsing": "un jour est attendu : AAAA-MM-JJ.",
    "date_from_datetime_parsing": "un jour est attendu : AAAA-MM-JJ.",
    "date_from_datetime_inexact": "un jour est attendu, sans heure : AAAA-MM-JJ.",
}
TAGS = {"value", "missing"}


def faults_of(errors: list[Any], written: Written) -> list[Fault]:
    """The errors of pydantic as faults, one for each field, in the order of the file."""
    found: dict[str, Fault] = {}
    counts: set[str] = set()
    for error in errors:
        path = _path(error["loc"], written.value)
        line = written.line(path)
        found.setdefault(dotted(path), Fault(line, dotted(path), _said(error)))
        counts.update({dotted(path)} if error["type"] == "too_short" else ())
    return sorted(one for one in found.values() if not _only_counts(one.field, found, counts))


def _only_counts(field: str, found: dict[str, Fault], counts: set[str]) -> bool:
    """A list found too short because what is in it was refused: the faults within say it."""
    return field in counts and any(name.startswith((f"{field}[", f"{field}.")) for name in found)


def _path(loc: tuple[str | int, ...], value: Any) -> Path:
    """The path as the author sees it, without the marks that pydantic adds for alternatives."""
    path: list[str | int] = []
    for place, step in enumerate(loc):
        if isinstance(value, dict | list) and _inside(value, step):
            value = value[step]  # type: ignore[index]
        elif place < len(loc) - 1 or step in TAGS or not isinstance(value, dict):
            continue
        path.append(step)
    return tuple(path)


def _inside(value: dict[Any, Any] | list[Any], step: str | int) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(step, int) and step < len(value)


def _said(error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return OWN.get(str(context.get("error")), "valeur refusée.")
    if kind == "extra_forbidden":
        return f"champ inconnu « {str(error['loc'][-1])[:60]} » ; vérifier son nom."
    if kind == "literal_error":
        wanted = str(context["expected"]).replace("'", "").replace(" or ", ", ")
        near = difflib.get_close_matches(str(error["input"])[:60], wanted.split(", "), 1)
        more = f" Peut-être « {near[0]} » ?" if near else ""
        return f"valeurs possibles : {wanted}.{more}"
    if kind.startswith(("greater_than", "less_than")):
        bounds = {"ge": "au moins", "gt": "plus de", "le": "au plus", "lt": "moins de"}
        return "; ".join(f"{bounds[k]} {v}" for k, v in context.items() if k in bounds) + "."
    return SAID.get(kind, "valeur refusée.")
