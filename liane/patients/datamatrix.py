"""The INS datamatrix: what it says, and how it is drawn. Pure text here, pixels at the end.

Format (ANS, « Datamatrix INS », v2.2): ``IS01`` and 22 zeros, then the fields S1 matricule (15),
S2 OID (up to 20), S3 birth given names (up to 100), S4 birth family name (up to 100), S5 sex
(F or M), S6 date of birth (DD-MM-YYYY), S7 place of birth (COG, 5). A field shorter than its
longest size ends with GS (0x1D), whose sign scanners write in several ways.

Reading one proves nothing by itself: the identity stays provisional until the INSi service and a
trusted document have spoken (RNIV); see `ins.STATUS`.
"""

import datetime as dt
import re
from dataclasses import dataclass

import zxingcpp
from PIL import Image

from liane.core.errors import Refused
from liane.patients import ins
from liane.patients.models import Patient

HEAD = "IS01" + "0" * 22
GS = "\x1d"
MATRIX = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix])
LONGEST = 400
"""Characters. The largest code holds 279."""
_WRITTEN_GS = re.compile(r"<GS>|\{GS\}|\[GS\]|\^\]|\u241d|\\x1d|\\u001d", re.I)
_FIELDS = {"S1": 15, "S2": 20, "S3": 100, "S4": 100, "S5": 1, "S6": 10, "S7": 5}
_EXACT = frozenset({"S1", "S5", "S6", "S7"})
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’-])*")
_PLACE = re.compile(r"\d{5}|2[AB]\d{3}")


@dataclass(frozen=True)
class InsCode:
    """What a datamatrix says: the matricule, its key checked, and the five strict traits."""

    matricule: ins.Matricule
    birth_name: str
    given_names: str
    sex: str
    birth_date: dt.date | None
    """None where day or month is not known (written 00)."""
    birth_place: str

    def traits(self) -> dict[str, object]:
        """The strict traits by the name of their column."""
        return {
            "birth_name": self.birth_name,
            "given_names": self.given_names,
            "sex": self.sex,
            "birth_date": self.birth_date,
            "birth_place": self.birth_place,
        }


def parse(text: str) -> InsCode:
    """Read what a scanner typed, or what a picture held. Raises :class:`Refused`."""
    if len(text) > LONGEST:
        raise _refused("ce texte est trop long")
    plain = _WRITTEN_GS.sub(GS, text.strip("\r\n\t "))
    if not plain.startswith("IS"):
        raise _refused("ce n’est pas un datamatrix INS (il commence par « IS01 »)")
    if not plain.startswith(HEAD[:4]):
        raise _refused("cette version du datamatrix INS n’est pas connue")
    found = _fields(plain[len(HEAD) :])
    missing = [name for name in _FIELDS if name not in found and name != "S7"]
    if missing or not plain.startswith(HEAD):
        raise _refused("il est incomplet")
    return _checked(found)


def _fields(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while rest:
        name, rest = rest[:2], rest[2:]
        size = _FIELDS.get(name)
        if size is None or name in found:
            raise _refused("sa structure n’est pas celle attendue (séparateurs perdus ?)")
        end = size if name in _EXACT else min(_at(rest, GS), size)
        found[name], rest = rest[:end], rest[end:].removeprefix(GS)
    return found


def _at(text: str, sign: str) -> int:
    place = text.find(sign)
    return len(text) if place < 0 else place


def _checked(found: dict[str, str]) -> InsCode:
    for name, words in (("S3", "les prénoms"), ("S4", "le nom")):
        if not _NAME.fullmatch(found[name]):
            raise _refused(f"{words} portent des signes inattendus")
    if found["S5"] not in {"F", "M"}:
        raise _refused("le sexe n’est ni F ni M")
    place = found.get("S7", "")
    if place and not _PLACE.fullmatch(place):
        raise _refused("le code du lieu de naissance n’est pas un code commune ou pays")
    return InsCode(
        matricule=ins.parse(found["S1"], found["S2"]),
        birth_name=found["S4"].upper(),
        given_names=found["S3"].title(),
        sex=found["S5"],
        birth_date=_day(found["S6"]),
        birth_place=place,
    )


def _day(text: str) -> dt.date | None:
    match = re.fullmatch(r"(\d\d)-(\d\d)-(\d{4})", text)
    if match is None:
        raise _refused("la date de naissance n’a pas la forme JJ-MM-AAAA")
    day, month, year = (int(part) for part in match.groups())
    if not day or not month:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise _refused("la date de naissance n’existe pas") from None


def _refused(why: str) -> Refused:
    return Refused(
        f"Datamatrix illisible : {why}. Scannez-le de nouveau, ou saisissez l’identité à la main.",
        field="datamatrix",
        code="datamatrix",
    )


def written(person: Patient) -> str:
    """The text of a person's datamatrix. Raises ValueError unless the identity is qualified, for a
    matricule travels with no other (RNIV)."""
    matricule = ins.of(person)
    if not person.is_qualified or matricule is None or person.birth_date is None:
        raise ValueError("Only a qualified identity has a datamatrix.")
    names = person.given_names.replace(",", " ").upper()
    day = f"{person.birth_date:%d-%m-%Y}"
    return (
        HEAD
        + f"S1{matricule.value}"
        + _short("S2", matricule.oid)
        + _short("S3", " ".join(names.split()))
        + _short("S4", person.birth_name.upper())
        + f"S5{person.sex}S6{day}S7{person.birth_place}"
    )


def _short(name: str, value: str) -> str:
    size = _FIELDS[name]
    return name + (value[:size] if len(value) >= size else value + GS)


# ------------------------------------------------------------------ pixels


def read_picture(image: Image.Image) -> InsCode:
    """The INS datamatrix of a picture (already decoded safely). Raises :class:`Refused`."""
    codes = zxingcpp.read_barcodes(image.convert("L"), formats=MATRIX)
    texts = [_text(bytes(code.bytes)) for code in codes[:8]]
    held = [text for text in texts if text.startswith("IS")]
    if not held:
        raise Refused(
            "Aucun datamatrix INS sur cette photo : cadrez-le de près, à plat, sans reflet.",
            field="picture",
            code="datamatrix",
        )
    if len(set(held)) > 1:
        raise Refused(
            "Cette photo montre plusieurs identités : n’en cadrez qu’une.",
            field="picture",
            code="datamatrix",
        )
    return parse(held[0])


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


@dataclass(frozen=True)
class Drawn:
    """A datamatrix as a path of black modules, in a square of ``size`` modules with margins."""

    size: int
    path: str


def drawn(text: str) -> Drawn:
    """The datamatrix of ``text``, for the ``<svg>`` of a page or a PDF."""
    code = zxingcpp.create_barcode(
        text.encode(), zxingcpp.BarcodeFormat.DataMatrix, force_square=True
    )
    image = zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=True)
    rows: list[list[int]] = memoryview(image).tolist()  # type: ignore[assignment]
    size = len(rows)
    path = "".join(
        f"M{x} {y}h1v1h-1Z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark < 128
    )
    return Drawn(size, path)
