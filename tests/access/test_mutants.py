"""The matrix must notice a predicate negated or a filter dropped: each mutant dies."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Exists, Max, Min, Q

from liane.circle import expressions, past, reach, rls, rules, scoping, seats
from liane.circle.models import Grant
from liane.core import ledger
from liane.core.acting import owner
from liane.core.areas import Area
from liane.core.prepared import forget
from liane.interventions.models import InterventionQuerySet
from liane.patients.models import Patient
from liane.timeline.models import WorkingQuerySet
from tests.access.walker import past_pages, read_everything, record_pages
from tests.access.world import KINDS, World

pytestmark = pytest.mark.django_db
POSTGRESQL = connection.vendor == "postgresql"
Mutate = Callable[[pytest.MonkeyPatch], None]


def rewritten(
    patch: pytest.MonkeyPatch, before: str, after: str, *, of: Any = expressions.Reached
) -> None:
    """Change one predicate of the SQL of a condition, where it holds it."""
    original = of.as_sql

    def mutant(self: Any, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = original(self, compiler, connection)
        assert before in sql or of is not expressions.Reached
        return sql.replace(before, after), values

    patch.setattr(of, "as_sql", mutant)


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


def any_scope_is_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.Reach, "holds", lambda self, scopes, person_id: True)


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
    (any_scope_is_held, "home_help"),
    (everybody_is_a_machine, "technical"),
    (outside_counts_as_team, "home_help"),
    (a_manager_is_a_carer, "manager"),
    (flags_are_ignored, "home_help"),
    (masks_are_ignored, "nurse"),
    (reads_are_not_recorded, "doctor"),
    (listing_shows_everybody, "outsider"),
]


@pytest.mark.skipif(
    POSTGRESQL,
    reason="row-level security would rightly stop these mutants; SQLite shows the code alone",
)
@pytest.mark.parametrize(
    ("mutate", "kind"), MUTANTS, ids=lambda item: getattr(item, "__name__", item)
)
def test_the_matrix_kills_this_mutant(
    world: World, mutate: Mutate, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules_caches_cleared()
    mutate(monkeypatch)
    actor = next(item for item in KINDS if item.name == kind)
    try:
        assert read_everything(world, actor, record_pages, until_fault=True).faults, (
            "the matrix did not notice"
        )
    finally:
        rules_caches_cleared()


# ------------------------------------------------------------------ one's own past


def the_past_has_no_end(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, "BETWEEN", "NOT BETWEEN", of=expressions.Been)


def colleagues_acts_are_mine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(InterventionQuerySet, "_own", lambda self, reach: Q(pk__isnull=False))


def a_structure_need_not_be_the_member(patch: pytest.MonkeyPatch) -> None:
    rewritten(patch, "AND rp.holder_id = ", "AND rp.holder_id <> ", of=expressions.Been)


def any_structure_s_notes_are_mine(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WorkingQuerySet, "_past", lambda self, reach: reach.been(Area.WORKING_FILE, "at"))


def an_opposition_leaves_the_notes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reach.Reach, "denied", lambda self, person: Q(pk__in=[]))


def anybody_has_been_there(patch: pytest.MonkeyPatch) -> None:
    everybody = Grant.objects.filter(scope=Grant.Scope.PAST).values_list("person_id")
    rows = everybody.annotate(starts=Min("starts_at"), ends=Max("ends_at")).order_by("person_id")
    patch.setattr(past, "_left", lambda reach: rows)
    before, after = ("= ANY (", "<> ALL (") if POSTGRESQL else ("IN", "NOT IN")
    rewritten(patch, f"rp.holder_id {before}", f"rp.holder_id {after}", of=expressions.Been)


PAST_MUTANTS: list[tuple[Mutate, str]] = [
    (the_past_has_no_end, "ex_member"),
    (colleagues_acts_are_mine, "ex_member"),
    (a_structure_need_not_be_the_member, "ex_member"),
    (any_structure_s_notes_are_mine, "ex_member"),
    (an_opposition_leaves_the_notes, "opposed"),
    (anybody_has_been_there, "outsider"),
]


@pytest.mark.parametrize(
    ("mutate", "kind"), PAST_MUTANTS, ids=lambda item: getattr(item, "__name__", item)
)
def test_the_matrix_kills_this_mutant_of_the_past(
    world: World, mutate: Mutate, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL alone stops it, as long as its own policies of the past stand."""
    mutate(monkeypatch)
    actor = next(item for item in KINDS if item.name == kind)
    if POSTGRESQL:
        assert read_everything(world, actor, past_pages).faults == []
        _policies_of_the_past_open()
    verdict = read_everything(world, actor, past_pages, until_fault=True)
    assert verdict.faults, "the matrix did not notice"


def test_masks_ignored_in_the_past_are_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks_are_ignored(monkeypatch)
    actor = next(item for item in KINDS if item.name == "opposed")
    assert read_everything(world, actor, past_pages).faults


def test_consent_lent_with_a_post_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "NEVER_LENT", frozenset())
    actor = next(item for item in KINDS if item.name == "duty_nurse")
    assert read_everything(world, actor, lambda route: route.endswith("identite/")).faults


def _policies_of_the_past_open() -> None:
    with owner(), connection.cursor() as cursor:
        for model in rls.guarded():
            if hasattr(model, "rls_past"):
                cursor.execute(f'ALTER POLICY liane_past ON "{model._meta.db_table}" USING (true)')


def rules_caches_cleared() -> None:
    """Rights are cached by role, queries are kept compiled; a mutant must not outlive its test."""
    for kept in (seats._rights, rules.scopes, rules.full_identity):
        kept.cache_clear()
    forget()
