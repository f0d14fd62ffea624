"""Sealed columns: nothing readable in the database, nothing that opens elsewhere."""

import secrets

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from liane.core import keys
from liane.core.fields import Sealed
from liane.core.keys import CannotOpenError
from liane.core.models import StoredFile

pytestmark = pytest.mark.django_db


def a_file(name="Ordonnance Mme Roux.pdf"):
    return StoredFile(
        name=name, content_type="application/pdf", size=1, digest="0", wrapped_key=b"k",
        path=secrets.token_hex(20),
    )  # fmt: skip


def column(row):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM core_storedfile")
        held = {str(key).replace("-", ""): bytes(value) for key, value in cursor.fetchall()}
    return held[row.id.hex]


def test_text_comes_back_and_the_column_says_nothing():
    row = a_file()
    row.save()
    assert b"Roux" not in column(row)
    assert StoredFile.objects.get(pk=row.pk).name == "Ordonnance Mme Roux.pdf"


def test_nothing_is_opened_before_it_is_read(monkeypatch):
    row = a_file()
    row.save()
    opened = []
    really = keys.open_
    monkeypatch.setattr(keys, "open_", lambda *a, **k: opened.append(1) or really(*a, **k))
    again = StoredFile.objects.get(pk=row.pk)
    assert opened == []
    assert (again.name, again.name) == ("Ordonnance Mme Roux.pdf",) * 2
    assert opened == [1]


def test_saving_a_row_that_nobody_read_writes_the_same_bytes():
    row = a_file()
    row.save()
    before = column(row)
    again = StoredFile.objects.get(pk=row.pk)
    again.why = "vu"
    again.save()
    assert column(row) == before


def test_a_new_value_is_sealed_anew():
    row = a_file()
    row.save()
    before = column(row)
    row.name = "Autre.pdf"
    row.save(update_fields=["name"])
    assert column(row) != before
    assert StoredFile.objects.get(pk=row.pk).name == "Autre.pdf"


def test_bulk_create_seals():
    rows = StoredFile.objects.bulk_create([a_file("a.pdf"), a_file("b.pdf")])
    assert [StoredFile.objects.get(pk=row.pk).name for row in rows] == ["a.pdf", "b.pdf"]
    assert b"a.pdf" not in column(rows[0])


def test_swapped_rows_do_not_open():
    roux, dupont = a_file("Roux.pdf"), a_file("Dupont.pdf")
    roux.save()
    dupont.save()
    StoredFile.objects.filter(pk=roux.pk).update(name=Sealed(column(dupont)))
    with pytest.raises(CannotOpenError, match="another row"):
        _ = StoredFile.objects.get(pk=roux.pk).name


def test_another_installation_s_keys_do_not_open(settings, tmp_path):
    row = a_file()
    row.save()
    settings.LIANE_KEYS_FILE = tmp_path / "other.json"
    again = StoredFile.objects.get(pk=row.pk)
    with pytest.raises(CannotOpenError, match="LIANE_KEYS_FILE does not hold"):
        _ = again.name


def test_the_raw_value_shows_nothing():
    row = a_file()
    row.save()
    (raw,) = StoredFile.objects.values_list("name", flat=True)
    assert f"{raw} {raw!r}" == "<sealed> <sealed>"


def test_a_deferred_value_is_fetched_then_opened():
    row = a_file()
    row.save()
    assert StoredFile.objects.defer("name").get(pk=row.pk).name == "Ordonnance Mme Roux.pdf"


def test_empty_text_is_empty_text():
    row = a_file("")
    row.save()
    assert StoredFile.objects.get(pk=row.pk).name == ""
    assert StoredFile().name == ""


def test_what_cannot_know_its_row_is_refused():
    row = a_file()
    row.save()
    with pytest.raises(TypeError, match="sealed"):
        StoredFile.objects.update(name="clear")
    with pytest.raises(TypeError, match="sealed"):
        StoredFile.objects.bulk_update([row], ["name"])


@pytest.mark.parametrize("lookup", ["name", "name__contains", "name__in", "name__gt"])
def test_a_sealed_column_cannot_be_searched(lookup):
    with pytest.raises(FieldError, match="sealed"):
        StoredFile.objects.filter(**{lookup: "Roux"}).count()


def test_only_text_goes_into_text():
    row = a_file(12)
    with pytest.raises(TypeError, match="holds text"):
        row.save()
