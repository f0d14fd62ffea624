"""Sessions fall due one by one, in their order and rhythm."""

import datetime as dt

import pytest

from liane.pathways.protocols.facts import Act, Case, Span
from liane.pathways.protocols.library import read
from liane.pathways.protocols.plan import compile_protocol
from liane.pathways.protocols.sessions import due

START = dt.date(2026, 1, 1)
PLAN = compile_protocol(
    read(
        """
schema: 1
key: essai
version: 2026-01
title: Essai
sources: [{id: s, text: t, ref: r, checked: 2026-01-01, mark: inferred}]
legal: {reference: aucune}
valid_from: 2026-01-01
payer: cpam
acts: [{code: bilan, label: Bilan}, {code: seance, label: Séance}, {code: synthese, label: Fin}]
phases:
  - id: un
    label: Un
    article: a
    starts: {anchor: inclusion}
    length: {months: 6}
    pays: nothing
    complete_when: {met: all, article: a}
    requires:
      - {id: bilan, label: Bilan, acts: [bilan], min: 1, first_after_days: 7, article: a}
      - {id: seance, label: Séance, acts: [seance], min: 2, planned: 3, after: bilan,
         every_days: 30, spacing_days: 15, first_after_days: 10, late_after_days: 5, article: a}
      - {id: synthese, label: Synthèse, acts: [synthese], min: 1, after: seance, article: a}
patient_share: {kind: none, article: a}
"""
    )
)


def day(number):
    return START + dt.timedelta(number)


def asked(on, *done, **more):
    acts = tuple(Act(n, code, day(at), "P") for n, (code, at) in enumerate(done))
    found = due(PLAN, Case("c", START, acts, **more), day(on))
    return [(one.requirement, one.number, (one.due_on - START).days) for one in found]


@pytest.mark.parametrize(
    ("on", "done", "expected"),
    [
        (6, [], []),
        (7, [], [("bilan", 1, 7)]),
        (90, [], [("bilan", 1, 7)]),
        (20, [("bilan", 12)], []),
        (22, [("bilan", 12)], [("seance", 1, 22)]),
        (90, [("bilan", 12)], [("seance", 1, 22), ("seance", 2, 52), ("seance", 3, 82)]),
        (60, [("bilan", 12), ("seance", 50)], []),
        (65, [("bilan", 12), ("seance", 50)], [("seance", 2, 65)]),
        (82, [("bilan", 12), ("seance", 22), ("seance", 52)],
         [("synthese", 1, 52), ("seance", 3, 82)]),
        (90, [("bilan", 12), ("seance", 22), ("seance", 52), ("synthese", 60)], []),
        (365, [("bilan", 12)], []),
    ],
)  # fmt: skip
def test_what_is_due(on, done, expected):
    assert asked(on, *done) == expected


def test_lateness_and_the_last_day_come_with_the_session():
    acts = (Act(1, "bilan", day(12), "P"),)
    (one,) = due(PLAN, Case("c", START, acts), day(22))
    assert (one.late_from, one.last_day, one.acts) == (day(27), dt.date(2026, 7, 1), ("seance",))


def test_nothing_is_due_of_somebody_suspended_or_gone():
    assert asked(20, suspensions=(Span(day(10), day(30)),)) == []
    assert asked(31, suspensions=(Span(day(10), day(30)),)) == [("bilan", 1, 7)]
    assert asked(20, ended_on=day(19)) == []
