"""What stands between a closed sequence and its invoice, and the page that settles each thing.

A warning never blocks: an identity that is not qualified is said, and the bill goes on. Articles
are those of the definition that governs: nothing of a reinforced pathway is cited for another.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Self
from uuid import UUID

from django.db.models import OuterRef, Subquery

from liane.bundles import coverage, stored
from liane.bundles.engine.results import Missing, Settlement
from liane.bundles.engine.settling import NO_SHARING
from liane.bundles.models import Coverage, Settled, SettledLine
from liane.core import rows as plain
from liane.pathways import catalogue
from liane.pathways.models import Clash, Enrolment, Signatory
from liane.pathways.protocols.format import Document
from liane.pathways.protocols.format import Protocol as Definition
from liane.pathways.states import ProjectStatus
from liane.patients.models import Patient

OPPOSED = {ProjectStatus.DRAFT, ProjectStatus.SIGNED, ProjectStatus.OPPOSED, ProjectStatus.ENDED}
"""A project that was not sent, or that the ARS opposed: nothing is reimbursed."""


class Judged(Protocol):
    """What is asked of a sequence: one that is kept, or one that a run just answered."""

    @property
    def enrolment_id(self) -> UUID: ...

    @property
    def person_id(self) -> UUID: ...

    @property
    def key(self) -> str: ...

    @property
    def protocol(self) -> str: ...

    @property
    def closed_on(self) -> dt.date | None: ...

    @property
    def paid_to(self) -> str: ...


@dataclass(frozen=True)
class Block:
    """One thing to settle: ``stops`` is false for a warning. ``url`` leads where it is settled."""

    code: str
    text: str
    button: str
    url: str
    article: str = ""
    stops: bool = True


class Footing(NamedTuple):
    """What the checks ask of an enrolment, its project and its person."""

    project_id: UUID
    project_status: str
    prescribed_by_id: Any
    ins_status: str
    definition: Definition | None


type Answers = Mapping[UUID, Settlement]
type Payees = Mapping[tuple[UUID, str], Mapping[UUID, str]]
FOOTING = ("pk", "project_id", "project__status", "prescribed_by_id", "person__ins_status")


@dataclass
class Ground:
    """What the checks read for a set of sequences. Eleven queries at any size."""

    enrolments: dict[UUID, Footing]
    rights: Mapping[UUID, Coverage]
    answers: Answers
    payees: Payees
    numbers: dict[UUID, dict[UUID, str]]
    clashes: set[UUID]
    completed: Mapping[UUID, str] = field(default_factory=dict)
    """By enrolment that lacks an amount: the version of its structure that completes its own."""


def ground(sequences: Collection[Judged]) -> Ground:
    """Read it all."""
    pks = list({one.enrolment_id for one in sequences})
    people = {one.person_id for one in sequences}
    asked = Enrolment.objects.filter(pk__in=plain.among(pks)).order_by()
    governed = ("protocol_key", "protocol_version", "organisation_id")
    found: list[Any] = list(asked.values_list(*FOOTING, *governed))
    versions = catalogue.versions(row[5:] for row in found)
    enrolments = {row[0]: Footing._make((*row[1:5], versions.get(row[5:]))) for row in found}
    numbers = numbers_of({one.project_id for one in enrolments.values()})
    rights, answers = coverage.current(people), last_answers(pks)
    houses = {row[0]: row[7] for row in found}
    completed = _completed(enrolments, houses, answers)
    return Ground(enrolments, rights, answers, _payees(pks), numbers, _clashes(pks), completed)


def _completed(
    enrolments: Mapping[UUID, Footing], houses: Mapping[UUID, UUID], answers: Answers
) -> dict[UUID, str]:
    """For enrolments that lack an amount, the version that completes theirs. One query at most."""
    lacking = [
        (pk, houses[pk], definition) for pk, (*_, definition) in enrolments.items()
        if definition is not None and pk in answers and answers[pk].missing
    ]  # fmt: skip
    known = catalogue.completing({(house, one.key, one.version): (house, one)
                                  for _, house, one in lacking}.values())  # fmt: skip
    found = {pk: known.get((house, one.key, one.version)) for pk, house, one in lacking}
    return {pk: number for pk, number in found.items() if number is not None}


def ground_of_run(
    definitions: Mapping[UUID, Definition],
    people: Collection[UUID],
    answers: Answers,
    payees: Payees,
    numbers: "Numbers",
) -> Ground:
    """The same for a run that just had the ``answers``, under the ``definitions`` of these
    enrolments. Four queries at most."""
    rows = Enrolment.objects.filter(pk__in=plain.among(definitions)).order_by()
    enrolments = {}
    for pk, project, status, prescribed, ins in plain.read(rows.values_list(*FOOTING)):
        one = plain.uuid(pk)
        enrolments[one] = Footing(plain.shared(project), status, prescribed, ins, definitions[one])
    projects = {one.project_id for one in enrolments.values()}
    rights, clashes = coverage.current(people), _clashes(definitions)
    return Ground(enrolments, rights, answers, payees, numbers.of(projects), clashes)


def _clashes(pks: Collection[UUID]) -> set[UUID]:
    """Those that clash with another bundle."""
    rows = Clash.objects.filter(enrolment_id__in=plain.among(pks), settled_at=None)
    return set(rows.values_list("enrolment_id", flat=True))


def last_answers(enrolments: Rows[UUID]) -> dict[UUID, Settlement]:
    """The last answer of the engine for each enrolment, read. One query."""
    texts = last_texts(enrolments)
    return {pk: stored.settlement(pk, text, str) for pk, text in texts.items()}


def last_texts(enrolments: Rows[UUID]) -> dict[UUID, str]:
    """The same as it is kept (`stored.settlement` reads it). One query."""
    last = Settled.objects.filter(enrolment_id=OuterRef("enrolment_id")).order_by("-number")
    rows = Settled.objects.filter(
        enrolment_id__in=list(enrolments), number=Subquery(last.values("number")[:1])
    )
    return dict(rows.values_list("enrolment_id", "answer"))


def _payees(enrolments: Rows[UUID]) -> dict[tuple[UUID, str], dict[UUID, str]]:
    found: dict[tuple[UUID, str], dict[UUID, str]] = defaultdict(dict)
    rows = SettledLine.objects.filter(enrolment_id__in=list(enrolments), role="professional")
    for pk, key, holder, label in rows.order_by().values_list(
        "enrolment_id", "sequence", "payee_holder_id", "payee_label"
    ):
        found[pk, key][holder] = label
    return found


def numbers_of(projects: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """The number under which each payee of a project is paid, by project."""
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for one in Signatory.objects.filter(project_id__in=list(projects)).order_by("starts_on"):
        if one.number or one.payee_id not in found[one.project_id]:
            found[one.project_id][one.payee_id] = one.number
    return found


class Numbers(dict[UUID, dict[UUID, str]]):
    """`numbers_of` each project, read once in a run."""

    def of(self, projects: Collection[UUID]) -> Self:
        """Itself, with those of these projects."""
        new = set(projects) - self.keys()
        if new:
            found = numbers_of(new)
            self.update({project: found.get(project, {}) for project in new})
        return self


def blocks(one: Judged, seen: Ground) -> list[Block]:
    """What stands in the way of this sequence's invoice, and what is only to be known."""
    found = [tell(one, seen, what) for _, tell, what in _stops(one, seen)]
    status = Patient.InsStatus(seen.enrolments[one.enrolment_id].ins_status)
    if status != Patient.InsStatus.QUALIFIED:
        found.append(
            Block(
                "ins", f"Identité non qualifiée ({status.label}) : la facture "
                "part quand même, le matricule INS n’y figure pas.", "Vérifier l’identité",
                f"/personnes/{one.person_id}/identite/", stops=False,
            )
        )  # fmt: skip
    return found


