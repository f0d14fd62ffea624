# ruff: noqa: E501
"""Each figure of a generated year against plain SQL written by hand, which knows no ORM."""

import datetime as dt
from statistics import median_low

import pytest
from django.db import connection

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.acting import owner
from liane.insight import figures, periods
from liane.insight.figures import Figures
from liane.insight.queries import PER_PERIOD
from liane.insight.sources import Scope
from liane.insight.tests.year import YEAR, generate

pytestmark = pytest.mark.django_db

WHOLE = "COALESCE((SELECT l.survivor_id FROM patients_personlink l WHERE l.duplicate_id = {0} AND l.ended_at IS NULL), {0})"
UNDONE = "NOT EXISTS (SELECT 1 FROM interventions_undo u WHERE u.intervention_id = i.id)"
OPEN = "a.organisation_id = :house AND a.opened_at < :end AND (a.closed_at IS NULL OR a.closed_at >= :start)"
ACTIVE = f"""
  SELECT {WHOLE.format("a.person_id")} AS person FROM followups_accompaniment a WHERE {OPEN}
  UNION SELECT {WHOLE.format("i.person_id")} FROM interventions_intervention i
    WHERE i.organisation_id = :house AND i.at >= :start AND i.at < :end AND {UNDONE}
  UNION SELECT {WHOLE.format("c.person_id")} FROM followups_contact c
    WHERE c.organisation_id = :house AND c.at >= :start AND c.at < :end AND c.person_id IS NOT NULL
"""
REQUESTS = "FROM referrals_referral r WHERE r.organisation_id = :house AND r.created_at >= :start AND r.created_at < :end"
REPLIES = "('information', 'onward', 'one_off', 'sustained', 'intensive', 'refused')"


class Books:
    """Plain SQL on one period of one organisation."""

    def __init__(self, house, period):
        self.house, self.period = house, period

    def rows(self, sql, **more):
        said = {"house": self._id(self.house.pk), "start": self._at(self.period.start),
                "end": self._at(self.period.end), **more}  # fmt: skip
        for name in said:
            sql = sql.replace(f":{name}", f"%({name})s")
        with owner(), connection.cursor() as cursor:
            cursor.execute(sql, said)
            return cursor.fetchall()

    def one(self, sql):
        return self.rows(sql)[0][0]

    def table(self, sql):
        return {str(key) if key is not None else "": number for key, number in self.rows(sql)}

    @staticmethod
    def _id(value):
        return value if connection.vendor == "postgresql" else value.hex

    @staticmethod
    def _at(value):
        if connection.vendor == "postgresql":
            return value
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ")

    def moments(self, sql):
        """Pairs of moments."""
        return [(_moment(one), _moment(other)) for one, other in self.rows(sql)]


def _moment(value):
    found = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def counted(house, period) -> Figures:
    machine = acting.system("test")
    with acting.acting(machine):
        return figures.compute(Scope(Reach.of(machine), house.pk, period))


def present(table):
    return {key: number for key, number in table.items() if number}


def age(birth, day):
    if birth is None:
        return ""
    birth = dt.date.fromisoformat(birth) if isinstance(birth, str) else birth
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return str(max(band for band in (0, 18, 60, 70, 80, 90) if band <= max(years, 0)))


def check_people(books, made):
    born = books.rows(
        f"SELECT p.birth_date, p.sex FROM patients_patient p JOIN ({ACTIVE}) f ON f.person = p.id"
    )
    assert made.totals["active.total"] == len(born)
    ages, sexes = {}, {}
    for birth, sex in born:
        key = age(birth, books.period.last)
        ages[key] = ages.get(key, 0) + 1
        sexes[sex] = sexes.get(sex, 0) + 1
    assert present(made.tables["active.age"]) == ages
    assert present(made.tables["active.sex"]) == sexes
    at_end = OPEN.replace(":start", ":end")
    assert made.totals["active.end"] == books.one(
        f"SELECT COUNT(DISTINCT {WHOLE.format('a.person_id')}) FROM followups_accompaniment a WHERE {at_end}"
    )
    assert made.totals["active.new"] == books.one(
        f"""SELECT COUNT(DISTINCT {WHOLE.format("a.person_id")}) FROM followups_accompaniment a
        WHERE a.organisation_id = :house AND a.opened_at >= :start AND a.opened_at < :end
        AND NOT EXISTS (SELECT 1 FROM followups_accompaniment b WHERE b.organisation_id = :house
          AND b.person_id = a.person_id AND b.opened_at < a.opened_at)"""
    )


