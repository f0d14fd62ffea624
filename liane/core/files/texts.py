"""Plain text: readable, without control characters, kept as UTF-8."""

from liane.core.errors import Refused


def normalised(content: bytes) -> bytes:
    """``content`` as UTF-8 with plain line ends, from UTF-8 or Windows-1252.

    Raises `Refused` when it is neither.
    """
    body = content.removeprefix(b"\xef\xbb\xbf")
    for encoding in ("utf-8", "cp1252"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n").encode()
    raise Refused(
        "Ce texte contient des caractères illisibles : enregistrez-le en « texte, UTF-8 », "
        "ou copiez-le dans une note.",
        field="file",
        code="file-text",
    )
