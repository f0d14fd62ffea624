"""Whether one version of a definition only fills what another left to be completed.

Pure. Such a version may govern what already runs: nothing that was said, and so nothing that was
settled with it, becomes something else.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.library import gaps
from liane.pathways.protocols.reading import dotted
from liane.pathways.protocols.values import ToBeCompleted

APART = frozenset({"version", "examples"})
"""What names a version and what tries it: neither governs anything."""
GROWS = frozenset({"sources", "notes"})
"""What a version may add to, at the end: where the values come from."""
OPEN_PARTS = frozenset({"strategy", "levels", "kind", "rate", "amount", "who"})
"""What an open rule leaves to whoever completes it; its scope and its exemptions are stated."""

type Path = tuple[str | int, ...]


class Filling(NamedTuple):
    """What a version does to another: paths ``filled``, words of what they are (``what``), and
    paths of what was stated and is no longer the same (``changed``)."""

    filled: tuple[str, ...]
    what: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def only_fills(self) -> bool:
        """It fills something, and changes nothing."""
        return bool(self.filled) and not self.changed


def filling(before: Protocol, after: Protocol) -> Filling:
    """Compare ``after`` with ``before``, field by field.

    Only what is marked may be filled: an amount or a count ``to_be_completed``, an open drop-out
    rule, an open share of the person. A field that is simply absent says something too (no
    maximum, no key of sharing): giving it a value is a change.
    """
    left = {gap.path for gap in gaps(after)}
    filled = [gap for gap in gaps(before) if gap.path not in left]
    changed = tuple(dict.fromkeys(dotted(path) for path in _changed(before, after, ())))
    return Filling(tuple(one.path for one in filled), tuple(one.what for one in filled), changed)


def _changed(before: Any, after: Any, path: Path) -> Iterator[Path]:
    if isinstance(before, ToBeCompleted):
        if after is None:
            yield path
    elif hasattr(before, "model_fields_set"):
        if type(before) is not type(after):
            yield path
        else:
            yield from _fields(before, after, path)
    elif isinstance(before, tuple) and isinstance(after, tuple):
        if len(before) != len(after):
            yield path
        for place, (old, new) in enumerate(zip(before, after, strict=False)):
            yield from _changed(old, new, (*path, place))
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            if name in before and name in after:
                yield from _changed(before[name], after[name], (*path, name))
            else:
                yield (*path, name)
    elif before != after:
        yield path


def _fields(before: Any, after: Any, path: Path) -> Iterator[Path]:
    opened = _is_open(before)
    for name, field in type(before).model_fields.items():
        old, new = getattr(before, name), getattr(after, name)
        if not path and name in APART:
            continue
        if not path and name in GROWS:
            new = new[: len(old)]
        if opened and (name in OPEN_PARTS or (name == "source" and old is None)):
            continue
        yield from _changed(old, new, (*path, field.alias or name))


def _is_open(part: Any) -> bool:
    return "unknown" in (getattr(part, "strategy", ""), getattr(part, "kind", ""))
