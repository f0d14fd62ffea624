"""A round planned elsewhere: read line by line, matched with care, imported once."""

import datetime as dt
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404

from liane.agenda import confirming, importing, rounds
from liane.agenda import services as agenda
from liane.agenda.models import Appointment, ImportBatch, ImportLine
from liane.agenda.tests.support import as_, statuses, tomorrow
from liane.core.acting import owner
from liane.core.errors import Refused
from liane.directory.models import Practice
from liane.pathways.tests.conftest import included, lea, msp, project, roussel, simon, zoe  # noqa: F401
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = f"{tomorrow():%d/%m/%Y}"


def csv(*lines: str, header: str = "Date;Heure;Nom;Prénom;Motif;ID") -> bytes:
    return "\n".join([header, *lines]).encode()


def ics(*events: str) -> bytes:
    body = "\r\n".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}\r\nEND:VCALENDAR".encode()


def event(
    uid: str = "a1", hour: int = 9, *more: str, who: str = "DUPONT Odette - Pansement"
) -> str:
    start = tomorrow(hour)
    return "\r\n".join([
        f"UID:{uid}", f"SUMMARY:{who}", f"DTSTART:{start:%Y%m%dT%H%M%S}",
        f"DTEND:{start + dt.timedelta(minutes=20):%Y%m%dT%H%M%S}", *more,
    ])  # fmt: skip


@pytest.fixture
def claire() -> Practice:
    return make.practice("claire")


@pytest.fixture
def odette(claire: Practice) -> Patient:
    person = make.patient()
    make.member(person, claire)
    return person


def brought(
    claire: Practice, content: bytes, name: str = "t.csv", **chosen: UUID
) -> confirming.Report:
    with as_(claire):
        batch = importing.prepare(content, name, claire.pk)
        return confirming.confirm(batch, {int(k[1:]): v for k, v in chosen.items()})


def starts() -> list[dt.datetime]:
    with owner():
        return list(Appointment.objects.order_by("starts_at").values_list("starts_at", flat=True))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("32/01/2026;9:00;DUPONT;Odette;;", "Date illisible"),
        (f"{DAY};25:00;DUPONT;Odette;;", "Heure illisible"),
        (f"{DAY};neuf;DUPONT;Odette;;", "Heure illisible"),
        (f"{DAY};9:00;;;;", "Pas de nom"),
        (f"{DAY}", "Heure illisible"),
        (f"{DAY};9h30;DUPONT;Odette;;", ""),
        (f"{tomorrow():%Y-%m-%d};09:30;DUPONT;Odette;;", ""),
    ],
)
def test_each_bad_line_says_what_is_wrong(line: str, error: str) -> None:
    (read,) = rounds.read(csv(line), "t.csv")
    assert read.error.startswith(error)
    assert bool(read.error) is bool(error)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"\x00\xff\xfe",
        csv("a;b", header="Quoi;Qui"),
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR",
    ],
)
def test_a_file_that_is_no_round_is_refused_with_the_header_expected(content: bytes) -> None:
    with pytest.raises(Refused):
        rounds.read(content, "t.csv")


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_is_read_in_its_usual_dialects(separator: str, coding: str) -> None:
    text = f"Date;Heure;Durée;Nom;Prénom\n{DAY};9:30;45;LÉVÊQUE;Éloïse\n".replace(";", separator)
    (read,) = rounds.read(text.encode(coding), "t.csv")
    assert (read.who, read.ends_at - read.starts_at) == ("LÉVÊQUE Éloïse", dt.timedelta(minutes=45))
    assert read.starts_at == tomorrow(9) + dt.timedelta(minutes=30)


def test_a_certain_line_is_planned_and_importing_again_changes_nothing(claire, odette) -> None:
    content = csv(f"{DAY};9:00;Dupont;Odette;Pansement;42", f"{DAY};10:00;LABORDE;odette;;43")
    first, second = brought(claire, content), brought(claire, content)
    assert (first.planned, first.errors) == (2, [])
    assert (second.planned, second.unchanged) == (0, 2)
    assert starts() == [tomorrow(9), tomorrow(10)]


def test_without_identifier_the_same_line_is_the_same_visit(claire, odette) -> None:
    content = csv(f"{DAY};9:00;Dupont;Odette", header="Date;Heure;Nom;Prénom")
    assert (brought(claire, content).planned, brought(claire, content).unchanged) == (1, 1)


def test_a_changed_event_moves_and_a_cancelled_one_cancels(claire, odette) -> None:
    brought(claire, ics(event()), "t.ics")
    assert brought(claire, ics(event(hour=11)), "t.ics").changed == 1
    assert starts() == [tomorrow(11)]
    assert brought(claire, ics(event("a1", 11, "STATUS:CANCELLED")), "t.ics").changed == 1
    assert set(statuses().values()) == {"cancelled"}
    assert brought(claire, ics(event("a1", 11, "STATUS:CANCELLED")), "t.ics").unchanged == 1


