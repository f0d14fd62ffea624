"""The INS datamatrix: read from text or pixels, written, and never trusted further than it says."""

import datetime as dt
from contextlib import suppress
from io import BytesIO

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from liane.core.errors import Refused
from liane.patients import datamatrix, ins
from liane.patients.models import Patient

HEAD = "IS01" + "0" * 22
NUMBER = "269054958815780"
BODY = (
    f"S1{NUMBER}S21.2.250.1.213.1.4.8\x1dS3JEANNE MARIE CECILE\x1dS4DARK\x1dS5FS617-07-1977S763220"
)


def qualified(**more: object) -> Patient:
    values = {
        "birth_name": "D’ARC-ÉLOI", "given_names": "Jeanne Marie", "sex": "F",
        "birth_date": dt.date(1977, 7, 17), "birth_place": "2A004", "ins_status": "qualified",
    }  # fmt: skip
    person = Patient(**{**values, **more})
    ins.put(person, ins.parse(NUMBER))
    return person


def picture(text: str, scale: int = 4) -> Image.Image:
    code = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.DataMatrix)
    view = memoryview(zxingcpp.write_barcode_to_image(code, scale=scale, add_quiet_zones=True))
    return Image.frombuffer("L", (view.shape[1], view.shape[0]), bytes(view))


def test_the_published_shape_is_read() -> None:
    code = datamatrix.parse(HEAD + BODY)
    assert code.matricule == ins.Matricule(NUMBER[:13], "80", ins.NIR)
    assert code.traits() == {
        "birth_name": "DARK",
        "given_names": "Jeanne Marie Cecile",
        "sex": "F",
        "birth_date": dt.date(1977, 7, 17),
        "birth_place": "63220",
    }


@pytest.mark.parametrize("sign", ["<GS>", "{GS}", "[GS]", "^]", "␝", "\\x1d"])
def test_scanners_write_the_separator_in_their_own_way(sign: str) -> None:
    text = (HEAD + BODY).replace("\x1d", sign)
    assert datamatrix.parse(text) == datamatrix.parse(HEAD + BODY)


def test_fields_may_come_in_another_order() -> None:
    text = (
        HEAD + f"S5FS617-07-1977S763220S4DARK\x1dS3JEANNE MARIE CECILE\x1d"
        f"S21.2.250.1.213.1.4.8\x1dS1{NUMBER}"
    )
    assert datamatrix.parse(text) == datamatrix.parse(HEAD + BODY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "commence par"),
        ("3760000000001", "commence par"),
        ("IS02" + "0" * 22 + BODY, "version"),
        ("IS01" + BODY, "structure"),
        (HEAD, "incomplet"),
        (HEAD + BODY.replace("\x1d", ""), "structure"),
        (HEAD + BODY + "S5M", "structure"),
        (HEAD + BODY.replace("S5F", "S5X"), "sexe"),
        (HEAD + BODY.replace("17-07-1977", "31-02-1977"), "existe pas"),
        (HEAD + BODY.replace("17-07-1977", "1977-07-17"), "JJ-MM-AAAA"),
        (HEAD + BODY.replace("DARK", "<script>alert(1)</script>"), "signes"),
        (HEAD + BODY.replace("63220", "<br/>"), "lieu"),
        (HEAD + BODY.replace(NUMBER, NUMBER[:13] + "81"), "clé"),
        (HEAD + BODY.replace("4.8", "4.99"), "OID"),
        (HEAD + BODY + " " * 400 + "x", "trop long"),
    ],
)
def test_what_is_not_one_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        datamatrix.parse(text)


def test_a_day_that_is_not_known_stays_unknown() -> None:
    assert datamatrix.parse(HEAD + BODY.replace("17-07", "00-07")).birth_date is None


@given(st.text(max_size=450))
def test_nothing_typed_can_break_the_reader(text: str) -> None:
    for given_text in (text, HEAD + text, HEAD + BODY[:30] + text):
        with suppress(Refused):
            assert datamatrix.parse(given_text).matricule.value == NUMBER


def test_what_is_written_is_read_back_from_pixels() -> None:
    person = qualified()
    text = datamatrix.written(person)
    assert text.startswith(HEAD + f"S1{NUMBER}S21.2.250.1.213.1.4.8\x1d")
    code = datamatrix.read_picture(picture(text).rotate(8, expand=True, fillcolor=255))
    assert code.birth_name == "D’ARC-ÉLOI"
    assert code.birth_place == "2A004"
    assert code.matricule.value == NUMBER


def test_the_drawing_holds_the_same_text() -> None:
    text = datamatrix.written(qualified())
    drawn = datamatrix.drawn(text)
    image = Image.new("L", (drawn.size, drawn.size), 255)
    for module in drawn.path.split("M")[1:]:
        x, y = module.split("h")[0].split()
        image.putpixel((int(x), int(y)), 0)
    big = image.resize((drawn.size * 5, drawn.size * 5), Image.Resampling.NEAREST)
    (code,) = zxingcpp.read_barcodes(big)
    assert bytes(code.bytes).decode() == text


def test_long_names_fill_their_field_without_a_separator() -> None:
    person = qualified(birth_name="A" * 100, given_names="B" * 100)
    code = datamatrix.parse(datamatrix.written(person))
    assert code.birth_name == "A" * 100


@pytest.mark.parametrize("status", ["provisional", "retrieved", "validated"])
def test_only_a_qualified_identity_is_written(status: str) -> None:
    with pytest.raises(ValueError, match="qualified"):
        datamatrix.written(qualified(ins_status=status))


@pytest.mark.parametrize("text", ["bonjour", "https://evil.example/?a=1"])
def test_a_picture_of_something_else_says_so(text: str) -> None:
    with pytest.raises(Refused, match="Aucun datamatrix INS"):
        datamatrix.read_picture(picture(text))


def test_two_identities_on_one_photo_are_not_chosen_between() -> None:
    one = picture(HEAD + BODY)
    other = picture(HEAD + BODY.replace("DARK", "MARTIN"))
    both = Image.new("L", (one.width, one.height + other.height + 40), 255)
    both.paste(one, (0, 0))
    both.paste(other, (0, one.height + 40))
    with pytest.raises(Refused, match="plusieurs identités"):
        datamatrix.read_picture(both)


def as_png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
