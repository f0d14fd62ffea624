"""CDA documents of what a record holds: a document, a note, a version of the care plan."""

import datetime as dt
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID, uuid5

from PIL import Image

from liane.careplans import queries as plans
from liane.careplans.models import PlanVersion
from liane.careplans.versions import Frozen
from liane.core import xml
from liane.core.errors import Refused
from liane.core.files import store
from liane.core.models import StoredFile
from liane.exchange.cda import bodies, checks, gather, names
from liane.exchange.cda.facts import CarePlan, Deed, Goal, Head, Number
from liane.exchange.cda.names import Kind
from liane.patients.models import Patient
from liane.timeline.models import Document, Note

SPACE = UUID("6d5f0a3e-6a54-5c0e-8e0e-6f0a54d3b7c1")
"""Namespace of the numbers of documents: the same row at the same version, the same number."""


@dataclass(frozen=True)
class Made:
    """A CDA document: its head, its bytes."""

    head: Head
    content: bytes


def of_document(document: Document) -> Made:
    """A document of the record, its file wrapped (level 1). Raises `Refused`."""
    kind = names.DOCUMENTS[document.category]
    return of_file(
        document.file, document.person, document.title, kind, document.at, document.author_holder_id
    )


def of_file(
    stored: StoredFile, person: Patient, title: str, kind: Kind, at: dt.datetime, by: UUID | None
) -> Made:
    """A stored file wrapped (level 1). A PNG is drawn again as JPEG, which the framework takes."""
    if stored.state != StoredFile.State.SAFE:
        raise Refused("Ce fichier n’a pas encore été vérifié : recommencez dans un instant.")
    content, media = store.read_file(stored), stored.content_type
    if media == "image/png":
        content, media = _jpeg(content), "image/jpeg"
    form = names.FORMATS.get(media)
    if form is None:
        raise Refused("Ce type de fichier n’a pas de forme CDA : convertissez-le en PDF.")
    template = (Number(names.TEMPLATE_UNSTRUCTURED),)
    head = _head(stored.pk, stored.pk, 1, person, title, kind, at, by, form, template)
    return _checked(head, bodies.wrapped(head, content, media))


def of_note(note: Note) -> Made:
    """A note of the record: a section and its comment."""
    liaison = note.kind == Note.Kind.LIAISON
    kind = names.LIAISON if liaison else names.FOLLOW_UP
    title = "Note de liaison" if liaison else "Note de suivi"
    head = _head(
        note.pk, note.first_id, 1, note.person, title, kind, note.at, note.author_holder_id,
        names.FORMAT_SUMMARY, (),
    )  # fmt: skip
    return _checked(head, bodies.note(head, note.text))


def of_plan(version: PlanVersion) -> Made:
    """A version of the care plan, structured (level 3, sections of PPS-PAERPA)."""
    shown = plans.shown(version)
    verdict = version.verdicts.filter(answer="validated").order_by("-at").first()
    agreed = any(one.binds and one.answer == "agrees" for one in version.agreements.all())
    words = [one for one in plans.words_of(version.person_id, version.at) if one.for_person]
    plan = CarePlan(
        goals=[
            *(_goal(goal, problem.title) for problem in shown.problems for goal in problem.below),
            *(Goal(one.title, "") for one in shown.problems if not one.below),
            *(_goal(goal, "") for goal in (*shown.loose, *shown.wished)),
        ],
        situation=[(one.label.capitalize(), one.text) for one in shown.frame],
        wishes=[(one.get_topic_display().capitalize(), one.text) for one in words],
        validated_on=verdict.at.date() if verdict else None,
    )
    head = _head(
        version.pk, version.plan_id, version.number, version.plan.person,
        "Plan personnalisé de coordination en santé", names.PLAN, version.at,
        version.author_holder_id, names.FORMAT_PPS,
        (Number(names.TEMPLATE_PPS, names.PPS_VERSION),), consent=agreed,
    )  # fmt: skip
    return _checked(head, bodies.care_plan(head, plan))


def _goal(line: Frozen, problem: str) -> Goal:
    said = {one.name: one.text for one in line.said}
    return Goal(
        problem=problem,
        text=line.title,
        indicator=said.get("indicator", ""),
        outcome=" ".join(filter(None, (said.get("status", ""), said.get("why", "")))),
        deeds=[_deed(one) for one in line.below],
    )


def _deed(line: Frozen) -> Deed:
    said = {one.name: one.text for one in line.said}
    return Deed(
        text=line.title,
        who=said.get("who", ""),
        when=said.get("frequency", ""),
        result=said.get("result", ""),
    )


def _head(
    row: UUID, series: UUID, version: int, person: Patient, title: str, kind: Kind, at: dt.datetime,
    by: UUID | None, form: names.Code, templates: tuple[Number, ...], *, consent: bool = False,
) -> Head:  # fmt: skip
    who = gather.author(by)
    return Head(
        id=uuid5(SPACE, f"{row}/{version}"), series=series, version=version, kind=kind,
        title=title, at=at, event_at=at, subject=gather.subject(person), author=who,
        custodian=who.house, format=form, templates=templates, consent=consent,
    )  # fmt: skip


def _checked(head: Head, content: bytes) -> Made:
    wrong = checks.faults(xml.parse(content))
    if wrong:
        raise Refused(f"Ce document ne peut pas être produit : {wrong[0]}.", code="cda-made")
    return Made(head, content)


def _jpeg(content: bytes) -> bytes:
    out = BytesIO()
    Image.open(BytesIO(content), formats=("PNG",)).convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()
