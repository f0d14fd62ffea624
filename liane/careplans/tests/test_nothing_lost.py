"""Whatever the order in which two people write, every text typed can be found again."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.careplans import contents, editing
from liane.careplans.models import Change
from liane.careplans.tests.conftest import as_
from liane.core import acting

pytestmark = pytest.mark.django_db
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["isabelle", "claire"]),
        st.sampled_from(["open", "write", "write", "insist", "withdraw", "bring back"]),
    ),
    max_size=14,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moves=MOVES)
def test_any_interleaving_of_two_editors_loses_no_text(plan, isabelle, claire, moves) -> None:
    people = {"isabelle": isabelle, "claire": claire}
    with as_(isabelle):
        line = editing.add_line(plan.pk, "problem", {"domain": "social", "statement": "Premier"})
    seen, typed = {"isabelle": 1, "claire": 1}, ["Premier"]
    for number, (who, move) in enumerate(moves):
        with as_(people[who]):
            if move == "open":
                seen[who] = type(line).objects.get(pk=line.pk).version
                continue
            if move in {"withdraw", "bring back"}:
                _withdraw_or_not(line, seen[who], move)
                continue
            text = f"{who} {number}"
            typed.append(text)
            try:
                after = editing.edit_line(line.pk, version=seen[who], values={"statement": text})
            except editing.Stale as stale:
                if move == "insist":
                    seen[who] = stale.line.version
                    editing.edit_line(line.pk, version=seen[who], values={"statement": text})
                    seen[who] += 1
            else:
                seen[who] = after.version
    with acting.acting(acting.system("test")):
        kept = [
            contents.read(row.content)["statement"]
            for row in Change.objects.filter(line_id=line.pk)
        ]
        standing = type(line).objects.get(pk=line.pk)
    assert set(typed) <= set(kept)
    assert standing.statement in typed


def _withdraw_or_not(line, version: int, move: str) -> None:
    try:
        if move == "withdraw":
            editing.drop_line(line.pk, version=version)
        else:
            editing.restore_line(line.pk)
    except editing.Stale:
        pass
