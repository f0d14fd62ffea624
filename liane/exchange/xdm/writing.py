"""Building an ``IHE_XDM.ZIP``: INDEX.HTM, README.TXT, IHE_XDM/SUBSET01 with metadata and documents.

Source: IHE ITI TF-2, 3.32 (Distribute Document Set on Media); CI-SIS, échange de documents.
"""

import zipfile
from collections.abc import Sequence
from html import escape
from io import BytesIO
from uuid import uuid4

from django.utils import timezone

from liane.exchange.cda.making import Made
from liane.exchange.xdm.metadata import Entry, written

NAME = "IHE_XDM.ZIP"
SUBSET = "IHE_XDM/SUBSET01"


def archive(documents: Sequence[Made], *, title: str) -> bytes:
    """The archive of documents about one person. Raises ValueError for several persons or none."""
    subjects = {made.head.subject.local for made in documents}
    if len(subjects) != 1:
        raise ValueError("An archive is about one person, and holds a document at least.")
    entries = [
        Entry(made.head, made.content, f"DOC{place:04d}.XML")
        for place, made in enumerate(documents, 1)
    ]
    now = timezone.now()
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("INDEX.HTM", _index(entries, title))
        file.writestr("README.TXT", _readme())
        file.writestr(f"{SUBSET}/METADATA.XML", written(entries, set_id=uuid4(), title=title,
                                                        at=now))  # fmt: skip
        for entry in entries:
            file.writestr(f"{SUBSET}/{entry.uri}", entry.content)
    return out.getvalue()


def _index(entries: Sequence[Entry], title: str) -> str:
    lines = "".join(
        f'<li><a href="{SUBSET}/{one.uri}">{escape(one.head.title)}</a></li>' for one in entries
    )
    house = escape(entries[0].head.custodian.name)
    return (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.0//EN" '
        '"http://www.w3.org/TR/xhtml-basic/xhtml-basic10.dtd">\n'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Documents de santé</title></head>'
        f"<body><h1>{escape(title)}</h1><p>{house}</p><ul>{lines}</ul>"
        '<p><a href="README.TXT">README.TXT</a></p></body></html>'
    )


def _readme() -> str:
    return (
        "Archive IHE XDM produite par Liane.\r\n"
        "Documents de sante au format CDA R2 dans IHE_XDM/SUBSET01, decrits par METADATA.XML.\r\n"
        "Ouvrez INDEX.HTM pour en voir la liste.\r\n"
    )
