"""Templates obey the strict content policy, trust nothing, and load nothing from outside."""

import inspect
import re
from pathlib import Path

import pytest

from liane.core.templatetags.drawn import DRAWN

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(
    path for path in ROOT.glob("liane/*/templates/**/*") if path.suffix in {".html", ".svg"}
)
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.S)
FORBIDDEN = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.I),
    "inline style": re.compile(r"<style\b|\sstyle\s*=", re.I),
    "inline handler": re.compile(r"<[^>{]*\son[a-z]+\s*=", re.I),
    "evaluated attribute": re.compile(r"hx-on|hx-vals\s*=\s*[\"']js:|javascript:", re.I),
    "trusted markup": re.compile(r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off"),
    "outside resource": re.compile(
        r"<(?:script|link|img|iframe|source)[^>]*(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.I
    ),
}
COMPONENT = re.compile(r"<c-([\w.-]+)((?:\s[^<>]*?)?)/?>", re.S)
DYNAMIC = re.compile(r"(?<=\s):([\w-]+)\s*=")


def faults(source: str) -> list[str]:
    text = COMMENT.sub("", source)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]


def props(component: str) -> set[str]:
    """The declared properties of a component, which it escapes by itself."""
    if component in DRAWN:
        return set(inspect.signature(DRAWN[component]).parameters)
    name = component.replace(".", "/").replace("-", "_")
    for path in ROOT.glob(f"liane/*/templates/cotton/{name}.html"):
        declared = re.search(r"<c-vars\s(.*?)/?>", path.read_text(), re.S)
        return set(re.findall(r":?([\w-]+)(?:\s*=|\s|$)", declared[1])) if declared else set()
    return set()


def undeclared(source: str) -> list[str]:
    """Dynamic attributes that a component would pass on as they are, unescaped."""
    return [
        f"<c-{name} :{attribute}="
        for name, attributes in COMPONENT.findall(COMMENT.sub("", source))
        if name not in {"vars", "slot"}
        for attribute in DYNAMIC.findall(attributes)
        if attribute not in props(name)
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "liane")))
def test_a_template_holds_nothing_that_the_policy_refuses(path: Path):
    assert faults(path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "liane")))
def test_raw_values_reach_only_declared_properties(path: Path):
    assert undeclared(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ('<p style="color: red">', "inline style"),
        ('<button type="button" onclick="go()">', "inline handler"),
        ('<p hx-on:click="go()">', "evaluated attribute"),
        ("{{ text|safe }}", "trusted markup"),
        ('<script src="https://example.org/a.js"></script>', "outside resource"),
    ],
)
def test_the_check_sees_what_it_must(source: str, fault: str):
    assert fault in faults(source)


def test_the_check_sees_a_raw_value_passed_on():
    assert undeclared('<c-button :aria-label="person.name">') == ["<c-button :aria-label="]
    assert undeclared('<c-time :at="entry.at" />') == []


def test_every_icon_used_is_drawn():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/liane/icons.svg").read_text()))
    used = {
        (name, str(path.relative_to(ROOT)))
        for path in TEMPLATES
        for name in re.findall(r'<c-icon\s[^>]*?(?<![:\w-])name="([\w-]+)"', path.read_text())
    }
    assert sorted((name, path) for name, path in used if name not in drawn) == []
