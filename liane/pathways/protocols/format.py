"""The protocol definition: one versioned file says eligibility, phases, acts and money.

``Protocol`` is what a YAML file of ``liane/pathways/data`` becomes once read. Each rule has an
``id`` and an ``article``, which lines and refusals cite. The JSON Schema that authors use is made
from these classes (``schema.py``).
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from liane.pathways.protocols.criteria import Criterion, Cumulation, Fact, Renewal
from liane.pathways.protocols.money import Dropout, PatientShare, Sharing
from liane.pathways.protocols.phases import (
    ActType,
    Anchor,
    Cap,
    Days,
    Phase,
    Profession,
    Profile,
    Window,
)
from liane.pathways.protocols.stories import Example
from liane.pathways.protocols.values import Amount, Id, Length, Mark, Strict, Text

FORMAT = 1
STRUCTURES = {
    "es": "établissement de santé",
    "esms": "établissement ou service médico-social avec soins",
    "cds": "centre de santé",
    "msp": "maison de santé en SISA",
    "ess": "équipe de soins spécialisée",
    "cpts": "CPTS",
    "dac": "DAC",
    "mdph": "MDPH",
    "pmi": "PMI",
}
"""The nine categories of article D. 162-34 CSS, in its order."""
Structure = Literal["es", "esms", "cds", "msp", "ess", "cpts", "dac", "mdph", "pmi"]


class Source(Strict):
    """Where a rule was read, when, and how far it can be trusted."""

    id: Id
    text: Text
    ref: Text
    checked: dt.date
    mark: Mark


class Legal(Strict):
    """The text in force."""

    reference: Text
    nor: Annotated[str, Field(pattern=r"^[A-Z]{4}[0-9]{7}[A-Z]$")] | None = None
    articles: tuple[Text, ...] = ()


class Alert(Strict):
    """What coordinators are warned of.

    ``missed``: ``count`` sessions missed in a row. ``silence``: ``days`` without any act.
    ``stay``: the person is in hospital. ``deadline``: a sequence ends in ``days``. ``late``: a
    session due has been late for ``days``.
    """

    id: Id
    label: Text
    kind: Literal["missed", "silence", "stay", "deadline", "late"]
    days: Days | None = None
    count: Annotated[int, Field(ge=1, le=100)] | None = None
    source: Id | None = None


class Document(Strict):
    """A document due. ``blocks``: what waits for it."""

    code: Id
    label: Text
    due: Length | None = None
    anchor: Id | None = None
    blocks: Literal["inclusion", "billing", "nothing"] = "nothing"
    article: Text | None = None
    source: Id | None = None


class Questionnaire(Strict):
    """A questionnaire proposed ``due`` after ``anchor``."""

    code: Id
    label: Text
    anchor: Id
    due: Length | None = None
    source: Id | None = None


class Delay(Strict):
    """A delay of the file of a project, and the article that sets it."""

    length: Length
    article: Text
    source: Id | None = None


class ProjectFile(Strict):
    """What the text asks of the file of a project, when it asks for one.

    ``sent_to``: who receives it once all have signed. ``review``: the silence of the ARS that is no
    opposition. ``amendment``: how long one may take to send a change. ``notice``: how long a formal
    notice leaves. The others are articles, cited where they are applied: ``orders`` are told of
    signatures, the CPAM gives ``numbers`` to those without a convention, the ``inclusion`` by a
    physician is the prescription, ``funding`` needs a project that was not opposed, each is paid by
    the fund (``payment``), the person's ``share`` is all that may be asked, ``papers`` come with
    the bill.
    """

    sent_to: tuple[Literal["ars", "cpam"], ...] = ()
    signed: Text | None = None
    review: Delay | None = None
    amendment: Delay | None = None
    notice: Delay | None = None
    orders: Text | None = None
    numbers: Text | None = None
    inclusion: Text | None = None
    funding: Text | None = None
    payment: Text | None = None
    share: Text | None = None
    papers: Text | None = None


class Suspended(Strict):
    """What a suspension does: ``extends`` pushes the limits by its days; acts in it are refused."""

    extends: bool
    article: Text
    source: Id | None = None


class Protocol(Strict):
    """A definition, whole. ``key`` names the pathway, ``version`` this text of it.

    ``totals``: what the whole pathway is worth by profile, where a text says so without saying how
    the sequences divide it; the amounts of the sequences, once all known, must make that sum.
    ``project``: without it, a project runs as soon as all have signed, and no clock runs.
    """

    format: Annotated[Literal[1], Field(alias="schema")]
    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,58}$")]
    version: Annotated[str, Field(pattern=r"^[0-9]{4}(-[0-9]{2})?([.-][0-9a-z]{1,20})?$")]
    title: Text
    summary: Text | None = None
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    legal: Legal
    valid_from: dt.date
    valid_to: dt.date | None = None
    payer: Literal["cpam", "ars_fir", "assurance_maladie"]
    paid_to: Literal["professionals", "structure"] = "professionals"
    structures: tuple[Structure, ...] = ()
    project: ProjectFile | None = None
    prescription: Text | None = None
    overseas_coefficient: Annotated[str, Field(pattern=r"^[0-9]\.[0-9]{2}$")] = "1.00"
    renewal: Renewal | None = None
    cumulation: Cumulation = Cumulation()
    professions: tuple[Profession, ...] = ()
    acts: Annotated[tuple[ActType, ...], Field(min_length=1, max_length=500)]
    facts: tuple[Fact, ...] = ()
    eligibility: tuple[Criterion, ...] = ()
    profiles: tuple[Profile, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    totals: dict[Id, Amount] = {}
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)]
    windows: tuple[Window, ...] = ()
    caps: tuple[Cap, ...] = ()
    sharing: Sharing | None = None
    dropout: tuple[Dropout, ...] = ()
    patient_share: PatientShare
    suspended: Suspended | None = None
    alerts: tuple[Alert, ...] = ()
    documents: tuple[Document, ...] = ()
    questionnaires: tuple[Questionnaire, ...] = ()
    examples: tuple[Example, ...] = ()
    notes: tuple[Text, ...] = ()