def codes(one: Judged, seen: Ground) -> str:
    """The codes of the blocks that stop, as `Sequence.blocks` keeps them: no word is made."""
    return " ".join(dict.fromkeys([code for code, _, _ in _stops(one, seen)]))


type Stop = tuple[str, Callable[[Judged, Ground, Any], Block], Any]
"""A code, what makes its block, and what the block speaks of."""


def _stops(one: Judged, seen: Ground) -> list[Stop]:
    row, pk, found = seen.enrolments[one.enrolment_id], one.enrolment_id, list[Stop]()
    answer, mine = seen.answers.get(pk), {one.key, ""}
    if answer is not None:
        for lack in answer.missing:
            if lack.sequence in mine:
                shared = lack.path == NO_SHARING
                found.append(("sharing", _sharing, lack) if shared else ("amount", _amount, lack))
        refused = [said.code for said in answer.refusals if said.sequence in mine]
        if waiting := refused.count("unconfirmed"):
            found.append(("unconfirmed", _unconfirmed, waiting))
        if orphan := refused.count("payee"):
            found.append(("payee", _payee, orphan))
    if row.prescribed_by_id is None and (row.definition is None or row.definition.prescription):
        found.append(("prescription", _prescription, None))
    if answer is not None and row.definition is not None and (papers := _papers(one, seen)):
        found.append(("documents", _documents, papers))
    if row.project_status in OPPOSED:
        found.append(("project", _project, row.project_status))
    if one.paid_to == "professionals" and (without := _without_number(one, seen)):
        found.append(("number", _number, without))
    if pk in seen.clashes:
        found.append(("clash", _clash, None))
    rights, day = seen.rights.get(one.person_id), one.closed_on
    if rights is None:
        found.append(("rights", _rights, None))
    elif day and (rights.starts_on > day or (rights.ends_on and rights.ends_on < day)):
        found.append(("rights_over", _rights_over, day))
    return found


def _papers(one: Judged, seen: Ground) -> list[Document]:
    """The documents of the definition that a closed sequence still waits for."""
    definition = seen.enrolments[one.enrolment_id].definition
    lacking = {
        name for state in seen.answers[one.enrolment_id].sequences
        if state.id == one.key and state.state in {"complete", "partial"}
        for name in state.unmet
    }  # fmt: skip
    if not lacking or definition is None:
        return []
    return [paper for paper in definition.documents if paper.code in lacking]


