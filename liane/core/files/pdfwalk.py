"""Reads every object of one PDF and prints what makes it unfit, in a process of its own.

Run as ``python -I pdfwalk.py`` with the file on standard input: the parser is C++ and the file
hostile, so memory and time are limited by the system, and a crash is a refusal. Prints one word:
``ok`` or the reason (a key of `liane.core.files.pdf.REASONS`). Imports nothing of Liane.
"""

import resource
import sys
from collections.abc import Iterator
from io import BytesIO

MEMORY = 1024 * 1024 * 1024
SECONDS = 20
MOST_OBJECTS = 300_000
DEEPEST = 60

ALLOWED_ACTIONS = {"/GoTo", "/URI", "/Named"}
DANGEROUS_ACTIONS = {
    "/JavaScript": "script", "/Launch": "launch", "/GoToR": "remote", "/GoToE": "embedded",
    "/ImportData": "form", "/SubmitForm": "form", "/Rendition": "media", "/Movie": "media",
    "/Sound": "media", "/RichMediaExecute": "media", "/GoTo3DView": "media",
}  # fmt: skip
DANGEROUS_KEYS = {
    "/JS": "script", "/JavaScript": "script", "/AA": "automatic", "/XFA": "xfa",
    "/EmbeddedFiles": "embedded", "/EF": "embedded", "/AF": "embedded", "/Collection": "embedded",
    "/RichMediaContent": "media", "/RichMediaSettings": "media", "/Launch": "launch",
}  # fmt: skip
DANGEROUS_TYPES = {
    "/EmbeddedFile": "embedded", "/FileAttachment": "embedded", "/RichMedia": "media",
    "/Screen": "media", "/Movie": "media", "/Sound": "media", "/3D": "media",
}  # fmt: skip
SAFE_SCHEMES = ("http://", "https://", "mailto:", "tel:", "#")
SAFE_NAMED = {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage", "/Print", "/GoBack"}


class UnfitError(Exception):
    """The PDF must be refused, for the reason given."""


def check(content: bytes) -> str:
    """``ok``, or why ``content`` is refused."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(content), attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                return "encrypted"
            if len(pdf.objects) > MOST_OBJECTS:
                return "size"
            if len(pdf.pages) == 0:
                return "malformed"
            walked = [0]
            opening(pdf.Root)
            for held in pdf.objects:
                walk(held, 0, walked)
            walk(pdf.trailer, DEEPEST - 2, walked)
            return "ok"
    except pikepdf.PasswordError:
        return "encrypted"
    except UnfitError as unfit:
        return str(unfit)
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, MemoryError, OverflowError):
        return "malformed"


def opening(root: object) -> None:
    """Refuse what would happen by itself on opening; going to a page is harmless."""
    import pikepdf

    action = root.get("/OpenAction")  # type: ignore[attr-defined]
    if isinstance(action, pikepdf.Dictionary) and str(action.get("/S")) != "/GoTo":
        raise UnfitError(DANGEROUS_ACTIONS.get(str(action.get("/S")), "automatic"))


def walk(held: object, depth: int, walked: list[int]) -> None:
    """Refuse ``held`` if it, or anything written inside it, may act, play or carry a file."""
    import pikepdf

    walked[0] += 1
    if depth > DEEPEST or walked[0] > 20 * MOST_OBJECTS:
        raise UnfitError("size")
    if isinstance(held, pikepdf.Stream):
        if "/F" in held.stream_dict or "/FFilter" in held.stream_dict:
            raise UnfitError("remote")
        held = held.stream_dict
    if isinstance(held, pikepdf.Dictionary):
        dictionary(held)
    for part in parts(held):
        walk(part, depth + 1, walked)


def parts(held: object) -> Iterator[object]:
    """What is written inside ``held`` itself; references are walked at their own place."""
    import pikepdf

    if isinstance(held, pikepdf.Dictionary):
        inside = [value for _, value in held.items()]
    elif isinstance(held, pikepdf.Array):
        inside = list(held)
    else:
        return
    for value in inside:
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield value


def dictionary(held: object) -> None:
    """Refuse one dictionary by its keys, its type or the action it is."""
    import pikepdf

    entries = dict(held.items())  # type: ignore[attr-defined]
    for key in DANGEROUS_KEYS.keys() & entries.keys():
        if len(entries[key]) if isinstance(entries[key], pikepdf.Array | pikepdf.Dictionary) else 1:
            raise UnfitError(DANGEROUS_KEYS[key])
    for key in ("/Type", "/Subtype"):
        if (reason := DANGEROUS_TYPES.get(named(entries.get(key)))) is not None:
            raise UnfitError(reason)
    if (reason := DANGEROUS_ACTIONS.get(named(entries.get("/S")))) is not None:
        raise UnfitError(reason)
    for key in ("/A", "/PA", "/Next"):
        action(entries.get(key))
    if named(entries.get("/S")) == "/URI":
        address(entries.get("/URI"))


def action(held: object) -> None:
    """Refuse an action that is not in the short list of harmless ones."""
    import pikepdf

    if not isinstance(held, pikepdf.Dictionary):
        return
    kind = named(held.get("/S"))
    if kind and kind not in ALLOWED_ACTIONS:
        raise UnfitError(DANGEROUS_ACTIONS.get(kind, "automatic"))
    if kind == "/Named" and named(held.get("/N")) not in SAFE_NAMED:
        raise UnfitError("automatic")


def address(held: object) -> None:
    """Refuse a link that is not a web page, a mail or a telephone number."""
    target = "".join(str(held).split()).lower()
    if ":" in target.split("/", 1)[0] and not target.startswith(SAFE_SCHEMES):
        raise UnfitError("remote")


def named(held: object) -> str:
    """The text of a name object, else nothing."""
    import pikepdf

    return str(held) if isinstance(held, pikepdf.Name) else ""


def main() -> None:
    """Check standard input under limits of memory and time."""
    sys.dont_write_bytecode = True
    content = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(check(content))


if __name__ == "__main__":
    main()
