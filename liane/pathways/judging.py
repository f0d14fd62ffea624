"""Reads of an inclusion: criteria with their facts, the circle proposed, what is left to do."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.circle.access import in_circle
from liane.core import acting
from liane.directory.models import Practice
from liane.pathways import asked as papers
from liane.pathways import catalogue, rules
from liane.pathways.models import Enrolment, EnrolmentEvent
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.values import Length
from liane.pathways.queries import Shown
from liane.pathways.services import inclusion
from liane.pathways.states import EnrolmentStatus
from liane.patients.models import Patient


@dataclass(frozen=True)
class Criterion:
    """One criterion as the page shows it."""

    label: str
    outcome: str
    facts: list[tuple[str, str]]
    article: str
    blocks: bool


OUTCOMES = {"met": "rempli", "not_met": "non rempli", "unknown": "à vérifier"}


def criteria(person: Patient, protocol: Protocol, said: Any, on: dt.date) -> list[Criterion]:
    """Each criterion, the facts it was read from, its article. One query."""
    names = {one.code: one.label for one in protocol.facts} | {"age": "âge"}
    names |= {one.code: one.label for one in protocol.documents}
    names["previous_end"] = "fin du parcours précédent"
    judged = inclusion.judged(person, protocol, said, on)
    return [
        Criterion(
            one.label, one.outcome,
            [(names.get(name, name), _words(protocol, name, value)) for name, value in one.facts],
            one.article, one.blocks,
        )
        for one in judged.answers
    ]  # fmt: skip


def _words(protocol: Protocol, name: str, value: Any) -> str:
    if value is None:
        return "aucun" if name == "previous_end" else "non renseigné"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    fact = next((one for one in protocol.facts if one.code == name), None)
    labels = fact.choices if fact is not None else {}
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(labels.get(one, one)) for one in value) or "aucun"
    unit = " ans" if name == "age" else f" {fact.unit}" if fact is not None and fact.unit else ""
    return f"{labels.get(value, value)}{unit}".replace(".0 ", " ")


@dataclass(frozen=True)
class Candidate:
    """A signatory who could join the circle: of which profession, and whether already there."""

    practice_id: UUID
    name: str
    profession: str
    place: str
    there: bool


def circle_proposal(row: Enrolment, protocol: Protocol) -> list[Candidate]:
    """The team of the project by profession of the protocol, for the circle. Three queries."""
    today = timezone.localdate()
    order = {code: number for number, code in enumerate(catalogue.professions(protocol))}
    labels = catalogue.professions(protocol)
    team = [
        one
        for one in row.project.signatories.select_related(
            "practice__professional", "practice__organisation"
        )
        if one.starts_on <= today and (one.ends_on is None or today <= one.ends_on)
    ]
    team.sort(key=lambda one: (order.get(one.profession, 99), one.practice.professional.family))
    return [
        Candidate(
            one.practice_id, one.practice.professional.name,
            labels.get(one.profession, one.profession), one.practice.organisation.name,
            in_circle(row.person_id, [one.practice_id, one.practice.organisation_id]),
        )
        for one in team
    ]  # fmt: skip


def kept_criteria(row: Enrolment, protocol: Protocol) -> list[Criterion]:
    """The criteria of an enrolment: on the day of its decision, or today before it."""
    on = row.included_on or timezone.localdate()
    return criteria(row.person, protocol, inclusion.kept_facts(row), on)


def history(row: Enrolment) -> list[EnrolmentEvent]:
    """What happened to an enrolment, newest first. One query."""
    return list(row.history.order_by("-at", "-id"))


@dataclass(frozen=True)
class Paper:
    """A document or a questionnaire that the protocol asks for: the day it was received, or
    answered, and the day it was due."""

    code: str
    label: str
    on: dt.date | None
    blocks: str = ""
    due_on: dt.date | None = None
    questionnaire_id: UUID | None = None
    """The questionnaire that the reader may start, if any."""
    there: bool = True
    """False for a questionnaire that nobody brought here yet."""

    @property
    def late(self) -> bool:
        """Not there after its day."""
        return self.on is None and self.due_on is not None and self.due_on < timezone.localdate()


def documents(row: Enrolment, shown: Shown) -> list[Paper]:
    """The documents of the protocol. One query."""
    given = {one.code: one.on for one in row.documents.order_by("-on")}
    return [
        Paper(one.code, one.label, given.get(one.code), one.blocks,
              _due(shown, one.anchor or "inclusion", one.due) if one.due else None)
        for one in shown.protocol.documents
    ]  # fmt: skip


def questionnaires(row: Enrolment, shown: Shown) -> list[Paper]:
    """The questionnaires that have fallen due, with the answer of this pathway. Three queries; none
    where the protocol asks for none."""
    asked = shown.protocol.questionnaires
    if not asked or row.included_on is None:
        return []
    codes = {one.code for one in asked}
    mine, here = papers.startable(), papers.there(codes)
    days = papers.answers([row.person_id], codes)
    made = []
    for one in asked:
        since = shown.anchors.get(one.anchor)
        due_on = _due(shown, one.anchor, one.due)
        if since is None or due_on is None:
            continue
        after = (day for day in days.get((row.person_id, one.code), []) if day >= since)
        done = next(after, None)
        if done is not None or due_on <= timezone.localdate():
            made.append(Paper(
                one.code, one.label, done, "", due_on, mine.get(one.code), one.code in here
            ))  # fmt: skip
    return made


def _due(shown: Shown, anchor: str, length: Length | None) -> dt.date | None:
    since = shown.anchors.get(anchor)
    return None if since is None else length.after(since) if length else since


def by_article(protocol: Protocol, name: str) -> str:
    """The end of a sentence: the article that the definition gives for it, if any."""
    article = catalogue.cited(protocol, name)
    return f" ({article})." if article else "."


def is_doctor() -> bool:
    """The current actor is a physician. One query."""
    holder = acting.current().holder_id
    rows = Practice.objects.select_related("professional").filter(pk__in=[holder])
    return rules.is_physician(rows.first())


@dataclass(frozen=True)
class Step:
    """One step of an inclusion: done, or what is left to do and where."""

    label: str
    done: bool
    says: str
    url: str
    button: str


def steps_of(row: Enrolment, shown: Shown, judged: list[Criterion]) -> list[Step]:
    """The way to an inclusion that may be paid; nothing for one that was refused or is over."""
    if row.status in {EnrolmentStatus.REFUSED, EnrolmentStatus.ENDED}:
        return []
    here = f"/parcours/{row.pk}/"
    left = sum(one.blocks for one in judged)
    profile = not shown.protocol.profiles or bool(row.profile)
    ready = not left and profile
    criteria_says = "tous vérifiés" if ready else (
        f"{left} critère{'s' if left > 1 else ''} à régler" if left
        else "profil à choisir, ici ou avec la décision"
    )  # fmt: skip
    doctor = Step(
        "Prescription", row.prescribed_by is not None,
        f"{row.prescribed_by.professional.name}, le {row.prescribed_on:%d/%m/%Y}"
        if row.prescribed_by else "un médecin décide ou valide"
        + by_article(shown.protocol, "inclusion").removesuffix("."),
        here + "validation/", "Valider",
    )  # fmt: skip
    steps = [
        Step("Critères et profil", ready, criteria_says, here + "criteres/", "Compléter"),
        Step("Information de la personne", row.informed_on is not None,
             f"informée le {row.informed_on:%d/%m/%Y}, ne s’oppose pas" if row.informed_on
             else "à faire avant la décision", here + "information/", "Noter sa réponse"),
        Step("Décision d’inclusion", row.included_on is not None,
             f"incluse le {row.included_on:%d/%m/%Y}" if row.included_on
             else "rien ne commence avant",
             here + "decision/", "Décider"),
        *([doctor] if shown.protocol.prescription else []),
    ]  # fmt: skip
    if row.included_on is not None:
        return [one for one in steps if not one.done]
    return steps[:3]
