"""Settlement of 100,000 enrolments with 2,000,000 acts, beside the same rules as DuckDB queries.

Half of the enrolments follow the after-cancer definition as shipped (tariffs, windows, a yearly
cap), half a made one (a flat sequence of minimums, a fixed part, the rest by acts). Both sides
read the same rows and must give the same cents to the same payees and the same reason to each
refused act: the bench stops if they do not.
Python runs on one core, DuckDB on all of them. Reading and storing are not measured here.
"""

import datetime as dt
import gc
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import duckdb

from bench.harness import Figure, Options, main
from liane.bundles.engine import compile_protocol, difference, explain, settle, settle_many
from liane.pathways.protocols import library
from liane.pathways.protocols.facts import Act, Case
from liane.pathways.protocols.plan import Plan

ACTS = 20
UNTIL = dt.date(2027, 12, 31)
CANCER = ("bilan-apa", "bilan-diet", "bilan-psy", "consultation-diet", "consultation-psy")
MADE = ("bilan", "diet", "apa")
SEQUENCE = """
schema: 1
key: banc
version: 2026-01
title: Séquence du banc de mesure
sources: [{id: s, text: inventé, ref: bench, checked: 2026-01-01, mark: inferred}]
legal: {reference: aucune}
valid_from: 2026-01-01
payer: cpam
acts: [{code: bilan, label: Bilan}, {code: diet, label: Diététique}, {code: apa, label: Activité}]
phases:
  - id: sequence
    label: Séquence
    article: art. 1
    starts: {anchor: inclusion}
    length: {months: 12}
    pays: flat
    amounts: {"*": "600.00"}
    complete_when: {met: all, article: art. 1}
    requires:
      - {id: bilan, label: Bilan, acts: [bilan], min: 1, article: art. 2}
      - {id: diet, label: Diététique, acts: [diet], min: 3, article: art. 2}
      - {id: apa, label: Activité, acts: [apa], min: 4, article: art. 2}
sharing:
  label: clé
  article: art. 3
  remainder: acts
  shares: [{id: coordination, kind: fixed, to: structure, amount: "90.00"}]
dropout: [{id: rien, label: rien, strategy: none, article: art. 4}]
patient_share: {kind: none, article: art. 5}
"""
DATA = """
CREATE TABLE cases AS SELECT i AS id, i % 2 AS kind,
  DATE '2026-01-01' + CAST(hash(i) % 300 AS INTEGER) AS included FROM range({cases}) t(i);
CREATE TABLE acts AS SELECT n AS id, c.id AS case_id, c.kind,
  CASE WHEN c.kind = 0 THEN CAST(hash(n, 1) % 5 AS INTEGER) ELSE CAST(hash(n, 1) % 3 AS INTEGER) END
    AS position,
  c.included + CAST(hash(n, 2) % 460 AS INTEGER) - 10 AS day,
  'P' || (hash(n, 3) % 12 + c.id % 500) AS payee,
  hash(n, 4) % 25 <> 0 AS standing
FROM range({acts}) t(n) JOIN cases c ON c.id = n // {each};
"""
CANCER_QUERY = """
CREATE OR REPLACE TABLE cancer AS
WITH kept AS (
  SELECT a.*, included, position < 3 AS bilan, standing AND day >= included AS fit
  FROM acts a JOIN cases c ON c.id = a.case_id WHERE a.kind = 0 AND day <= DATE '{until}'),
anchored AS (
  SELECT *, min(day) FILTER (WHERE bilan AND fit) OVER (PARTITION BY case_id) AS first FROM kept),
placed AS (
  SELECT *, fit AND coalesce(day BETWEEN first AND first + INTERVAL 12 MONTH, false) AS inside,
    CASE WHEN bilan THEN position ELSE 3 END AS need,
    CASE WHEN bilan THEN 1 ELSE 6 END AS most,
    CASE WHEN bilan THEN 4500 ELSE 2250 END AS cents FROM anchored),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY case_id, need, inside ORDER BY day, position, id)
    AS rank FROM placed),
paid AS (
  SELECT *, CASE WHEN inside AND rank <= most THEN greatest(0, least(cents, 18000 - coalesce(
    sum(cents) FILTER (WHERE inside AND rank <= most) OVER (
      PARTITION BY case_id ORDER BY day, position, id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) ELSE 0 END AS due FROM ranked),
counted AS (
  SELECT *, count(*) FILTER (WHERE due > 0) OVER (
    PARTITION BY case_id, need ORDER BY day, position, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM paid)
SELECT id, case_id, payee, due, first, CASE
    WHEN NOT standing THEN 'unconfirmed'
    WHEN day < included THEN 'before_inclusion'
    WHEN first IS NULL OR day < first THEN 'not_open'
    WHEN NOT inside THEN 'expired'
    WHEN due = 0 AND before >= most THEN 'maximum'
    WHEN due < cents THEN 'cap' END AS reason
FROM counted;
CREATE OR REPLACE TABLE cancer_lines AS
SELECT case_id, payee, CAST(sum(due) AS BIGINT) AS cents, list(id) AS acts
FROM cancer WHERE due > 0 AND first + INTERVAL 12 MONTH <= DATE '{until}'
GROUP BY case_id, payee
"""
SEQUENCE_QUERY = """
CREATE OR REPLACE TABLE sequence AS
WITH kept AS (
  SELECT a.*, included, standing AND day BETWEEN included AND included + INTERVAL 12 MONTH AS fit
  FROM acts a JOIN cases c ON c.id = a.case_id WHERE a.kind = 1 AND day <= DATE '{until}'),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY case_id, position, fit ORDER BY day, id) AS rank
  FROM kept),
ended AS (
  SELECT *, max(day) FILTER (WHERE fit AND position = 0 AND rank = 1) OVER w AS a,
    max(day) FILTER (WHERE fit AND position = 1 AND rank = 3) OVER w AS b,
    max(day) FILTER (WHERE fit AND position = 2 AND rank = 4) OVER w AS c
  FROM ranked WINDOW w AS (PARTITION BY case_id)),
closed AS (
  SELECT *, CASE WHEN a IS NULL OR b IS NULL OR c IS NULL THEN NULL ELSE greatest(a, b, c) END
    AS closed FROM ended)
SELECT id, case_id, payee, closed, CASE
    WHEN NOT standing THEN 'unconfirmed'
    WHEN day < included THEN 'before_inclusion'
    WHEN day > closed THEN 'closed'
    WHEN NOT fit THEN 'expired' END AS reason
FROM closed;
CREATE OR REPLACE TABLE sequence_lines AS
WITH shares AS (
  SELECT case_id, payee, count(*) AS n, list(id) AS acts FROM sequence
  WHERE reason IS NULL AND closed IS NOT NULL GROUP BY case_id, payee),
whole AS (SELECT *, sum(n) OVER (PARTITION BY case_id) AS total FROM shares),
parts AS (
  SELECT *, 51000 * n // total AS base,
    row_number() OVER (PARTITION BY case_id ORDER BY 51000 * n % total DESC, payee) AS rank
  FROM whole),
rounded AS (SELECT *, 51000 - sum(base) OVER (PARTITION BY case_id) AS left_over FROM parts)
SELECT case_id, payee,
  CAST(base + CASE WHEN rank <= left_over THEN 1 ELSE 0 END AS BIGINT) AS cents, acts
FROM rounded
UNION ALL SELECT DISTINCT case_id, 'structure', 9000, [] FROM sequence WHERE closed IS NOT NULL
"""