def check_levels(books, made):
    said = books.rows(f"""
      SELECT f.person, x.person_id, x.after FROM ({ACTIVE}) f LEFT JOIN (
        SELECT a.person_id, {WHOLE.format("a.person_id")} AS person, a.opened_at, a.id,
          (SELECT v.after FROM followups_levelchange v WHERE v.accompaniment_id = a.id
             AND v.at < :end ORDER BY v.at DESC, v.id DESC LIMIT 1) AS after
        FROM followups_accompaniment a WHERE {OPEN}
      ) x ON x.person = f.person ORDER BY f.person, x.opened_at, x.id""")
    levels = {}
    for person, record, level in said:
        kept = levels.get(person)
        own = record == person
        if kept is None or own or not kept[0]:
            levels[person] = (own, level or "")
    assert present(made.tables["active.level"]) == tally(one for _, one in levels.values())


def check_gir(books, made):
    said = books.rows(f"""
      SELECT f.person, x.person_id, x.value FROM ({ACTIVE}) f LEFT JOIN (
        SELECT s.person_id, {WHOLE.format("s.person_id")} AS person, s.at, s.id, s.value
        FROM assessments_score s JOIN assessments_response q ON q.id = s.response_id
        WHERE s.code = 'gir' AND s.at < :end AND q.status IN ('completed', 'amended')
          AND NOT EXISTS (SELECT 1 FROM assessments_response c WHERE c.replaces_id = q.id
            AND c.status IN ('completed', 'amended'))
      ) x ON x.person = f.person ORDER BY f.person, x.at, x.id""")
    girs = {}
    for person, record, value in said:
        kept = girs.get(person)
        own = record == person
        if kept is None or own or not kept[0]:
            girs[person] = (own, "" if value is None else str(int(value)))
    assert present(made.tables["active.gir"]) == tally(one for _, one in girs.values())


def tally(values):
    found = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def check_requests(books, made):
    assert made.totals["requests.total"] == books.one(f"SELECT COUNT(*) {REQUESTS}")
    for code, column in (("requester", "requester_kind"), ("motive", "motive"),
                         ("channel", "channel"), ("commune", "insee")):  # fmt: skip
        expected = books.table(f"SELECT {column}, COUNT(*) {REQUESTS} GROUP BY {column}")
        assert present(made.tables[f"requests.{code}"]) == expected
    wider = books.table(f"""SELECT t.epci_id, COUNT(*) FROM (SELECT r.insee {REQUESTS}) q
      LEFT JOIN directory_commune t ON t.code = q.insee GROUP BY t.epci_id""")
    assert present(made.tables["requests.territory"]) == wider
    assert present(made.tables["answers.kind"]) == books.table(f"""
      SELECT s.after, COUNT(*) FROM referrals_referralstep s
      JOIN referrals_referral r ON r.id = s.referral_id WHERE r.organisation_id = :house
      AND s.at >= :start AND s.at < :end AND s.after IN {REPLIES} GROUP BY s.after""")


FIRSTS = {
    "delays.answer": f"SELECT MIN(s.at) FROM referrals_referralstep s WHERE s.referral_id = r.id AND s.after IN {REPLIES}",
    "delays.visit": f"""SELECT MIN(i.at) FROM interventions_intervention i WHERE i.person_id = r.person_id
      AND i.organisation_id = r.organisation_id AND i.kind = 'visit' AND i.at >= r.created_at AND {UNDONE}""",
    "delays.plan": "SELECT MIN(v.at) FROM careplans_planversion v WHERE v.person_id = r.person_id AND v.at >= r.created_at",
}


