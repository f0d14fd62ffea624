"""The acts of a period for a billing software: CSV, UTF-8 with its mark, semicolons."""

import csv
import io
from collections.abc import Iterable

from django.utils import timezone

from liane.bundles.exclusivity.acts import LAW, Financed
from liane.core.text import inert

HEADS = (
    "date", "heure", "rpps", "professionnel", "nom", "prenoms", "naissance", "type", "acte",
    "minutes", "financement", "forfait", "consigne", "article", "reference",
)  # fmt: skip


def as_csv(found: Iterable[Financed]) -> bytes:
    """One line an act; ``financement`` is forfait, a-confirmer, a-verifier or acte."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    for one in found:
        writer.writerow([inert(value) for value in _cells(one)])
    return out.getvalue().encode("utf-8-sig")


def _cells(one: Financed) -> tuple[str, ...]:
    act, person = one.act, one.act.person
    at, who = (
        timezone.localtime(act.at),
        act.performed_by.professional if act.performed_by else None,
    )
    return (
        at.date().isoformat(), f"{at:%H:%M}", (who.rpps or "") if who else "",
        who.name if who else "", person.birth_name, person.given_names,
        person.birth_date.isoformat() if person.birth_date else "", act.get_kind_display(),
        one.code, str(act.minutes or ""), one.by, one.bundle, one.advice,
        LAW if one.by != "acte" else "", str(act.pk),
    )  # fmt: skip
