"""How Liane writes dates, ages, names, amounts and phone numbers in French."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from liane.core import registry
from liane.core.ids import uuid7
from liane.core.text import normalise

register = template.Library()

NBSP = "\u00a0"
THIN = "\u202f"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
TITLES = frozenset(
    {"m", "mme", "mlle", "monsieur", "madame", "le", "la", "les", "de", "du", "des", "d", "l", "et"}
)
FACES = ("", "b", "c", "d", "e")


# ------------------------------------------------------------------ names
@register.filter
def initials(name: object) -> str:
    """Two letters for a face: ``Claire Aubert`` → ``CA``, ``Dr Roussel`` → ``DR``."""
    words = [word for word in normalise(str(name or "")).split() if word not in TITLES]
    if not words:
        return "?"
    if len(words) == 1:
        return words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper()


@register.filter
def face_colour(name: object) -> str:
    """The face class of a name: always the same one for the same name."""
    return FACES[crc32(normalise(str(name or "")).encode()) % len(FACES)]


# ------------------------------------------------------------------ time
def _local_day(value: dt.date | dt.datetime) -> dt.date:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.filter
def long_date(value: dt.date | dt.datetime | None) -> str:
    """``1er mars 2026``."""
    if value is None:
        return ""
    day = _local_day(value)
    return f"{_number(day)} {MONTHS[day.month - 1]} {day.year}"


def _number(day: dt.date) -> str:
    return "1er" if day.day == 1 else str(day.day)


@register.filter(name="day")
def day_words(value: dt.date | dt.datetime | None) -> str:
    """The day as people say it: ``aujourd’hui``, ``hier``, ``mardi``, ``12 mars``.

    A weekday's name alone means within six days, before or after; the year shows when it is
    another one than the present.
    """
    if value is None:
        return ""
    return _day_words(_local_day(value), timezone.localdate())


def _day_words(day: dt.date, now: dt.date) -> str:
    distance = (day - now).days
    near = {0: "aujourd’hui", -1: "hier", 1: "demain"}.get(distance)
    if near:
        return near
    if -6 <= distance <= 6:
        return WEEKDAYS[day.weekday()]
    if day.year == now.year:
        return f"{_number(day)} {MONTHS[day.month - 1]}"
    return long_date(day)


@register.filter
def past_day(value: dt.date | dt.datetime | None) -> str:
    """The same of a day that should be over: ``jeudi dernier``, where ``jeudi`` could be read as
    the next one."""
    said = day_words(value)
    return f"{said} dernier" if said in WEEKDAYS else said


@register.filter
def full_day(value: dt.date | dt.datetime | None) -> str:
    """``samedi 21 novembre``, for headings."""
    if value is None:
        return ""
    day = _local_day(value)
    year = "" if day.year == timezone.localdate().year else f" {day.year}"
    return f"{WEEKDAYS[day.weekday()]} {_number(day)} {MONTHS[day.month - 1]}{year}"


@register.filter
def hour(value: dt.datetime | dt.time | None) -> str:
    """The time of day: ``8 h 12``, ``9 h``."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return _hour(value)


def _hour(value: dt.datetime | dt.time) -> str:
    minutes = f"{NBSP}{value.minute:02d}" if value.minute else ""
    return f"{value.hour}{NBSP}h{minutes}"


@register.filter
def moment(value: dt.datetime | None) -> str:
    """A moment: ``8 h 12`` today, ``hier 17 h 40``, ``mardi 9 h``, ``12 mars``."""
    if value is None:
        return ""
    here = timezone.localtime(value) if timezone.is_aware(value) else value
    day, now = here.date(), timezone.localdate()
    distance = (day - now).days
    if distance == 0:
        return _hour(here)
    if -6 <= distance <= 6:
        return f"{_day_words(day, now)} {_hour(here)}"
    return _day_words(day, now)


@register.filter
def since(value: dt.datetime | None) -> str:
    """How long ago, for what waits: ``il y a 20 min``, ``il y a 3 h``, ``il y a 5 jours``."""
    return f"il y a {since_words(value)}" if value is not None else ""