def test_a_repeated_event_becomes_a_series_once(claire, odette) -> None:
    content = ics(event("s1", 9, "RRULE:FREQ=DAILY;INTERVAL=3;COUNT=4"))
    assert brought(claire, content, "t.ics").planned == 1
    assert brought(claire, content, "t.ics").unchanged == 1
    assert len(starts()) == 4


@pytest.mark.parametrize(
    "broken",
    [
        "SUMMARY:DUPONT Odette",
        "SUMMARY:DUPONT Odette\r\nDTSTART;VALUE=DATE:20261124",
        "SUMMARY:DUPONT Odette\r\nDTSTART:20261124T090000\r\nDTEND:20261124T080000",
        "SUMMARY:DUPONT Odette\r\nDTSTART:20261124T090000\r\nRRULE:FREQ=SECONDLY",
        "SUMMARY:DUPONT Odette\r\nDTSTART:n'importe quoi",
    ],
)
def test_a_broken_event_is_named_and_the_others_come_through(claire, odette, broken: str) -> None:
    read = rounds.read(ics(broken, event()), "t.ics")
    assert [bool(line.error) for line in read] == [True, False]
    assert brought(claire, ics(broken, event()), "t.ics").planned == 1


@pytest.mark.parametrize(
    ("line", "people", "certain"),
    [
        (f"{DAY};9:00;DUPONT;Odette;;", {"LABORDE"}, True),
        (f"{DAY};9:00;DUPONT;;;", {"LABORDE"}, False),
        (f"{DAY};9:00;DUPONT;Jean;;", {"LABORDE"}, False),
        (f"{DAY};9:00;MARTIN;Odette;;", set(), False),
    ],
)
def test_only_a_full_name_is_certain(claire, odette, line, people, certain) -> None:
    with as_(claire):
        batch = importing.prepare(csv(line), "t.csv", claire.pk)
        ((row, offered),) = importing.review(batch)
        assert row.certain is certain
        assert {person.birth_name for person in offered} >= people
    assert brought(claire, csv(line)).planned == int(certain)


def test_two_persons_of_one_name_are_never_told_apart_by_the_machine(claire, odette) -> None:
    twin = make.patient("LABORDE", "Odette", birth_date=dt.date(1950, 1, 1))
    make.member(twin, claire)
    line = f"{DAY};9:00;DUPONT;Odette;;"
    assert brought(claire, csv(line)).left_out == 1
    dated = f"{DAY};9:00;DUPONT;Odette;01/01/1950"
    report = brought(claire, csv(dated, header="Date;Heure;Nom;Prénom;Naissance"))
    assert report.planned == 1
    assert brought(claire, csv(f"{DAY};14:00;DUPONT;Odette;;"), l2=odette.pk).planned == 1


def test_a_person_out_of_reach_is_neither_matched_nor_chosen(claire, odette) -> None:
    stranger = make.patient("SIMON", "Marcel", used_name="")
    line = f"{DAY};9:00;SIMON;Marcel;;"
    with as_(claire):
        batch = importing.prepare(csv(line), "t.csv", claire.pk)
        ((row, offered),) = importing.review(batch)
        assert (row.certain, offered) == (False, [odette])
        report = confirming.confirm(batch, {2: stranger.pk})
    assert (report.planned, report.errors) == (0, [(2, "Personne inconnue ici.")])
    assert statuses() == {}


def test_a_batch_belongs_to_whoever_read_it_and_is_forgotten_once_settled(claire, odette) -> None:
    bruno = make.practice("bruno")
    with as_(claire):
        batch = importing.prepare(csv(f"{DAY};9:00;DUPONT;Odette;;"), "t.csv", claire.pk)
    with as_(bruno):
        with pytest.raises(Http404):
            importing.batch_of(batch.pk)
        with pytest.raises(Http404):
            importing.prepare(b"", "t.csv", claire.pk)
    with as_(claire):
        confirming.confirm(batch, {})
    with owner():
        assert (ImportBatch.objects.count(), ImportLine.objects.count()) == (0, 0)


def test_the_pages_show_the_lines_then_plan_them(claire, odette, sign_in) -> None:
    browser = sign_in("claire")
    content = csv(f"{DAY};9:00;DUPONT;Odette;;", f"{DAY};11:00;DUPONT;;;", "hier;;X;;;")
    file = SimpleUploadedFile("tournee.csv", content)
    answer = browser.post("/agenda/import/", {"file": file, "practice": claire.pk})
    assert answer.status_code == 302, answer.content.decode()
    page = browser.get(answer["Location"]).content.decode()
    assert "Date illisible" in page
    assert "Qui est-ce" in page
    make.practice("bruno")
    assert sign_in("bruno").get(answer["Location"]).status_code == 404
    report = browser.post(answer["Location"], {"line-3": odette.pk}).content.decode()
    assert "2" in report
    assert starts() == [tomorrow(9), tomorrow(11)]


