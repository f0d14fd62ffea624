"""Heads and documents for tests of CDA and XDM, without a database."""

import datetime as dt
from uuid import UUID

from liane.exchange.cda import bodies, names
from liane.exchange.cda.facts import (
    Author,
    CarePlan,
    Deed,
    Goal,
    Head,
    House,
    Number,
    Place,
    Subject,
)
from liane.exchange.cda.making import Made
from liane.exchange.cda.names import Code, Kind

MATRICULE = "269054958815780"
AT = dt.datetime(2026, 11, 30, 9, 15, tzinfo=dt.UTC)
HOUSE = House(
    Number(names.STRUCTURE, "1400012345"), "MSP des Pins & Landes",
    Place("1 rue des Pins", "40100", "DAX", "05 58 00 00 00"),
)  # fmt: skip
CLAIRE = Author(
    Number(names.RPPS, "810001234567"), "Aubert", "Claire", HOUSE, "Mme",
    Code("G15_60", "infirmier", names.PROFESSION, "G15"),
)  # fmt: skip
ODETTE = Subject(
    Number("2.25.11"), "LABORDE", "Odette Marie", "F", dt.date(1941, 3, 7), "40088", "DAX",
    "DUPONT", Place("12 rue <haute>", "40100", "DAX"), Number("1.2.250.1.213.1.4.8", MATRICULE),
)  # fmt: skip


def head(
    kind: Kind = names.DOCUMENTS["letter"],
    form: Code = names.FORMAT_PDF,
    templates: tuple[Number, ...] = (Number(names.TEMPLATE_UNSTRUCTURED),),
    **more: object,
) -> Head:
    values: dict[str, object] = {
        "id": UUID(int=7), "series": UUID(int=8), "version": 2, "kind": kind,
        "title": "Courrier du Dr Roussel", "at": AT, "event_at": AT, "subject": ODETTE,
        "author": CLAIRE, "custodian": HOUSE, "format": form, "templates": templates,
    }  # fmt: skip
    return Head(**{**values, **more})  # type: ignore[arg-type]


def wrapped(content: bytes = b"%PDF-1.7 essai", **more: object) -> Made:
    one = head(**more)  # type: ignore[arg-type]
    return Made(one, bodies.wrapped(one, content, "application/pdf"))


PLAN = CarePlan(
    goals=[
        Goal("Chutes à répétition", "Sortir chaque semaine", "deux sorties <notées>", "en cours",
             [Deed("Revoir le traitement", "Hélène Roussel", "sous huit jours"), Deed("Barres")]),
        Goal("", "Voir sa sœur"),
        Goal("Isolement", ""),
    ],
    situation=[("Situation médicale", "Diabète & HTA")],
    wishes=[("Ce qui compte", "Rester chez moi")],
    validated_on=dt.date(2026, 11, 28),
)  # fmt: skip


def plan() -> Made:
    one = head(
        names.PLAN, names.FORMAT_PPS, (Number(names.TEMPLATE_PPS, names.PPS_VERSION),),
        title="Plan personnalisé de coordination en santé", consent=True,
    )  # fmt: skip
    return Made(one, bodies.care_plan(one, PLAN))


def note(words: str = "Première ligne\nDeuxième <b>ligne</b>") -> Made:
    one = head(names.LIAISON, names.FORMAT_SUMMARY, (), title="Note de liaison")
    return Made(one, bodies.note(one, words))