def step(*states):
    said = ", ".join(f"'{one}'" for one in states)
    return f"(SELECT MIN(s.at) FROM referrals_referralstep s WHERE s.referral_id = r.id AND s.after IN ({said}))"


ANSWERED = ("information", "onward", "one_off", "sustained", "intensive", "refused")
BETWEEN = {
    "delays.received": ("r.created_at", step("received")),
    "delays.qualified": (
        step("received"),
        step("in_scope", "out_of_scope", "duplicate", "followed"),
    ),
    "delays.answered": (step("in_scope", "out_of_scope", "duplicate", "followed"), step(*ANSWERED)),
    "delays.done": (step(*ANSWERED), step("done")),
    **{code: ("r.created_at", f"({first})") for code, first in FIRSTS.items()},
}


def check_delays(books, made):
    assert set(made.delays) == set(BETWEEN)
    for code, (began, ended) in BETWEEN.items():
        pairs = books.moments(
            f"SELECT * FROM (SELECT {began} AS began, {ended} AS ended {REQUESTS}) q WHERE q.began IS NOT NULL AND q.ended >= q.began"
        )
        took = [(after - before).total_seconds() / 86400 for before, after in pairs]
        found = made.delays[code]
        assert found.number == len(took)
        if took:
            assert found.median == pytest.approx(median_low(took), abs=0.051)
            assert found.mean == pytest.approx(sum(took) / len(took), abs=0.051)


def check_done(books, made):
    acts = f"FROM interventions_intervention i WHERE i.organisation_id = :house AND i.at >= :start AND i.at < :end AND {UNDONE}"
    assert present(made.tables["acts.kind"]) == books.table(
        f"SELECT i.kind, COUNT(*) {acts} GROUP BY i.kind"
    )
    assert made.totals["acts.total"] == books.one(f"SELECT COUNT(*) {acts}")
    assert made.totals["acts.persons"] == books.one(
        f"SELECT COUNT(DISTINCT {WHOLE.format('i.person_id')}) {acts}"
    )
    for code, table, at in (
        ("plans.created", "plan", "created_at"),
        ("plans.published", "planversion", "at"),
    ):
        assert made.totals[code] == books.one(
            f"SELECT COUNT(*) FROM careplans_{table} p WHERE p.author_organisation_id = :house AND p.{at} >= :start AND p.{at} < :end"
        )
    assert (
        present(made.tables["unmet.profession"])
        == books.table("""
      SELECT q.profession, COUNT(*) FROM referrals_quest q WHERE q.author_organisation_id = :house
      AND q.created_at >= :start AND q.created_at < :end AND q.status <> 'accepted' GROUP BY q.profession""")
    )


def check_meetings(books, made):
    ours = "FROM meetings_meeting m JOIN directory_practice c ON c.id = m.convener_id WHERE c.organisation_id = :house"
    held = f"{ours} AND m.starts_at >= :start AND m.starts_at < :end AND m.status IN ('held', 'minuted', 'approved', 'sent')"
    assert made.totals["meetings.convened"] == books.one(
        f"SELECT COUNT(*) {ours} AND m.created_at >= :start AND m.created_at < :end"
    )
    assert made.totals["meetings.held"] == books.one(f"SELECT COUNT(*) {held}")
    assert made.totals["meetings.persons"] == books.one(
        f"SELECT COUNT(DISTINCT {WHOLE.format('m.person_id')}) {held}"
    )
    who = books.table(f"""
      SELECT CASE WHEN p.practice_id IS NULL THEN 'outside' WHEN w.organisation_id = :house THEN 'own' ELSE 'other' END, COUNT(*)
      FROM meetings_participant p LEFT JOIN directory_practice w ON w.id = p.practice_id
      WHERE p.dropped_at IS NULL AND p.presence IN ('present', 'remote') AND p.meeting_id IN (SELECT m.id {held}) GROUP BY 1""")
    assert present(made.tables["meetings.who"]) == who
    assert made.totals["meetings.participants"] == sum(who.values())