def test_a_series_keeps_the_exceptions_made_elsewhere(claire, odette) -> None:
    skipped, shifted = tomorrow(9, 2), tomorrow(9, 3)
    master = event("s1", 9, "RRULE:FREQ=DAILY;COUNT=4", f"EXDATE:{skipped:%Y%m%dT%H%M%S}")
    exception = "\r\n".join([
        "UID:s1", "SUMMARY:DUPONT Odette", f"RECURRENCE-ID:{shifted:%Y%m%dT%H%M%S}",
        f"DTSTART:{tomorrow(15, 3):%Y%m%dT%H%M%S}", f"DTEND:{tomorrow(16, 3):%Y%m%dT%H%M%S}",
    ])  # fmt: skip
    report = brought(claire, ics(exception, master), "t.ics")
    assert (report.planned, report.changed, report.errors) == (1, 1, [])
    assert starts() == [tomorrow(9), tomorrow(15, 3), tomorrow(9, 4)]
    again = brought(claire, ics(exception, master), "t.ics")
    assert (again.planned, again.changed, again.unchanged) == (0, 0, 2)


def test_a_series_begun_long_ago_brings_no_past_visit(claire, odette) -> None:
    start = tomorrow(9, -30)
    text = event("s1").replace(f"DTSTART:{tomorrow(9):%Y%m%d}", f"DTSTART:{start:%Y%m%d}")
    text = text.replace(f"DTEND:{tomorrow(9):%Y%m%d}", f"DTEND:{start:%Y%m%d}")
    brought(claire, ics(text + "\r\nRRULE:FREQ=DAILY"), "t.ics")
    assert min(starts()) >= tomorrow(0, 0)


def test_a_series_changed_elsewhere_replaces_what_was_to_come(claire, odette) -> None:
    brought(claire, ics(event("s1", 9, "RRULE:FREQ=DAILY;COUNT=3")), "t.ics")
    report = brought(claire, ics(event("s1", 11, "RRULE:FREQ=DAILY;COUNT=3")), "t.ics")
    assert (report.planned, report.changed) == (0, 1)
    assert sorted(statuses().values()) == ["cancelled"] * 3 + ["planned"] * 3
    gone = ics(event("s1", 11, "RRULE:FREQ=DAILY;COUNT=3", "STATUS:CANCELLED"))
    assert brought(claire, gone, "t.ics").changed == 1
    assert set(statuses().values()) == {"cancelled"}


def test_an_exception_without_its_series_is_named(claire, odette) -> None:
    lonely = event("s9", 9, f"RECURRENCE-ID:{tomorrow():%Y%m%dT%H%M%S}")
    assert brought(claire, ics(lonely), "t.ics").errors[0][1].startswith("Cette visite modifie")


# ------------------------------------------------------------------ the act
def test_the_act_is_read_from_a_column_or_from_an_event():
    (line,) = rounds.read(
        csv(f"{DAY};9:00;DUPONT;Suivi;diet", header="Date;Heure;Nom;Motif;Acte"), "t.csv"
    )
    assert (line.title, line.code) == ("Suivi", "diet")
    (own,) = rounds.read(ics(event("a", 9, "X-LIANE-ACTE:diet", "CATEGORIES:soin")), "t.ics")
    (kind,) = rounds.read(ics(event("a", 9, "CATEGORIES:AMI 4,domicile")), "t.ics")
    (none,) = rounds.read(ics(event()), "t.ics")
    assert (own.code, kind.code, none.code) == ("diet", "AMI 4", "")


@pytest.mark.parametrize("said", ["diet", "DIET", "Séance diététique"])
def test_an_act_of_the_pathway_names_the_visit_which_counts_once_done(included, zoe, simon, said):  # noqa: F811
    line = f"{DAY};9:00;SIMON;{simon.given_names};Suivi;{said}"
    report = brought(zoe, csv(line, header="Date;Heure;Nom;Prénom;Motif;Acte"))
    assert (report.planned, report.errors) == (1, [])
    with owner():
        visit = Appointment.objects.get()
        assert visit.title == "Séance diététique"
        Appointment.objects.update(starts_at=tomorrow(9, -1), ends_at=tomorrow(10, -1))
    with as_(zoe):
        assert agenda.mark_done(visit.pk).code == "diet"


def test_an_act_billed_by_itself_that_the_bundle_pays_is_refused_with_why(included, zoe, simon):  # noqa: F811
    line = f"{DAY};9:00;SIMON;{simon.given_names};Suivi;DIA 1"
    report = brought(zoe, csv(line, header="Date;Heure;Nom;Prénom;Motif;Acte"))
    ((number, why),) = report.errors
    assert (report.planned, number) == (0, 2)
    assert "L. 162-62" in why


def test_an_act_that_no_bundle_concerns_is_said_beside_the_motive(claire, odette):
    line = f"{DAY};9:00;DUPONT;Odette;Pansement;AMI 4"
    brought(claire, csv(line, header="Date;Heure;Nom;Prénom;Motif;Acte"))
    with owner():
        assert Appointment.objects.get().title == "Pansement · AMI 4"
