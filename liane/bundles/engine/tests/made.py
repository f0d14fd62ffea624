"""A definition made for tests: two sequences in a chain, profiles, caps, the person's share."""

import datetime as dt
from functools import cache

from liane.pathways.protocols.facts import Act, Case
from liane.pathways.protocols.library import read
from liane.pathways.protocols.plan import Plan, compile_protocol

START = dt.date(2026, 1, 1)
TEXT = """
schema: 1
key: essai
version: 2026-01
title: Parcours d’essai
sources:
  - {id: essai, text: inventé, ref: tests, checked: 2026-01-01, mark: inferred}
legal: {reference: aucune}
valid_from: 2026-01-01
payer: cpam
overseas_coefficient: "1.20"
professions: [{code: md, label: médecin}, {code: diet, label: diététicien}, {code: apa, label: APA}]
acts:
  - {code: bilan, label: Bilan, professions: [md]}
  - {code: diet, label: Séance diététique, professions: [diet], minutes: 30, remote: true}
  - {code: apa, label: Séance d’activité physique, professions: [apa], minutes: 60}
  - {code: suivi, label: Suivi, professions: [md, diet], tariff: "30.00"}
profiles: [{id: A, label: sans limitation}, {id: B, label: avec limitation}]
anchors:
  - {id: bilan, label: premier bilan, from: first_act, acts: [bilan]}
phases:
  - id: intensive
    label: Séquence intensive
    article: art. 1
    starts: {anchor: bilan}
    length: {months: 6}
    max_length: {months: 9}
    pays: flat
    amounts: {A: "600.00", B: "750.00"}
    requires:
      - {id: bilan, label: Bilan, acts: [bilan], min: 1, max: 1, article: art. 2}
      - {id: diet, label: Diététique, acts: [diet], min: 3, max: 5, spacing_days: 7, after: bilan,
         every_days: 30, first_after_days: 10, article: art. 2}
      - {id: apa, label: Activité physique, acts: [apa], min: 2, profiles: [B], article: art. 2}
    complete_when: {met: all, article: art. 3}
    documents: [compte-rendu]
  - id: suivi
    label: Suivi
    article: art. 4
    starts: {after: intensive}
    length: {months: 12}
    pays: acts
    requires:
      - {id: suivi, label: Suivi, acts: [suivi], max: 8, article: art. 4}
    complete_when: {met: elapsed, article: art. 4}
caps:
  - {id: un-par-jour, label: un par jour, acts: [suivi], count: 1, per: day, article: art. 5}
  - {id: an, label: plafond de l’année civile, acts: [suivi], amount: "100.00", per: calendar_year,
     article: art. 5}
sharing:
  label: Clé du protocole
  article: art. 6
  remainder: structure
  shares:
    - {id: coordination, kind: fixed, to: structure, amount: "100.00"}
    - {id: actes, kind: per_act, to: diet, amount: "40.00"}
    - {id: medecin, kind: percent, to: md, percent: "33.33"}
dropout:
  - {id: abandon, label: au prorata, reasons: [drop_out], strategy: pro_rata, article: art. 7}
  - id: deces
    label: par paliers
    reasons: [death, move, refusal, other]
    strategy: threshold
    article: art. 7
    levels:
      - {requires: {bilan: 1}, amount: "120.00"}
      - {requires: {bilan: 1, diet: 2}, percent: "50"}
  - {id: delai, label: rien après le délai, reasons: [expired], strategy: none, article: art. 7}
patient_share: {kind: rate, rate: "30", exemptions: [ald, maternity], article: art. 8}
suspended: {extends: true, article: art. 9}
documents:
  - {code: compte-rendu, label: Compte rendu, article: art. 3}
"""


@cache
def plan() -> Plan:
    """The plan of the definition above."""
    return compile_protocol(read(TEXT))


def day(number: int) -> dt.date:
    """The day ``number`` days after the start."""
    return START + dt.timedelta(number)


def act(name: int, code: str, on: int, payee: str | None = None, **more: object) -> Act:
    """An act on day ``on``, done by somebody named after its code unless said."""
    return Act(name, code, day(on), payee or f"{code}-1", **more)  # type: ignore[arg-type]


def case(*acts: Act, **more: object) -> Case:
    """A case of profile A, with its report received, included on the first day."""
    said = {"profile": "A", "documents": {"compte-rendu": START}} | more
    return Case("c", START, acts, **said)  # type: ignore[arg-type]


def full() -> tuple[Act, ...]:
    """What completes the first sequence of profile A on day 60."""
    return (act(1, "bilan", 5), act(2, "diet", 20), act(3, "diet", 40), act(4, "diet", 60))
