"""A round planned in another software, read from .ics or CSV: pure reading, nothing written.

Each line keeps what was understood, or why it was not; nothing is guessed about persons here.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar

from liane.agenda import recurrence
from liane.core.errors import Refused
from liane.core.text import normalise

MAX_BYTES = 2 * 1024 * 1024
MAX_LINES = 2000
COLUMNS = {
    "date": {"date", "jour"},
    "hour": {"heure", "debut", "heure debut", "heure de debut", "horaire"},
    "minutes": {"duree", "minutes", "duree minutes", "duree min"},
    "family": {"nom", "nom de naissance", "nom d usage", "patient"},
    "given": {"prenom", "prenoms"},
    "birth": {"naissance", "date de naissance", "ne e le", "nee le", "ne le"},
    "title": {"motif", "objet", "soin"},
    "code": {"acte", "code", "code acte", "code de l acte", "acte du parcours"},
    "uid": {"id", "uid", "identifiant", "reference", "numero"},
}
HEADER_HELP = "date ; heure ; durée ; nom ; prénom ; naissance ; motif ; acte ; id"
ACT = "X-LIANE-ACTE"
"""The property of an event that names its act; without it, the first of its CATEGORIES does."""


@dataclass(frozen=True)
class Read:
    """One line of a round. ``who`` is what the file calls the person, ``code`` the act: one of a
    pathway, by its code or its name, or one of a billing nomenclature."""

    number: int
    uid: str = ""
    who: str = ""
    birth: dt.date | None = None
    title: str = ""
    code: str = ""
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    rule: str = ""
    excluded: str = ""
    original_start: dt.datetime | None = None
    cancelled: bool = False
    error: str = ""


def read(content: bytes, name: str) -> list[Read]:
    """Every line of a file. Raises Refused for a file that is no round at all."""
    if len(content) > MAX_BYTES:
        raise Refused("Ce fichier dépasse 2 Mo : exportez une période plus courte.", field="file")
    is_calendar = name.lower().endswith(".ics") or content.lstrip().startswith(b"BEGIN:VCALENDAR")
    lines = list(_calendar(content) if is_calendar else _table(content))
    if not lines:
        raise Refused("Aucune visite dans ce fichier.", field="file")
    if len(lines) > MAX_LINES:
        raise Refused(
            f"Plus de {MAX_LINES} lignes : exportez une période plus courte.", field="file"
        )
    return lines


def _calendar(content: bytes) -> Iterator[Read]:
    try:
        calendar = Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError) as error:
        raise Refused("Ce fichier n’est pas un calendrier lisible.", field="file") from error
    for number, event in enumerate(calendar.walk("VEVENT"), start=1):
        try:
            yield _event(number, event)
        except (ValueError, TypeError, AttributeError, KeyError):
            yield Read(number, error="Événement illisible.")


def _event(number: int, event: Any) -> Read:
    start = event.decoded("DTSTART", None)
    summary = str(event.get("SUMMARY", "")).strip()
    who, _, title = summary.partition(" - ")
    if not isinstance(start, dt.datetime):
        return Read(number, who=who[:200], error="Pas d’heure de début.")
    starts_at = _aware(start)
    ends_at = _end(event, starts_at)
    rule = ""
    if event.get("RRULE") is not None:
        try:
            rule = recurrence.checked(event["RRULE"].to_ical().decode())
        except ValueError:
            return Read(number, who=who[:200], error="Répétition non prise en charge.")
    error = "" if ends_at > starts_at else "La fin vient avant le début."
    return Read(
        number,
        uid=str(event.get("UID", ""))[:255],
        who=who.strip()[:200],
        title=title.strip()[:120],
        code=_act(event),
        starts_at=starts_at,
        ends_at=ends_at,
        rule=rule,
        excluded="\n".join(_excluded(event)),
        original_start=_original(event),
        cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
        error=error,
    )


def _act(event: Any) -> str:
    """The act that an event names, empty when it names none."""
    if event.get(ACT) is not None:
        return str(event[ACT]).strip()[:120]
    found = event.get("CATEGORIES")
    first = found[0] if isinstance(found, list) else found
    named = getattr(first, "cats", None) or []
    return str(named[0]).strip()[:120] if named else ""


def _end(event: Any, starts_at: dt.datetime) -> dt.datetime:
    if event.get("DTEND") is not None:
        end = event.decoded("DTEND")
        if isinstance(end, dt.datetime):
            return _aware(end)
    if event.get("DURATION") is not None:
        length: dt.timedelta = event.decoded("DURATION")
        return starts_at + length
    return starts_at + dt.timedelta(minutes=30)


def _excluded(event: Any) -> Iterator[str]:
    """Occurrences that the series leaves out."""
    found = event.get("EXDATE")
    for dates in found if isinstance(found, list) else [found] if found is not None else []:
        for value in dates.dts:
            if isinstance(value.dt, dt.datetime):
                yield _aware(value.dt).isoformat()


def _original(event: Any) -> dt.datetime | None:
    """Which occurrence of its series this event changes, if it does."""
    if event.get("RECURRENCE-ID") is None:
        return None
    moment = event.decoded("RECURRENCE-ID")
    return _aware(moment) if isinstance(moment, dt.datetime) else None


def _aware(moment: dt.datetime) -> dt.datetime:
    """A floating time is a local time."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))
    return moment.astimezone(dt.UTC)


def _table(content: bytes) -> Iterator[Read]:
    text = _decoded(content)
    delimiter = max(";,\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = next(rows, [])
    places = _places(header)
    missing = {"date", "hour", "family"} - set(places)
    if missing:
        raise Refused(
            f"La première ligne doit nommer les colonnes, par exemple : {HEADER_HELP}.",
            field="file",
        )
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            yield _line(number, {
                name: row[place].strip() for name, place in places.items() if place < len(row)
            })  # fmt: skip


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _places(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, title in enumerate(header):
        for name, titles in COLUMNS.items():
            if normalise(title) in titles:
                found.setdefault(name, place)
    return found


def _line(number: int, cells: dict[str, str]) -> Read:
    who = f"{cells.get('family', '')} {cells.get('given', '')}".strip()
    try:
        day = _date(cells.get("date", ""))
    except ValueError:
        return Read(number, who=who[:200], error="Date illisible (attendu : 24/11/2026).")
    try:
        hour = _hour(cells.get("hour", ""))
    except ValueError:
        return Read(number, who=who[:200], error="Heure illisible (attendu : 9:30).")
    if not who:
        return Read(number, error="Pas de nom.")
    minutes = cells.get("minutes") or "30"
    if not minutes.isdigit() or not 5 <= int(minutes) <= 1440:
        return Read(number, who=who[:200], error="Durée illisible (en minutes).")
    try:
        birth = _date(cells["birth"]) if cells.get("birth") else None
    except ValueError:
        return Read(number, who=who[:200], error="Date de naissance illisible.")
    starts_at = _aware(dt.datetime.combine(day, hour))
    return Read(
        number,
        uid=cells.get("uid", "")[:255],
        who=who[:200],
        birth=birth,
        title=cells.get("title", "")[:120],
        code=cells.get("code", "")[:120],
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=int(minutes)),
    )


def _date(text: str) -> dt.date:
    for pattern in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y"):
        try:
            return dt.datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ValueError(text)


def _hour(text: str) -> dt.time:
    plain = text.lower().replace("h", ":").replace(" ", "")
    hours, _, minutes = plain.partition(":")
    return dt.time(int(hours), int(minutes[:2] or 0))
