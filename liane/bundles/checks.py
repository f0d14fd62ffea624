"""What stands between a closed sequence and its invoice, and the page that settles each thing.

A warning never blocks: an identity that is not qualified is said, and the bill goes on. Articles
are those of the definition that governs: nothing of a reinforced pathway is cited for another.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from django.db.models import OuterRef, Subquery

from liane.bundles import coverage
from liane.bundles.engine.settling import NO_SHARING
from liane.bundles.models import Coverage, Settled, SettledLine
from liane.core import rows as plain
from liane.pathways import catalogue
from liane.pathways.models import Clash, Enrolment, Signatory
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
    prescribed_by_id: UUID | None
    ins_status: str
    definition: Definition | None


type Answers = Mapping[UUID, Mapping[str, Any]]
type Payees = Mapping[tuple[UUID, str], Mapping[UUID, str]]


@dataclass
class Ground:
    """What the checks read for a set of sequences. Ten queries at any size."""

    enrolments: dict[UUID, Footing]
    rights: Mapping[UUID, Coverage]
    answers: Answers
    payees: Payees
    numbers: dict[UUID, dict[UUID, str]]
    clashes: set[UUID]


def ground(
    sequences: Collection[Judged], answers: Answers | None = None, payees: Payees | None = None
) -> Ground:
    """Read it all; a run gives the ``answers`` that it just had, and the ``payees`` of each
    sequence (enrolment, key) in them."""
    pks = list({one.enrolment_id for one in sequences})
    people = list({one.person_id for one in sequences})
    asked = Enrolment.objects.filter(pk__in=plain.among(pks)).order_by()
    found = list(
        asked.values_list(
            "pk", "project_id", "project__status", "prescribed_by_id", "person__ins_status",
            "protocol_key", "protocol_version", "organisation_id",
        )
    )  # fmt: skip
    versions = catalogue.versions(row[5:] for row in found)
    enrolments = {row[0]: Footing(*row[1:5], versions.get(row[5:])) for row in found}
    projects = {one.project_id for one in enrolments.values()}
    return Ground(
        enrolments,
        coverage.current(people),
        last_answers(pks) if answers is None else answers,
        _payees(pks) if payees is None else payees,
        _numbers(projects),
        set(Clash.objects.filter(enrolment_id__in=plain.among(pks), settled_at=None).values_list(
            "enrolment_id", flat=True)),
    )  # fmt: skip


def last_answers(enrolments: Rows[UUID]) -> dict[UUID, dict[str, Any]]:
    """The last answer of the engine for each enrolment, read. One query."""
    return {pk: orjson.loads(text) for pk, text in last_texts(enrolments).items()}


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


def _numbers(projects: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """The number under which each payee of a project is paid, by project."""
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for one in Signatory.objects.filter(project_id__in=list(projects)).order_by("starts_on"):
        if one.number or one.payee_id not in found[one.project_id]:
            found[one.project_id][one.payee_id] = one.number
    return found


def blocks(one: Judged, seen: Ground) -> list[Block]:
    """What stands in the way of this sequence's invoice, and what is only to be known."""
    found = [
        *_amounts(one, seen),
        *_acts(one, seen),
        *_papers(one, seen),
        *_project(one, seen),
        *_rights(one, seen),
    ]
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


def codes(found: Collection[Block]) -> str:
    """Those that stop, as `Sequence.blocks` keeps them."""
    return " ".join(dict.fromkeys(one.code for one in found if one.stops))


def _of(one: Judged, seen: Ground, kind: str) -> list[dict[str, Any]]:
    """The parts of the last answer about this sequence."""
    rows = seen.answers.get(one.enrolment_id, {}).get(kind, [])
    field_ = "id" if kind == "sequences" else "sequence"
    return [row for row in rows if row.get(field_) in {one.key, ""}]


def _amounts(one: Judged, seen: Ground) -> list[Block]:
    found = []
    for row in _of(one, seen, "missing"):
        if row.get("path") == NO_SHARING:
            law = "CSS L. 162-62" if _article(one, seen, "signed") else ""
            found.append(
                Block("sharing", "L’équipe n’a pas convenu de sa clé de répartition.",
                      "Fixer la clé", f"{_project_url(one, seen)}cle/", law)
            )  # fmt: skip
            continue
        found.append(
            Block("amount", f"Montant à compléter : {row['what']}. Peut le compléter : "
                  f"{row['who']}.", "Compléter le protocole",
                  f"/parcours/protocoles/{one.protocol}/")
        )  # fmt: skip
    return found


