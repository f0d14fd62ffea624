"""What a check of a definition finds."""

import difflib
from collections.abc import Collection
from typing import NamedTuple

from liane.pathways.protocols.reading import Path


class Finding(NamedTuple):
    """One thing found: where, and what to do about it, in French."""

    path: Path
    message: str
    warning: bool = False


def unknown(path: Path, name: str, kind: str, there: Collection[str]) -> Finding:
    """A name that nothing in the file defines, with the closest that exists."""
    near = difflib.get_close_matches(name, list(there), 1)
    hint = f" Peut-être « {near[0]} » ?" if near else ""
    return Finding(path, f"{kind} « {name} » : rien de ce nom dans le fichier.{hint}")
