"""Components that a function draws: the small ones, which a page holds by dozens.

A component of ``templates/cotton/`` costs about a tenth of a millisecond beside what it prints. An
icon, a face and a moment hold no other markup, so they are functions here, written in a template
like the rest: ``<c-icon name="bell" />``. Values are escaped, whichever way they are given.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Node, Parser, Token, VariableNode
from django.template.exceptions import TemplateSyntaxError
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_cotton.tag_parser import parse_component_tag
from django_cotton.templatetags import (
    compile_inline_template,
    snapshot_parser_library,
    strip_quotes_with_status,
)
from django_cotton.templatetags._component import cotton_component

from liane.core.templatetags.liane import MONTHS, WEEKDAYS, face_colour, initials, moment

register = template.Library()
Value = Callable[[Any], Any]
Draw = Callable[..., SafeString]


@lru_cache(maxsize=512)
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """A drawn sign. name: a symbol of static/liane/icons.svg; size: "" | "s" | "l".

    ``label`` is read aloud; without one it is decoration.
    """
    return format_html(
        '<svg class="icon {}" focusable="false"{}><use href="{}#{}"></use></svg>',
        size, _said(label), static("liane/icons.svg"), name,
    )  # fmt: skip


def face(name: str = "", size: str = "", label: str = "") -> SafeString:
    """Initials in a stable colour. name: whose; size: "" | "s" | "l"; label: read aloud."""
    return format_html(
        '<span class="face {} {}"{}>{}</span>',
        face_colour(name), size, _said(label), initials(name),
    )  # fmt: skip


def time(at: dt.datetime | None = None, css: str = "small soft") -> SafeString:
    """A moment as people say it, with its exact value for machines."""
    if at is None:
        return SafeString("")
    here = timezone.localtime(at)
    exact = f"{WEEKDAYS[here.weekday()]} {here.day} {MONTHS[here.month - 1]} {here:%Y, %H:%M}"
    return format_html(
        '<time class="num {}" datetime="{}" title="{}">{}</time>',
        css, here.isoformat(), exact, moment(at),
    )  # fmt: skip


def _said(label: str) -> SafeString:
    if not label:
        return SafeString(' aria-hidden="true"')
    return format_html(' role="img" aria-label="{}"', label)


DRAWN: Mapping[str, Draw] = {"icon": icon, "face": face, "time": time}
RESERVED = {"class": "css"}
"""Attributes whose name Python keeps for itself."""


@register.tag("cotton")
def component(parser: Parser, token: Token) -> Node:
    """``<c-…>``: a function where one draws it, django-cotton's template otherwise."""
    asked = parse_component_tag(token.contents)
    draw = DRAWN.get(asked.name)
    if draw is None:
        return cotton_component(parser, token)  # type: ignore[no-any-return]
    if not token.contents.endswith("/"):
        held = parser.parse(("endcotton",))
        parser.delete_first_token()
        if held:
            raise TemplateSyntaxError(f"<c-{asked.name}> holds nothing: close it with />.")
    attributes = {
        RESERVED.get(plain := name.removeprefix(":"), plain): _value(parser, name, str(raw))
        for name, raw in asked.attrs.items()
    }
    try:
        inspect.signature(draw).bind(**attributes)
    except TypeError as error:
        raise TemplateSyntaxError(f"<c-{asked.name}>: {error}") from None
    return Drawn(draw, attributes)


def _value(parser: Parser, name: str, raw: str) -> Value:
    """How an attribute gets its value: ``:name="value"``, ``name="{{ value }}"`` or as it is."""
    text, _ = strip_quotes_with_status(raw)
    if name.startswith(":"):
        return parser.compile_filter(text).resolve
    if "{{" not in text and "{%" not in text:
        return lambda context: text
    inline = compile_inline_template(text, snapshot_parser_library(parser))
    if len(inline.nodelist) == 1 and isinstance(inline.nodelist[0], VariableNode):
        return inline.nodelist[0].filter_expression.resolve
    return inline.render  # type: ignore[no-any-return]


class Drawn(Node):
    """One such component in a template."""

    def __init__(self, draw: Draw, attributes: Mapping[str, Value]) -> None:
        self.draw, self.attributes = draw, attributes

    def render(self, context: Any) -> SafeString:
        """What the function draws with the attributes' values here."""
        return self.draw(**{name: value(context) for name, value in self.attributes.items()})