def _without_number(one: Judged, seen: Ground) -> list[str]:
    numbers = seen.numbers.get(seen.enrolments[one.enrolment_id].project_id, {})
    payees = seen.payees.get((one.enrolment_id, one.key), {})
    return sorted(label for holder, label in payees.items() if not numbers.get(holder))


def _sharing(one: Judged, seen: Ground, lack: Missing) -> Block:
    law = "CSS L. 162-62" if _article(one, seen, "signed") else ""
    return Block("sharing", "L’équipe n’a pas convenu de sa clé de répartition.",
                 "Fixer la clé", f"{_project_url(one, seen)}cle/", law)  # fmt: skip


def _amount(one: Judged, seen: Ground, lack: Missing) -> Block:
    row, number = seen.enrolments[one.enrolment_id], seen.completed.get(one.enrolment_id)
    text = f"Montant à compléter : {lack.what}. Peut le compléter : {lack.who}."
    if number is not None:
        text = f"Montant à compléter : {lack.what}. Votre structure a publié la version {number}."
        return Block("amount", text, catalogue.TAKE, catalogue.taking(row.project_id, number))
    version = f"?version={row.definition.version}" if row.definition is not None else ""
    return Block("amount", text, "Compléter le protocole",
                 f"/parcours/protocoles/{one.protocol}/{version}")  # fmt: skip


def _unconfirmed(one: Judged, seen: Ground, number: int) -> Block:
    words = "1 acte attend" if number == 1 else f"{number} actes attendent"
    return Block("unconfirmed", f"{words} la confirmation du professionnel.",
                 "Relancer ou confirmer", _pathway(one, "#seances"))  # fmt: skip


def _payee(one: Judged, seen: Ground, number: int) -> Block:
    words = "1 acte" if number == 1 else f"{number} actes"
    return Block("payee", f"{words} sans bénéficiaire : le professionnel n’était pas signataire "
                 "du projet ce jour-là.", "Compléter l’équipe", _project_url(one, seen),
                 _article(one, seen, "signed"))  # fmt: skip


def _prescription(one: Judged, seen: Ground, _: None) -> Block:
    return Block("prescription", "Aucun médecin n’a décidé ni validé l’inclusion : elle ne vaut "
                 "pas prescription.", "Faire valider l’inclusion", _pathway(one, "validation/"),
                 _article(one, seen, "inclusion"))  # fmt: skip


def _documents(one: Judged, seen: Ground, papers: Rows[Document]) -> Block:
    labels = ", ".join(paper.label for paper in papers)
    articles = dict.fromkeys(paper.article for paper in papers if paper.article)
    return Block("documents", f"Pièces attendues : {labels}.", "Ajouter la pièce",
                 _pathway(one, "piece/"),
                 " ; ".join(articles) or _article(one, seen, "papers"))  # fmt: skip


def _project(one: Judged, seen: Ground, status: str) -> Block:
    return Block("project", f"Le projet de parcours est « {ProjectStatus(status).label} » : "
                 "rien n’est pris en charge.", "Voir le projet", _project_url(one, seen),
                 _article(one, seen, "funding"))  # fmt: skip


def _number(one: Judged, seen: Ground, labels: Rows[str]) -> Block:
    return Block("number", f"Sans numéro pour être payé : {', '.join(labels)}.",
                 "Saisir le numéro", _project_url(one, seen),
                 _article(one, seen, "numbers"))  # fmt: skip


def _clash(one: Judged, seen: Ground, _: None) -> Block:
    return Block("clash", "Un autre forfait court en même temps et ne se cumule pas.",
                 "Traiter le conflit", _pathway(one, ""))  # fmt: skip


def _rights(one: Judged, seen: Ground, _: None) -> Block:
    return Block("rights", "Numéro de l’assuré et droits non saisis.", "Saisir les droits",
                 _rights_url(one), _article(one, seen, "papers"))  # fmt: skip


def _rights_over(one: Judged, seen: Ground, day: dt.date) -> Block:
    return Block("rights_over", f"Les droits saisis ne couvrent pas le {day:%d/%m/%Y}, dernier "
                 "jour de la séquence.", "Mettre à jour les droits", _rights_url(one),
                 _article(one, seen, "papers"))  # fmt: skip


def _rights_url(one: Judged) -> str:
    return f"/forfaits/{one.enrolment_id}/droits/"


def _article(one: Judged, seen: Ground, name: str) -> str:
    """The article that the definition gives for this, where it is a reinforced pathway."""
    return catalogue.cited(seen.enrolments[one.enrolment_id].definition, name)


def _pathway(one: Judged, part: str) -> str:
    return f"/parcours/{one.enrolment_id}/{part}"


def _project_url(one: Judged, seen: Ground) -> str:
    return f"/parcours/projets/{seen.enrolments[one.enrolment_id].project_id}/"
