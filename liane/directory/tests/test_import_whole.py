"""The extraction at full size: killed it goes on, who left is ended, what is refused is told."""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from liane.core.acting import acting, system
from liane.core.errors import Refused
from liane.directory import importing, services
from liane.directory.models import (
    Change,
    DirectoryImport,
    NationalLine,
    Organisation,
    Posting,
    Practice,
    Professional,
)
from liane.directory.search import search
from liane.directory.tests.test_import import HEADER, bring, counts, line, number
from tests import factories

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """Stands for a process that ends in the middle."""


def written(folder: Path, *lines: str, name: str = "ps.txt") -> Path:
    file = folder / name
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return file


def take(file: Path, **more) -> importing.Report:
    return importing.load_file(file, **more)


def killed_after(batches: int, file: Path) -> None:
    seen = []

    def tell(run: DirectoryImport) -> None:
        seen.append(run.line)
        if len(seen) == batches:
            raise Killed

    with pytest.raises(Killed):
        take(file, tell=tell)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path, small):
    file = written(tmp_path, *(line(n) for n in range(1, 8)))
    killed_after(2, file)
    assert Professional.objects.count() == 4
    told: list[int] = []
    report = take(file, tell=lambda run: told.append(run.line))
    assert told == [7, 8], "the four lines read before were not read again"
    assert counts(report) == (7, 0, 0, 0)
    assert Professional.objects.count() == 7
    assert DirectoryImport.objects.get().state == "done"


def test_refused_lines_before_the_kill_are_in_the_report(tmp_path: Path, small):
    file = written(tmp_path, line(1, nom=""), line(2), line(3), line(4, prof=""))
    killed_after(1, file)
    report = take(file)
    assert [one["where"] for one in report.rejected] == ["ps.txt:2", "ps.txt:5"]


def test_another_file_takes_the_place_of_the_stopped_one(tmp_path: Path, small):
    first = written(tmp_path, *(line(n) for n in range(1, 5)))
    killed_after(1, first)
    take(written(tmp_path, line(9), name="autre.txt"))
    assert sorted(DirectoryImport.objects.values_list("state", flat=True)) == ["abandoned", "done"]
    assert counts(take(first)) == (2, 0, 2, 0)


def test_two_at_once_do_not_tread_on_each_other(tmp_path: Path, small):
    file = written(tmp_path, *(line(n) for n in range(1, 8)))

    def meanwhile(run: DirectoryImport) -> None:
        DirectoryImport.objects.filter(pk=run.pk).update(offset=run.offset + 10)

    with pytest.raises(Refused, match="en cours"):
        take(file, tell=meanwhile)


def month(tmp_path: Path, *gone: int, complete: bool = False, **change) -> importing.Report:
    """Forty professionals, then the next file without some of them."""
    take(written(tmp_path, *(line(n) for n in range(1, 41))))
    rest = [line(n) for n in range(1, 41) if n not in gone]
    return take(written(tmp_path, *rest, name="suivant.txt"), complete=complete)


def test_who_left_is_ended_not_deleted(tmp_path: Path):
    report = month(tmp_path, 7)
    assert (report.left.ended, report.as_dict()["ended"]) == (1, 1)
    gone = Professional.objects.get(rpps=number(7))
    assert not gone.active
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    assert Practice.objects.get(professional=gone).ended_on == yesterday
    assert not Organisation.objects.get(external_id="R7").active
    assert Change.objects.filter(object_id=gone.pk, what="annuaire national").exists()
    assert Professional.objects.filter(active=True).count() == 39
    assert number(7) not in {one.rpps for one in search("aubert").professionals}


def test_who_comes_back_is_open_again(tmp_path: Path):
    month(tmp_path, 7)
    take(written(tmp_path, *(line(n) for n in range(1, 41)), name="encore.txt"))
    back = Professional.objects.get(rpps=number(7))
    assert back.active
    assert Practice.objects.get(professional=back).ended_on is None
    assert Organisation.objects.get(external_id="R7").active


def test_what_their_structure_ended_stays_ended(tmp_path: Path):
    take(written(tmp_path, line(1)))
    practice = Practice.objects.get()
    with acting(system("direction")):
        services.end_practice(practice)
    take(written(tmp_path, line(1, tel="0558999999"), name="suivant.txt"))
    practice.refresh_from_db()
    assert practice.ended_on is not None


def test_a_part_of_the_directory_ends_nobody(tmp_path: Path):
    report = month(tmp_path, *range(1, 21))
    assert (report.left.ended, report.left.absent) == (0, 20)
    assert Professional.objects.filter(active=True).count() == 40
    out = StringIO()
    call_command("import_directory", str(tmp_path / "suivant.txt"), "--quiet", stdout=out)
    assert "--complete" in out.getvalue()


def test_unless_it_is_said_to_be_whole(tmp_path: Path):
    assert month(tmp_path, *range(1, 21), complete=True).left.ended == 20
    assert NationalLine.objects.count() == 20


def test_somebody_with_an_account_is_left_to_humans(tmp_path: Path):
    take(written(tmp_path, *(line(n) for n in range(1, 41))))
    person = Professional.objects.get(rpps=number(7))
    person.user = factories.user("claire.aubert")
    person.save()
    report = take(written(tmp_path, *(line(n) for n in range(1, 41) if n != 7), name="s.txt"))
    assert (report.left.ended, report.left.accounts) == (0, 1)
    assert Practice.objects.get(professional=person).ended_on is None


def test_one_of_two_places_left_ends_that_one_alone(tmp_path: Path):
    both = [line(1), line(1, tech="R99", rs="MSP")]
    take(written(tmp_path, *both, *(line(n) for n in range(2, 41))))
    take(written(tmp_path, *(line(n) for n in range(1, 41)), name="suivant.txt"))
    person = Professional.objects.get(rpps=number(1))
    assert person.active
    ended = person.practices.exclude(ended_on=None)
    assert [one.organisation.external_id for one in ended] == ["R99"]


def test_the_index_keeps_one_place_for_each_word(tmp_path: Path):
    take(written(tmp_path, line(1)))
    take(written(tmp_path, line(1, nom="DUMAS"), name="suivant.txt"))
    person = Professional.objects.get()
    words = Posting.objects.filter(object_id=person.pk).values_list("word__text", flat=True)
    assert sorted(words) == ["claire", "dax", "dumas"]


def test_every_refused_line_is_written_where_asked(tmp_path: Path):
    file = written(tmp_path, line(1), line(2, rpps="1"), line(3, type="0"))
    out = tmp_path / "refus.csv"
    with pytest.raises(SystemExit):
        call_command("import_directory", str(file), "--rejected", str(out), stdout=StringIO())
    rows = out.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "ligne;motif"
    assert [row.split(";")[0] for row in rows[1:]] == ["3", "4"]


def test_bytes_that_no_text_holds_do_not_stop_the_rest(tmp_path: Path):
    file = tmp_path / "ps.txt"
    bad = line(2).encode().replace(b"AUBERT", b"AU\xff\x00BERT")
    file.write_bytes(HEADER.encode() + b"\r\n" + bad + b"\r\n\r\n" + line(3).encode())
    assert counts(take(file)) == (2, 0, 0, 0)


def test_twice_in_one_file_is_once(tmp_path: Path):
    assert counts(bring(line(1), line(1))) == (1, 0, 1, 0)
