"""What a billing software billed by the act, compared with the bundles: nothing is written.

A CSV of acts (`COLUMNS`), one a line. Each line is sound, refused (the bundle pays it already) or
to be looked at; a line that cannot be read says why.
"""

import csv
import datetime as dt
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from liane.bundles.exclusivity.acts import LAW, Team
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.errors import Refused
from liane.core.text import normalise
from liane.directory.models import Practice
from liane.pathways.models import Counted, Enrolment
from liane.patients.models import Patient

COLUMNS = ("date", "rpps", "nom", "naissance", "acte")
MOST_BYTES, MOST_LINES = 5_000_000, 50_000
UNREADABLE = "Ce fichier n’est pas un CSV lisible."
SOUND, REFUSED, LOOK = "sound", "refused", "look"


@dataclass(frozen=True)
class Line:
    """One act billed alone."""

    number: int
    on: dt.date
    rpps: str
    name: str
    born: dt.date
    code: str


@dataclass(frozen=True)
class Verdict:
    """What a line comes to, and why."""

    line: Line
    state: str
    why: str = ""
    article: str = ""


@dataclass
class Report:
    """A file, read and compared."""

    verdicts: list[Verdict] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def of(self, state: str) -> list[Verdict]:
        """The lines in one state."""
        return [one for one in self.verdicts if one.state == state]

    @property
    def refused(self) -> list[Verdict]:
        """What the bundle pays already."""
        return self.of(REFUSED)

    @property
    def look(self) -> list[Verdict]:
        """What somebody must look at."""
        return self.of(LOOK)

    @property
    def sound(self) -> int:
        """How many lines are sound."""
        return len(self.of(SOUND))


def compare(content: bytes) -> Report:
    """Read a file and compare it with the bundles of the actor's structure.

    Raises Refused for a file without the expected columns. Nine queries at any number of lines.
    """
    lines, problems = read(content)
    report = Report(problems=problems)
    actor = acting.current()
    people = _people(lines)
    ledger.read({pk for found in people.values() for pk in found}, "money")
    with acting.acting(acting.system("forfaits : exclusivité")):
        facts = _Facts.of({pk for found in people.values() for pk in found}, actor.holders, lines)
        for line in lines:
            found = people.get((normalise(line.name), line.born), [])
            report.verdicts.append(facts.verdict(line, found))
    return report


def read(content: bytes) -> tuple[list[Line], list[tuple[int, str]]]:
    """The lines of a file, and those that cannot be read with why. Touches no database."""
    if len(content) > MOST_BYTES:
        raise Refused("Ce fichier dépasse 5 Mo : envoyez un mois à la fois.", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    rows = csv.DictReader(io.StringIO(text.replace("\x00", "")), delimiter=";")
    heads = _heads(rows)
    missing = [name for name in COLUMNS if name not in heads]
    if missing:
        raise Refused(
            f"Il manque {', '.join(missing)} : la première ligne doit porter {';'.join(COLUMNS)}.",
            field="file",
        )
    rows.fieldnames = heads
    lines: list[Line] = []
    problems: list[tuple[int, str]] = []
    for number, row in _rows(rows):
        try:
            lines.append(
                _line(number, {name: str(row.get(name) or "").strip() for name in COLUMNS})
            )
        except ValueError as error:
            problems.append((number, str(error)))
    return lines, problems


def _heads(rows: "csv.DictReader[str]") -> list[str]:
    try:
        return [(name or "").strip().lower() for name in rows.fieldnames or ()]
    except csv.Error:
        raise Refused(UNREADABLE, field="file") from None


def _rows(rows: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        for row in rows:
            if rows.line_num > MOST_LINES:
                raise Refused("Plus de 50 000 lignes : envoyez un mois à la fois.", field="file")
            yield rows.line_num, row
    except csv.Error:
        raise Refused(UNREADABLE, field="file") from None


def _line(number: int, said: Mapping[str, str]) -> Line:
    if not said["rpps"].isdecimal() or len(said["rpps"]) != 11:
        raise ValueError("le RPPS a onze chiffres")
    if not said["nom"] or not said["acte"]:
        raise ValueError("il manque le nom ou l’acte")
    return Line(
        number, _day(said["date"], "date"), said["rpps"], said["nom"][:100],
        _day(said["naissance"], "naissance"), said["acte"].upper()[:20],
    )  # fmt: skip


def _day(text: str, name: str) -> dt.date:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise ValueError(f"{name} « {text[:20]} » : écrivez 2026-03-31 ou 31/03/2026")


def _people(lines: Sequence[Line]) -> dict[tuple[str, dt.date], list[UUID]]:
    """Those of the actor's persons who bear a name and a birth date of the file. One query."""
    reached = Reach.of(acting.current()).listing()
    found: dict[tuple[str, dt.date], list[UUID]] = {}
    rows: Sequence[Patient] = list(reached.filter(birth_date__in={line.born for line in lines}))
    for person in rows:
        if person.birth_date is None:
            continue
        for name in {person.birth_name, person.used_name} - {""}:
            found.setdefault((normalise(name), person.birth_date), []).append(person.pk)
    return found


@dataclass(frozen=True)
class _Facts:
    """What the file is compared with."""

    team: Team
    practices: Mapping[str, Sequence[UUID]]
    counted: Mapping[tuple[UUID, UUID | None, dt.date], Enrolment]

    @classmethod
    def of(cls, people: set[UUID], holders: Collection[UUID], lines: Sequence[Line]) -> "_Facts":
        practices: dict[str, list[UUID]] = {}
        rows = Practice.objects.filter(professional__rpps__in={line.rpps for line in lines})
        for pk, rpps in rows.values_list("pk", "professional__rpps"):
            practices.setdefault(rpps or "", []).append(pk)
        acts = Counted.objects.filter(
            ended_at=None, intervention__person_id__in=people, intervention__undo=None,
            enrolment__organisation_id__in=holders,
        ).select_related("intervention", "enrolment")  # fmt: skip
        counted = {
            (one.intervention.person_id, one.intervention.performed_by_id, one.intervention.day):
            one.enrolment
            for one in acts
        }  # fmt: skip
        return cls(Team.of(people, holders), practices, counted)

    def verdict(self, line: Line, people: Sequence[UUID]) -> Verdict:
        """The bundle pays it, somebody must look at it, or nothing is said against it."""
        for person in people:
            by_code = self._covered(line, person)
            if by_code is not None:
                return by_code
        for person in people:
            for practice in self.practices.get(line.rpps, ()):
                row = self.counted.get((person, practice, line.on))
                if row is not None:
                    why = (
                        f"le même jour, une séance est déjà comptée au forfait « {self._of(row)} »"
                    )
                    return Verdict(line, REFUSED, why, LAW)
                row = self.team.signed(person, practice, line.on)
                if row is not None:
                    why = (
                        f"signataire du projet, personne suivie au forfait « {self._of(row)} » : "
                        "à l’acte seulement si c’est hors du projet"
                    )
                    return Verdict(line, LOOK, why, LAW)
        return Verdict(line, SOUND)

    def _covered(self, line: Line, person: UUID) -> Verdict | None:
        for row in self.team.running(person, line.on):
            if line.code in self.team.protocols[row.pk].cumulation.acts:
                why = f"le forfait « {self._of(row)} » couvre l’acte {line.code}"
                return Verdict(line, REFUSED, why, self.team.protocols[row.pk].legal.reference)
        return None

    def _of(self, row: Enrolment) -> str:
        return self.team.title(row)