def _acts(one: Judged, seen: Ground) -> list[Block]:
    refused = _of(one, seen, "refusals")
    found = []
    waiting = sum(row["code"] == "unconfirmed" for row in refused)
    if waiting:
        words = "1 acte attend" if waiting == 1 else f"{waiting} actes attendent"
        found.append(
            Block("unconfirmed", f"{words} la confirmation du professionnel.",
                  "Relancer ou confirmer", _pathway(one, "#seances"))
        )  # fmt: skip
    orphan = sum(row["code"] == "payee" for row in refused)
    if orphan:
        words = "1 acte" if orphan == 1 else f"{orphan} actes"
        found.append(
            Block("payee", f"{words} sans bénéficiaire : le professionnel n’était pas signataire "
                  "du projet ce jour-là.", "Compléter l’équipe", _project_url(one, seen),
                  _article(one, seen, "signed"))
        )  # fmt: skip
    return found


def _papers(one: Judged, seen: Ground) -> list[Block]:
    row = seen.enrolments[one.enrolment_id]
    found = []
    if row.prescribed_by_id is None and (row.definition is None or row.definition.prescription):
        found.append(
            Block("prescription", "Aucun médecin n’a décidé ni validé l’inclusion : elle ne vaut "
                  "pas prescription.", "Faire valider l’inclusion", _pathway(one, "validation/"),
                  _article(one, seen, "inclusion"))
        )  # fmt: skip
    lacking = {
        name for state in _of(one, seen, "sequences") for name in state["unmet"]
        if state["state"] in {"complete", "partial"}
    }  # fmt: skip
    asked = row.definition.documents if row.definition is not None else ()
    papers = [paper for paper in asked if paper.code in lacking]
    if papers:
        labels = ", ".join(paper.label for paper in papers)
        articles = dict.fromkeys(paper.article for paper in papers if paper.article)
        found.append(
            Block("documents", f"Pièces attendues : {labels}.", "Ajouter la pièce",
                  _pathway(one, "piece/"), " ; ".join(articles) or _article(one, seen, "papers"))
        )  # fmt: skip
    return found


def _project(one: Judged, seen: Ground) -> list[Block]:
    row = seen.enrolments[one.enrolment_id]
    found = []
    if row.project_status in OPPOSED:
        said = ProjectStatus(row.project_status).label
        found.append(
            Block("project", f"Le projet de parcours est « {said} » : "
                  "rien n’est pris en charge.", "Voir le projet", _project_url(one, seen),
                  _article(one, seen, "funding"))
        )  # fmt: skip
    numbers = seen.numbers.get(row.project_id, {})
    without = [
        label for holder, label in seen.payees.get((one.enrolment_id, one.key), {}).items()
        if not numbers.get(holder)
    ]  # fmt: skip
    if without and one.paid_to == "professionals":
        found.append(
            Block("number", f"Sans numéro pour être payé : {', '.join(sorted(without))}.",
                  "Saisir le numéro", _project_url(one, seen),
                  _article(one, seen, "numbers"))
        )  # fmt: skip
    if one.enrolment_id in seen.clashes:
        found.append(
            Block("clash", "Un autre forfait court en même temps et ne se cumule pas.",
                  "Traiter le conflit", _pathway(one, ""))
        )  # fmt: skip
    return found


def _rights(one: Judged, seen: Ground) -> list[Block]:
    row, url = seen.rights.get(one.person_id), f"/forfaits/{one.enrolment_id}/droits/"
    if row is None:
        return [
            Block("rights", "Numéro de l’assuré et droits non saisis.", "Saisir les droits", url,
                  _article(one, seen, "papers"))
        ]  # fmt: skip
    day = one.closed_on
    if day and (row.starts_on > day or (row.ends_on and row.ends_on < day)):
        return [
            Block("rights_over", f"Les droits saisis ne couvrent pas le {day:%d/%m/%Y}, dernier "
                  "jour de la séquence.", "Mettre à jour les droits", url,
                  _article(one, seen, "papers"))
        ]  # fmt: skip
    return []


def _article(one: Judged, seen: Ground, name: str) -> str:
    """The article that the definition gives for this, where it is a reinforced pathway."""
    return catalogue.cited(seen.enrolments[one.enrolment_id].definition, name)


def _pathway(one: Judged, part: str) -> str:
    return f"/parcours/{one.enrolment_id}/{part}"


def _project_url(one: Judged, seen: Ground) -> str:
    return f"/parcours/projets/{seen.enrolments[one.enrolment_id].project_id}/"
