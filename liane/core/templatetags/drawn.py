"""Components that a function draws: those which a page holds by dozens.

A component of ``templates/cotton/`` costs several tenths of a millisecond beside what it prints.
An icon, a face, a moment, a sheet, a line of a list, a chip and a button are functions here,
written in a template like the rest: ``<c-icon name="bell" />``, ``<c-chip kind="late">en
retard</c-chip>``. Values are escaped, whichever way they are given. A parameter ``slot`` is what
the component holds; ``<c-slot name="head">`` gives another parameter; what a function takes as
``**more`` is passed on to its element.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

from django import template
from django.template.base import Node, NodeList, Parser, Token, VariableNode
from django.template.exceptions import TemplateSyntaxError
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django_cotton.tag_parser import parse_component_tag
from django_cotton.templatetags import (
    compile_inline_template,
    snapshot_parser_library,
    strip_quotes_with_status,
)
from django_cotton.templatetags._component import cotton_component
from django_cotton.utils import get_cotton_data

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


@lru_cache(maxsize=1024)
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


def sheet(
    slot: str, title: str = "", level: str = "2", id: str = "", css: str = "",  # noqa: A002
    head: str = "", foot: str = "", **more: Any,
) -> SafeString:  # fmt: skip
    """A white sheet. title: its heading; level: 2 or 3; id: for anchors and fragments.

    Slots: head (right of the title), foot.
    """
    title = conditional_escape(title)
    named = f' id="{conditional_escape(id)}"' if id else ""
    named += f' aria-label="{title}"' if title else ""
    heading = f"<h{level}>{title}</h{level}>" if title else ""
    header = f"<header>{heading}{head}</header>" if heading or head else ""
    footer = f"<footer>{foot}</footer>" if foot else ""
    return SafeString(
        f'<section class="sheet {conditional_escape(css)}"{named}{_passed(more)}>{header}'
        f'<div class="body">{slot}</div>{footer}</section>'
    )


def row_item(
    slot: str, tag: str = "div", css: str = "", lead: str = "", end: str = "", **more: Any
) -> SafeString:
    """One line of a list: who, what, the one likely next act. tag: "div" | "li".

    Slots: lead (time or face), end (chip or button).
    """
    last = f'<div class="end">{end}</div>' if end else ""
    return SafeString(
        f'<{tag} class="row-item {conditional_escape(css)}"{_passed(more)}>{lead}'
        f'<div class="grow">{slot}</div>{last}</{tag}>'
    )


SIGNS = {"urgent": "●", "late": "⚠", "done": "✓", "hospital": "◆"}


def chip(slot: str, kind: str = "", sign: str = "", **more: Any) -> SafeString:
    """A short state, never colour alone. kind: urgent | late | done | hospital | info | green | "".

    sign: replaces the kind's own sign ("none" for none).
    """
    sign = "" if sign == "none" else conditional_escape(sign or SIGNS.get(kind, ""))
    shown = f'<span aria-hidden="true">{sign}</span>' if sign else ""
    return SafeString(
        f'<span class="chip {conditional_escape(kind)}"{_passed(more)}>{shown}'
        f"<span>{slot}</span></span>"
    )


def button(
    slot: str, kind: str = "main", href: str = "", type: str = "submit",  # noqa: A002
    icon: str = "", css: str = "", **more: Any,
) -> SafeString:  # fmt: skip
    """An action. kind: main | quiet | plain | danger-quiet; href makes a link.

    type: submit | button; icon: a symbol.
    """
    css = f"btn btn-{conditional_escape(kind)} {conditional_escape(css)}"
    held = f"{DRAWN['icon'](icon) if icon else ''}{slot}"
    if href:
        return SafeString(
            f'<a class="{css}" href="{conditional_escape(href)}"{_passed(more)}>{held}</a>'
        )
    return SafeString(
        f'<button class="{css}" type="{conditional_escape(type)}"{_passed(more)}>{held}</button>'
    )


def _passed(more: Mapping[str, Any]) -> str:
    """Attributes of the element itself."""
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'
        for name, value in more.items()
    )


def _said(label: str) -> SafeString:
    if not label:
        return SafeString(' aria-hidden="true"')
    return format_html(' role="img" aria-label="{}"', label)


DRAWN: Mapping[str, Draw] = {
    "icon": icon, "face": face, "time": time, "sheet": sheet, "row-item": row_item,
    "row_item": row_item, "chip": chip, "button": button,
}  # fmt: skip
RESERVED = {"class": "css"}
"""Attributes whose name Python keeps for itself."""


@register.tag("cotton")
def component(parser: Parser, token: Token) -> Node:
    """``<c-…>``: a function where one draws it, django-cotton's template otherwise."""
    asked = parse_component_tag(token.contents)
    draw = DRAWN.get(asked.name)
    if draw is None:
        return cotton_component(parser, token)  # type: ignore[no-any-return]
    takes = inspect.signature(draw).parameters
    held = None
    if not token.contents.endswith("/"):
        held = parser.parse(("endcotton",))
        parser.delete_first_token()
    if held and "slot" not in takes:
        raise TemplateSyntaxError(f"<c-{asked.name}> holds nothing: close it with />.")
    attributes = {}
    for written, raw in asked.attrs.items():
        name = written.removeprefix(":")
        name = RESERVED.get(name, name)
        attributes[name] = _value(parser, written, raw, safe=name not in takes)
    given = {"slot": ""} if "slot" in takes else {}
    try:
        inspect.signature(draw).bind(**given, **attributes)
    except TypeError as error:
        raise TemplateSyntaxError(f"<c-{asked.name}>: {error}") from None
    return Holding(draw, attributes, held) if given else Drawn(draw, attributes)


def _value(parser: Parser, name: str, raw: str | Literal[True], *, safe: bool) -> Value:
    """How an attribute gets its value: ``:name="value"``, ``name="{{ value }}"`` or as it is.

    ``safe``: the words of the template are printed as they are written.
    """
    if raw is True:
        return lambda context: True
    text, _ = strip_quotes_with_status(raw)
    if name.startswith(":"):
        return parser.compile_filter(text).resolve
    if "{{" not in text and "{%" not in text:
        fixed = SafeString(text) if safe else text
        return lambda context: fixed
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


class Holding(Drawn):
    """One that holds other markup."""

    def __init__(
        self, draw: Draw, attributes: Mapping[str, Value], nodelist: NodeList | None
    ) -> None:
        super().__init__(draw, attributes)
        self.nodelist = nodelist or NodeList()

    def render(self, context: Any) -> SafeString:
        """What the function draws around what is held here."""
        slots: dict[str, SafeString] = {}
        stack = get_cotton_data(context)["stack"]
        stack.append({"slots": slots})
        try:
            slot = self.nodelist.render(context)
        finally:
            stack.pop()
        given = {name: value(context) for name, value in self.attributes.items()}
        return self.draw(slot, **{**given, **slots})
