"""Pages, routes and template helpers make no query of their own: they call queries and verbs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANAGERS = {"objects", "_default_manager", "_base_manager"}
THIN = sorted(
    path
    for pattern in (
        "pages.py",
        "pages/*.py",
        "urls.py",
        "forms.py",
        "context.py",
        "templatetags/*.py",
        "panels.py",
    )
    for path in ROOT.glob(f"liane/*/{pattern}")
)


def managers_used(source: str) -> Iterator[int]:
    """Lines on which a model's manager, raw SQL or a cursor is touched."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {*MANAGERS, "cursor", "raw"}:
            yield node.lineno


@pytest.mark.parametrize("path", THIN, ids=lambda path: str(path.relative_to(ROOT / "liane")))
def test_no_manager_in_what_must_stay_thin(path: Path):
    lines = [f"{path.relative_to(ROOT)}:{line}" for line in managers_used(path.read_text())]
    assert lines == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Patient.objects.all()", 1),
        ("Patient._base_manager.get(pk=1)", 1),
        ("connection.cursor()", 1),
        ("queries.patients(reach)", 0),
    ],
)
def test_the_check_sees_what_it_must(source: str, found: int):
    assert len(list(managers_used(source))) == found
