"""PDFs are kept as they came (a signature must stay valid), or refused whole.

Refused: scripts, programs to launch, automatic actions, embedded files, forms of the XFA kind,
media, files elsewhere, encryption, damage. A link to a web page and an opening page are harmless.
"""

import re
import subprocess
import sys
from pathlib import Path

from liane.core.errors import Refused

SECONDS = 30
_WALK = Path(__file__).with_name("pdfwalk.py")
_AGAIN = "imprimez-le en PDF (« Imprimer », puis « Enregistrer en PDF ») et joignez cette copie."
REASONS = {
    "script": f"Ce PDF contient un script : {_AGAIN}",
    "launch": f"Ce PDF veut lancer un programme : {_AGAIN}",
    "automatic": f"Ce PDF déclenche une action tout seul : {_AGAIN}",
    "embedded": "Ce PDF contient d’autres fichiers : joignez-les séparément, et "
    "imprimez celui-ci en PDF.",
    "xfa": f"Ce PDF est un formulaire dynamique (XFA) : {_AGAIN}",
    "form": f"Ce PDF envoie des données à l’extérieur : {_AGAIN}",
    "media": f"Ce PDF contient un son, une vidéo ou un objet animé : {_AGAIN}",
    "remote": f"Ce PDF renvoie vers un fichier extérieur : {_AGAIN}",
    "encrypted": "Ce PDF est protégé : enregistrez-le sans mot de passe ni restriction, "
    "puis joignez cette copie.",
    "size": "Ce PDF est trop compliqué pour être vérifié : joignez-en les pages utiles.",
    "malformed": f"Ce PDF est abîmé ou incomplet : {_AGAIN}",
}


def checked(content: bytes) -> bytes:
    """``content`` itself, once every object of it was read. Raises `Refused`."""
    reason = "malformed" if _appended(content) else _walked(content)
    if reason != "ok":
        raise Refused(
            REASONS.get(reason, REASONS["malformed"]), field="file", code=f"file-pdf-{reason}"
        )
    return content


def _appended(content: bytes) -> bool:
    """True when something follows the end of the PDF: another file hiding behind it."""
    end = content.rfind(b"%%EOF")
    return end < 0 or re.fullmatch(rb"\s*\0*\s*", content[end + 5 :]) is None


def _walked(content: bytes) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_WALK)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        return "size"
    return done.stdout.decode("ascii", "replace") if done.returncode == 0 else "malformed"
