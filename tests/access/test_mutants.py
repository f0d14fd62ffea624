"""The matrix must notice a predicate negated or a filter dropped: each mutant dies."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, Q

from liane.circle import expressions, reach, rules, scoping, seats
from liane.circle.models import Grant
from liane.core import ledger
from liane.core.areas import Area
from liane.core.prepared import forget
from liane.patients.models import Patient
from tests.access.walker import read_everything, record_pages
from tests.access.world import KINDS, build

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        connection.vendor == "postgresql",
        reason="row-level security would rightly stop these mutants; SQLite shows the code alone",
    ),
]
Mutate = Callable[[pytest.MonkeyPatch], None]


def rewritten(patch: pytest.MonkeyPatch, before: str, after: str) -> None:
    """Change one predicate of the reach condition's SQL, which must hold it."""
    original = expressions.Reached.as_sql

    def mutant(self: Any, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = original(self, compiler, connection)
        assert before in sql
        return sql.replace(before, after), values

    patch.setattr(expressions.Reached, "as_sql", mutant)


def deny_is_lost(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, "rd.deny AND", "NOT rd.deny AND rd.deny AND")


def grants_never_end(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, "rg.ends_at > %s", "%s IS NOT NULL")


def holders_are_negated(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, "rg.holder_id IN", "rg.holder_id NOT IN")


def a_secretary_reads_notes(patch: pytest.MonkeyPatch) -> None:
    clerk = {**rules.RIGHTS["secretary"], Area.CLINICAL_NOTE: "r"}
    patch.setattr(rules, "RIGHTS", {**rules.RIGHTS, "secretary": clerk})


def lists_lose_denials(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.Reach, "_denied", lambda self, person: Exists(Grant.objects.none()))


def lists_forget_the_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        reach.Reach,
        "grants",
        lambda self, scopes: Grant.objects.filter(
            holder_id__in=self.actor.holders, scope__in=scopes, deny=False
        ),
    )


def lists_take_any_holder(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        reach.Reach,
        "grants",
        lambda self, scopes: Grant.objects.filter(scope__in=scopes, deny=False),
    )


def lists_ignore_scopes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        reach.Reach,
        "grants",
        lambda self, scopes: Grant.objects.filter(holder_id__in=self.actor.holders, deny=False),
    )


def the_condition_is_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.Reach, "condition", lambda self, area, person, flagged: Q())


def everybody_is_a_machine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.Reach, "everything", property(lambda self: True))


def outside_counts_as_team(patch: pytest.MonkeyPatch) -> None:
    original = rules.line
    patch.setattr(
        rules, "line", lambda role, scope: original("care" if role == "social" else role, "care")
    )


def a_manager_is_a_carer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "RIGHTS", {**rules.RIGHTS, "manager": rules.RIGHTS["care"]})


def flags_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scoping, "FLAGS", frozenset())


def masks_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scoping.ScopedQuerySet, "_unmasked", lambda self, reach: self)


def reads_are_not_recorded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "read", lambda *args, **kwargs: None)


def listing_shows_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.Reach, "listing", lambda self, area=None: Patient.objects.all())


MUTANTS: list[tuple[Mutate, str]] = [
    (deny_is_lost, "opposed"),
    (grants_never_end, "ex_member"),
    (holders_are_negated, "outsider"),
    (a_secretary_reads_notes, "secretary"),
    (lists_lose_denials, "opposed"),
    (lists_forget_the_end, "ex_member"),
    (lists_take_any_holder, "outsider"),
    (lists_ignore_scopes, "home_help"),
    (the_condition_is_dropped, "outsider"),
    (everybody_is_a_machine, "technical"),
    (outside_counts_as_team, "home_help"),
    (a_manager_is_a_carer, "manager"),
    (flags_are_ignored, "home_help"),
    (masks_are_ignored, "nurse"),
    (reads_are_not_recorded, "doctor"),
    (listing_shows_everybody, "outsider"),
]


@pytest.mark.parametrize(
    ("mutate", "kind"), MUTANTS, ids=lambda item: getattr(item, "__name__", item)
)
def test_the_matrix_kills_this_mutant(
    mutate: Mutate, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world: Any = build()
    rules_caches_cleared()
    mutate(monkeypatch)
    actor = next(item for item in KINDS if item.name == kind)
    try:
        assert read_everything(world, actor, record_pages).faults, "the matrix did not notice"
    finally:
        rules_caches_cleared()


def rules_caches_cleared() -> None:
    """Rights are cached by role, queries are kept compiled; a mutant must not outlive its test."""
    seats._rights.cache_clear()
    forget()
