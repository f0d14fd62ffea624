"""``liane protocol check``: what it prints and how it ends."""

from io import StringIO

import pytest
from django.core.management import call_command

from liane.pathways.protocols.library import DATA

FILES = sorted(DATA.glob("*/*.yaml"))


def run(*files):
    out = StringIO()
    try:
        call_command("protocol_check", *map(str, files), stdout=out)
    except SystemExit as stop:
        return stop.code, out.getvalue()
    return 0, out.getvalue()


def test_shipped_definitions_are_sound():
    code, said = run(*FILES)
    assert code == 0
    assert said.count("définition valable") == len(FILES)


def test_an_error_is_named_by_file_line_and_field(tmp_path):
    text = FILES[0].read_text(encoding="utf-8").replace("payer: ars_fir", "payer: ars")
    file = tmp_path / "essai.yaml"
    file.write_text(text, encoding="utf-8")
    code, said = run(file)
    line = text[: text.index("payer: ars")].count("\n") + 1
    assert code == 1
    assert f"{file}:{line}: payer : erreur : valeurs possibles" in said
    assert "1 erreur ; la définition ne peut pas servir." in said


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"[" * 10_000, b"a: &a [*a]", b"x" * 900_000]
)
def test_hostile_files_are_refused_in_french(tmp_path, content):
    file = tmp_path / "x.yaml"
    file.write_bytes(content)
    code, said = run(file)
    assert code == 1
    assert "erreur" in said


def test_a_file_that_is_not_there(tmp_path):
    assert run(tmp_path / "rien.yaml") == (
        1,
        f"{tmp_path}/rien.yaml : fichier introuvable ou illisible.\n",
    )
    assert run(tmp_path)[0] == 1
