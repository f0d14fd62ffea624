"""The definitions that are shipped, and those read from text: by key, version and day."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.reading import Faulty, Written, dotted, read_yaml
from liane.pathways.protocols.stories import Example
from liane.pathways.protocols.values import PERCENT, ToBeCompleted
from liane.pathways.protocols.wording import faults_of

DATA = Path(__file__).resolve().parents[1] / "data"


DROPOUTS = {"none": "Rien n’est dû", "pro_rata": "Au prorata de ce qui est fait"}
"""Strategies that a name is enough to say; levels (``threshold``) are written in the text."""
NO_SHARE = "aucune"


class Gap(NamedTuple):
    """A value that no source gives: its path in the file, what it is, who may complete it."""

    path: str
    what: str
    who: str

    @property
    def kind(self) -> str:
        """``dropout`` or ``share`` for a rule that is open, ``value`` for an amount or a count."""
        if self.path.startswith("dropout["):
            return "dropout"
        return "share" if self.path == "patient_share" else "value"


def parse(written: Written) -> Protocol:
    """The definition of a YAML text that was read. Raises Faulty, every schema error at once."""
    try:
        return Protocol.model_validate(written.value)
    except ValidationError as error:
        raise Faulty(faults_of(error.errors(include_url=False), written)) from None


def read(text: str | bytes) -> Protocol:
    """The definition that ``text`` (YAML) holds. Raises Faulty. The schema only: the rules beyond
    it are those of ``checking.check``."""
    return parse(read_yaml(text))


def title_of(text: str) -> str:
    """The title of a definition; nothing when the text cannot be read."""
    try:
        return read(text).title
    except Faulty:
        return ""


def text_of(key: str, version: str) -> str:
    """The YAML text of a shipped version. Raises LookupError."""
    for path in _files():
        if path.parent.name == key and path.stem == version:
            return path.read_text(encoding="utf-8")
    raise LookupError(f"{key} {version}")


def _files() -> list[Path]:
    return sorted(DATA.glob("*/*.yaml"))


@lru_cache(maxsize=1)
def shipped() -> "Library":
    """What Liane comes with."""
    return Library(read(path.read_bytes()) for path in _files())


class Library:
    """Definitions at hand. The same key and version twice: the last given stands."""

    def __init__(self, protocols: Iterable[Protocol]) -> None:
        self._held = {(one.key, one.version): one for one in protocols}

    def __iter__(self) -> Iterator[Protocol]:
        """Every version, by key then by first day of validity."""
        return iter(sorted(self._held.values(), key=lambda one: (one.key, one.valid_from)))

    def with_also(self, protocols: Iterable[Protocol]) -> "Library":
        """This one and others (those that an organisation published)."""
        return Library([*self._held.values(), *protocols])

    def keys(self) -> list[str]:
        """The pathways there are."""
        return sorted({key for key, _ in self._held})

    def version(self, key: str, version: str) -> Protocol:
        """One version. Raises LookupError."""
        return self._held[key, version]

    def in_force(self, key: str, on: dt.date) -> Protocol | None:
        """The version in force on a day: the latest that began, if it has not ended."""
        begun = [one for one in self if one.key == key and one.valid_from <= on]
        last = begun[-1] if begun else None
        return last if last and (last.valid_to is None or on <= last.valid_to) else None


def gaps(protocol: Protocol) -> list[Gap]:
    """What is still to be completed in a definition, in the order of the file."""
    return list(_gaps(protocol, ()))


def _gaps(part: Any, path: tuple[str | int, ...]) -> Iterator[Gap]:
    if isinstance(part, ToBeCompleted):
        yield Gap(dotted(path), part.to_be_completed, part.who)
    elif hasattr(part, "model_fields_set"):
        for name, field in type(part).model_fields.items():
            if name != "examples":
                yield from _gaps(getattr(part, name), (*path, field.alias or name))
        if getattr(part, "strategy", "") == "unknown" or getattr(part, "kind", "") == "unknown":
            who = getattr(part, "who", None) or "texte réglementaire"
            yield Gap(dotted(path), getattr(part, "label", "participation de l’assuré"), who)
    elif isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from _gaps(one, (*path, place))
    elif isinstance(part, dict):
        for name, one in part.items():
            yield from _gaps(one, (*path, name))


def completed(protocol: Protocol, values: Mapping[str, Any]) -> Protocol:
    """The definition with some gaps filled: ``{"phases[0].amounts.A": "450.00"}``.

    An open drop-out rule takes the name of its strategy (`DROPOUTS`); the share of the person takes
    ``20 %`` of each sequence, ``15.00`` euros for each, or ``aucune``. Examples that said what is
    missing go: they would be false. Only what is marked may be filled. Raises LookupError for
    another path, Faulty for a value that the format refuses.
    """
    known = {gap.path: gap.kind for gap in gaps(protocol)}
    said = protocol.model_dump(by_alias=True, exclude_unset=True)
    if values and "examples" in said:
        told = zip(said["examples"], protocol.examples, strict=True)
        said["examples"] = [one for one, example in told if not _waits(example)]
    for path, value in values.items():
        if path not in known:
            raise LookupError(path)
        *way, last = steps(path)
        part: Any = said
        for step in way:
            part = part[step]
        if known[path] == "value":
            part[last] = value
        else:
            named = {"strategy": value} if known[path] == "dropout" else share_of(str(value))
            part[last].pop("who", None)
            part[last].update(named)
    return parse(Written(said, {}))


def _waits(example: Example) -> bool:
    """An example of what is missing while a value is to be completed."""
    wanted = example.expect
    amounts = any(isinstance(one, ToBeCompleted) for one in wanted.amounts.values())
    return bool(wanted.missing) or amounts or "to_complete" in wanted.sequences.values()


def share_of(text: str) -> dict[str, str]:
    """A person's share as it is typed (``20 %``, ``15.00``, ``aucune``), as a definition writes it;
    what is none of them is left for the format to refuse."""
    plain = text.replace("\u00a0", " ").replace("€", "").strip().lower()
    number = plain.removesuffix("%").strip()
    if plain == NO_SHARE:
        return {"kind": "none"}
    if plain.endswith("%") and re.match(PERCENT, number):
        return {"kind": "rate", "rate": number}
    return {
        "kind": "flat",
        "amount": f"{number}.00" if re.match(r"^[0-9]{1,7}$", number) else number,
    }


def steps(path: str) -> list[str | int]:
    """``phases[0].amounts.A`` as the steps that lead there."""
    found: list[str | int] = []
    for word in path.split("."):
        name, *places = word.split("[")
        found += [name] if name else []
        found += [int(place.rstrip("]")) for place in places]
    return found