@register.filter
def since_words(value: dt.datetime | None) -> str:
    """The same length alone: ``20 min``, ``3 h``, ``5 jours``."""
    if value is None:
        return ""
    minutes = max(int((timezone.now() - value).total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if minutes < 60 * 24:
        return f"{minutes // 60}{NBSP}h"
    days = minutes // (60 * 24)
    return f"{days}{NBSP}jour{'s' if days > 1 else ''}"


@register.filter
def iso_day(value: str) -> str:
    """A day kept as ISO text: ``1938-01-22`` → ``22 janvier 1938``; anything else as it is."""
    try:
        return long_date(dt.date.fromisoformat(value))
    except ValueError:
        return value


@register.filter
def age(birth: dt.date | None, on: dt.date | None = None) -> str:
    """Age in words from a birth date: ``85 ans``, ``7 mois`` under two years."""
    if birth is None:
        return ""
    now = on or timezone.localdate()
    months = (now.year - birth.year) * 12 + now.month - birth.month - (now.day < birth.day)
    if months < 24:
        return f"{max(months, 0)}{NBSP}mois"
    return f"{months // 12}{NBSP}ans"


# ------------------------------------------------------------------ figures
@register.filter
def euros(cents: int | None) -> str:
    """An amount in integer cents: ``1250`` → ``12,50 €``."""
    if cents is None:
        return ""
    sign = "−" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}".replace(",", THIN) + f",{rest:02d}{NBSP}€"


def _digits(number: object) -> str:
    return re.sub(r"[^\d+]", "", str(number or ""))


@register.filter
def phone(number: object) -> str:
    """A French number in pairs: ``0612345678`` or ``+33612345678`` → ``06 12 34 56 78``."""
    plain = _digits(number)
    national = "0" + plain[3:] if plain.startswith("+33") else plain
    if len(national) == 10 and national.startswith("0"):
        return NBSP.join(national[i : i + 2] for i in range(0, 10, 2))
    return str(number or "")


@register.filter
def tel_link(number: object) -> str:
    """What a ``tel:`` link needs: ``06 12 34 56 78`` → ``tel:+33612345678``."""
    plain = _digits(number)
    if len(plain) == 10 and plain.startswith("0"):
        plain = "+33" + plain[1:]
    return f"tel:{plain}" if plain else ""


@register.filter
def plural(count: int, words: str) -> str:
    """``3|plural:"visite,visites"`` → ``3 visites``; in French, zero and one are singular."""
    one, _, many = words.partition(",")
    return f"{count}{NBSP}{many or one + 's'}" if abs(count) >= 2 else f"{count}{NBSP}{one}"


@register.filter
def capped(count: int, most: int) -> str:
    """A count that stopped at ``most``: ``12``, ``99+`` for 100 of 100."""
    return f"{most - 1}+" if count >= most else str(count)


@register.filter
def plural_word(count: int, words: str) -> str:
    """``3|plural_word:"perd,perdent"`` → ``perdent``: the word without its number."""
    one, _, many = words.partition(",")
    return (many or one + "s") if abs(count) >= 2 else one


# ------------------------------------------------------------------ what components need
@register.filter
def first_of(items: Iterable[Any] | None, count: Any) -> list[Any]:
    """The first ``count`` of ``items``."""
    return list(items or [])[: int(count)]


@register.filter
def beyond(items: Sequence[Any] | None, count: Any) -> int:
    """How many of ``items`` come after the first ``count``."""
    return max(len(items or []) - int(count), 0)


@register.filter
def is_group(field: BoundField) -> bool:
    """True for a field drawn as several choices: radios or checkboxes."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """True for a single box to tick."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def as_field(field: BoundField) -> SafeString:
    """A bound field's widget with our class and what it must tell assistive tools."""
    attributes: dict[str, Any] = {}
    if not isinstance(field.field.widget, forms.CheckboxInput):
        attributes["class"] = f"field {field.field.widget.attrs.get('class', '')}".strip()
    if field.help_text or field.errors:
        attributes["aria-describedby"] = f"{field.id_for_label}_aide"
    return SafeString(field.as_widget(attrs=attributes))


@register.simple_tag
def send_key(value: object = "") -> SafeString:
    """The hidden client-made key of a form that must be carried out once (`core.idempotency`)."""
    return format_html('<input type="hidden" name="key" value="{}">', value or uuid7())


@register.filter
def hand_on(row: Any) -> str:
    """The page from which ``row`` is handed on to others, where a room offers it."""
    return next(filter(None, (path(row) for path in registry.hand_on)), "")