def run(options: Options) -> list[Figure]:
    """Make the rows, settle on both sides, compare to the cent, settle again after a change."""
    count = options.persons[-1]
    base = duckdb.connect()
    base.execute(DATA.format(cases=count, acts=count * ACTS, each=ACTS))
    plans = [
        compile_protocol(library.shipped().version("apres-cancer", "2020-12")),
        compile_protocol(library.read(SEQUENCE)),
    ]
    cases = _cases(base)
    gc.collect()
    gc.freeze()
    query_seconds = []
    results: list[list[Any]] = []
    settle_seconds = []
    for _ in range(2):
        query_seconds.append(_timed(lambda: _query(base)))
        results = []
        settle_seconds.append(_timed(lambda: results.extend(_settle(plans, cases))))
    _same(base, results)
    refused = sum(len(one.refusals) for half in results for one in half)
    lines = sum(len(one.lines) for half in results for one in half)
    size = f"{count} enrolments, {count * ACTS} acts, {lines} lines, {refused} refusals"
    query, full = min(query_seconds), min(settle_seconds)
    query_processor = _processor(lambda: _query(base))
    processor = _processor(lambda: _settle(plans, cases))
    some = _changed(cases)
    part = _timed(lambda: _again(plans, some, results))
    said = _timed(lambda: _explain(plans, cases, results))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("the same rules as DuckDB queries", query, "s", size),
        Figure("settlement, pure engine, one core", full, "s", size, query, "DuckDB", "≤ ×3"),
        Figure("the same, seconds of processor", processor, "s",
               f"{memory:.0f} MB at most, every case and answer held", query_processor, "DuckDB"),
        Figure("after a change of 1 %, with differences", part, "s", f"{len(some[0]) * 2} enrolments",
               full, "the full settlement", "≤ ×0.05"),
        Figure("explanations of 1000 enrolments", said, "s", "text in French, made on demand"),
    ]  # fmt: skip


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _processor(work: Callable[[], object]) -> float:
    """Seconds of processor, all threads: what a busy machine disturbs least."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _cases(base: duckdb.DuckDBPyConnection) -> list[list[Case]]:
    """The same rows as cases, those of each definition together."""
    held: dict[int, list[Act]] = {}
    rows = base.execute("SELECT id, case_id, kind, position, day, payee, standing FROM acts")
    while page := rows.fetchmany(50_000):
        for name, case, kind, position, day, payee, standing in page:
            code = (MADE if kind else CANCER)[position]
            state = "standing" if standing else "unconfirmed"
            held.setdefault(case, []).append(Act(name, code, day, payee, state=state))
    halves: list[list[Case]] = [[], []]
    for case, kind, included in base.execute("SELECT * FROM cases ORDER BY id").fetchall():
        halves[kind].append(Case(case, included, tuple(held.get(case, ()))))
    return halves


def _query(base: duckdb.DuckDBPyConnection) -> None:
    base.execute(CANCER_QUERY.format(until=UNTIL))
    base.execute(SEQUENCE_QUERY.format(until=UNTIL))


def _settle(plans: list[Plan], cases: list[list[Case]]) -> list[list[Any]]:
    """As a run does: nothing is collected meanwhile (`liane.core.rows.uncollected`)."""
    gc.disable()
    found = [list(settle_many(plan, half, UNTIL)) for plan, half in zip(plans, cases, strict=True)]
    gc.enable()
    return found


def _same(base: duckdb.DuckDBPyConnection, results: list[list[Any]]) -> None:
    """Stop unless both sides give each payee the same cents and each refused act its reason."""
    every = [one for half in results for one in half]
    ours = Counter[Any]()
    for one in every:
        for line in one.lines:
            ours[one.case_id, line.payee] += line.cents
    reasons = sorted((said.act, said.code) for one in every for said in one.refusals)
    theirs, others = Counter[Any](), []
    for table in ("cancer", "sequence"):
        for case, payee, cents in base.execute(
            f"SELECT case_id, payee, cents FROM {table}_lines"
        ).fetchall():
            theirs[case, payee] += cents
        others += base.execute(f"SELECT id, reason FROM {table} WHERE reason <> ''").fetchall()
    if ours != theirs:
        odd = sorted(key for key in ours.keys() | theirs.keys() if ours[key] != theirs[key])
        raise SystemExit(f"not the same cents for {len(odd)} payees, first {odd[:3]}")
    if reasons != sorted(others):
        odd = sorted(set(reasons) ^ set(others))
        raise SystemExit(f"not the same refusals: {len(odd)}, first {odd[:4]}")
    print(
        f"both sides: {sum(ours.values()) / 100:.2f} € in {len(ours)} parts, "
        f"{len(reasons)} refusals with the same reasons"
    )


def _changed(cases: list[list[Case]]) -> list[list[tuple[int, Case]]]:
    """One case in a hundred loses its last act."""
    return [
        [
            (place, half[place]._replace(acts=half[place].acts[:-1]))
            for place in range(0, len(half), 100)
        ]
        for half in cases
    ]


def _again(plans: list[Plan], some: list[list[tuple[int, Case]]], before: list[list[Any]]) -> int:
    changes = 0
    for plan, half, held in zip(plans, some, before, strict=True):
        for place, case in half:
            changes += len(difference(held[place], settle(plan, case, UNTIL)))
    return changes


def _explain(plans: list[Plan], cases: list[list[Case]], results: list[list[Any]]) -> int:
    said = 0
    for plan, half, held in zip(plans, cases, results, strict=True):
        for case, result in zip(half[:500], held[:500], strict=True):
            said += sum(1 for _ in explain(plan.protocol, case, result))
    return said


if __name__ == "__main__":
    main(run)