def check_satisfaction(books, made):
    expected = books.table("""
      SELECT s.level, COUNT(*) FROM assessments_score s JOIN assessments_response r ON r.id = s.response_id
      WHERE s.code = 'satisfaction' AND s.author_organisation_id = :house AND s.at >= :start AND s.at < :end
      AND r.status IN ('completed', 'amended') AND NOT EXISTS (SELECT 1 FROM assessments_response c
        WHERE c.replaces_id = r.id AND c.status IN ('completed', 'amended')) GROUP BY s.level""")
    assert present(made.tables["satisfaction.level"]) == expected
    assert made.totals["satisfaction.total"] == sum(expected.values())


def check_needs(books, made):
    noted = "FROM partners_unmetneed u WHERE u.organisation_id = :house AND u.at >= :start AND u.at < :end"
    assert made.totals["needs.total"] == books.one(f"SELECT COUNT(*) {noted}")
    for code, column in (("kind", "need"), ("why", "why")):
        expected = books.table(f"SELECT {column}, COUNT(*) {noted} GROUP BY {column}")
        assert present(made.tables[f"needs.{code}"]) == expected
    wider = books.table(f"""SELECT t.epci_id, COUNT(*) FROM (SELECT u.insee {noted}) q
      LEFT JOIN directory_commune t ON t.code = q.insee GROUP BY t.epci_id""")
    assert present(made.tables["needs.territory"]) == wider


def check_exits(books, made):
    left = "FROM followups_accompaniment a WHERE a.organisation_id = :house AND a.closed_at >= :start AND a.closed_at < :end"
    assert made.totals["exits.total"] == books.one(f"SELECT COUNT(*) {left}")
    assert present(made.tables["exits.reason"]) == books.table(
        f"SELECT a.exit_reason, COUNT(*) {left} GROUP BY a.exit_reason"
    )
    lengths = [
        str(
            max(
                band for band in (0, 91, 183, 365, 730) if dt.timedelta(days=band) <= after - before
            )
        )
        for before, after in books.moments(f"SELECT a.opened_at, a.closed_at {left}")
    ]
    assert present(made.tables["exits.length"]) == tally(lengths)


CHECKS = (
    check_people,
    check_levels,
    check_gir,
    check_requests,
    check_delays,
    check_done,
    check_meetings,
    check_satisfaction,
    check_needs,
    check_exits,
)


def compare(persons):
    _, house = generate(persons)
    for period in (
        periods.of("annee", dt.date(YEAR, 6, 1)),
        periods.of("mois", dt.date(YEAR, 3, 1)),
    ):
        made, books = counted(house, period), Books(house, period)
        assert made.totals["active.total"] > 0
        for check in CHECKS:
            check(books, made)


def test_every_figure_agrees_with_plain_sql():
    compare(400)


@pytest.mark.full
def test_every_figure_agrees_with_plain_sql_over_10_000_persons():
    compare(10_000)


def test_a_row_of_a_table_is_counted_once():
    _, house = generate(120, seed=2)
    made = counted(house, periods.of("annee", dt.date(YEAR, 6, 1)))
    for code, total in (("active.age", "active.total"), ("active.sex", "active.total"),
                        ("active.level", "active.total"), ("active.gir", "active.total"),
                        ("requests.motive", "requests.total"), ("requests.territory", "requests.total"),
                        ("exits.length", "exits.total"), ("needs.territory", "needs.total"), ("acts.kind", "acts.total")):  # fmt: skip
        assert sum(made.tables[code].values()) == made.totals[total], code


@pytest.mark.parametrize("persons", [40, 160])
def test_the_number_of_queries_does_not_depend_on_the_size(django_assert_num_queries, persons):
    _, house = generate(persons, seed=persons)
    machine = acting.system("test")
    period = periods.of("annee", dt.date(YEAR, 6, 1))
    with acting.acting(machine), django_assert_num_queries(PER_PERIOD):
        figures.compute(Scope(Reach.of(machine), house.pk, period))
