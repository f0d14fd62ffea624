"""File names as people may see them: no path, no trick, the ending of what is really stored."""

import re
import unicodedata

LONGEST = 120
UNTITLED = "document"
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.I)
_UNSAFE = re.compile(r'[<>:"/\\|?*%\x7f]+')


def clean(name: str) -> str:
    """``name`` without folders, control or direction characters, leading dots; may be empty.

    Control characters go first, so that ``a.pdf\\0.exe`` ends in ``.exe`` and is judged as such.
    """
    visible = "".join(
        character
        for character in unicodedata.normalize("NFC", name)
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    last = re.split(r"[/\\]", visible)[-1]
    return re.sub(r"\s+", " ", _UNSAFE.sub("_", last)).strip(" .")


def suffix(name: str) -> str:
    """The ending of a cleaned name, lower case, without its dot; empty when there is none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def stored(name: str, ending: str) -> str:
    """The name under which a checked file is kept and shown, ending in ``.ending``."""
    stem = name.rpartition(".")[0] if suffix(name) else name
    stem = stem.strip(" .")[: LONGEST - len(ending) - 1].strip(" .") or UNTITLED
    if _RESERVED.match(stem):
        stem = f"{UNTITLED} {stem}"
    return f"{stem}.{ending}"
