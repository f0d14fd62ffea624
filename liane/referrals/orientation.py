"""Decisions of an MDPH: taken in as requests, answered by positions, each one dated and kept.

Source: specification of the follow-up of orientations (SI-ESMS, ViaTrajectoire module PH), guide
« Suivi des décisions d’orientation » of the ANS. What the structure says in the pages and what its
software sends are the same rows.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, keys, ledger
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import StoredFile, author_of
from liane.referrals import positions, rules, sending, services, telling
from liane.referrals.models import Decision, DecisionPaper, Position, Referral
from liane.referrals.states import CLOSED, QUALIFIED, SUPPORT, Status

MOTIVE = "orientation"
PURPOSE = "mdph-decision"
QUALIFIES = frozenset({"41", "42", "43", "71", "72"})
"""Positions of somebody who looks into it: the request is taken, and to be dealt with."""


@dataclass(frozen=True)
class Told:
    """A decision as its sender says it, for one structure."""

    number: str
    national: str
    organisation_id: UUID
    sender: str = "MDPH"
    person_id: UUID | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True)
class Paper:
    """One document: its LOINC type, its bytes, how it was announced, the readable file."""

    kind: str
    content: bytes
    received: str
    shown: StoredFile


@dataclass(frozen=True)
class Standing:
    """Where the person is for the structure."""

    code: str
    motive: str
    on: dt.date
    comment: str = ""
    row: Position | None = None

    @property
    def label(self) -> str:
        """In words, with the motive."""
        why = positions.motives().get(self.motive, "")
        return f"{positions.label(self.code)} ({why})" if why else positions.label(self.code)


# ------------------------------------------------------------------ taken in
def known(number: str, organisation_id: UUID) -> Decision | None:
    """The decision of this number at this structure, within reach.

    Raises Conflict when somebody else sent it: it is not theirs to change.
    """
    rows = Decision.objects.filter(
        organisation_id=organisation_id, digest__in=keys.digests(number.strip(), purpose=PURPOSE)
    )
    found: Decision | None = (
        rows.within(Reach.of(acting.current())).select_related("referral").first()
    )
    if found is None:
        with acting.acting(acting.system("orientation : déjà reçue")):
            taken = rows.exists()
        if taken:
            raise Conflict("Cette décision a déjà été reçue d’un autre logiciel.")
    return found


def receive(said: Told, papers: Sequence[Paper] = ()) -> Referral:
    """A decision becomes a request of the structure that it names; again: its new documents join.

    The desk is told. Nothing opens: the person’s wish is asked for before any support. Raises as
    `sending.noted`, and Conflict.
    """
    if not said.number.strip():
        raise Refused("Une décision a un numéro.", field="number")
    with transaction.atomic():
        held = known(said.number, said.organisation_id)
        if held is None:
            referral = sending.noted(
                sending.Wanted(
                    motive=MOTIVE, text=said.text, person_id=said.person_id,
                    identity=said.identity, caller=said.sender,
                    channel=Referral.Channel.MDPH,
                ),
                said.organisation_id,
            )  # fmt: skip
            held = Decision(
                referral=referral, organisation_id=referral.organisation_id,
                digest=keys.digest(said.number.strip(), purpose=PURPOSE),
                **author_of(acting.current()),
            )  # fmt: skip
            held.number, held.national = said.number.strip(), said.national.strip()
            held.save(force_insert=True)
        elif said.national.strip() and not held.national:
            held.national = said.national.strip()
            held.save(update_fields=["national"])
        _join(held.referral, papers)
    return held.referral


def _join(referral: Referral, papers: Sequence[Paper]) -> None:
    for one in papers:
        digest = keys.digest(one.content.hex(), purpose=PURPOSE)
        if DecisionPaper.objects.filter(referral=referral, digest=digest).exists():
            continue
        (shown,) = sending.join(referral, [one.shown])
        row = DecisionPaper(referral=referral, kind=one.kind, digest=digest, shown=shown)
        row.content, row.received = one.content, one.received
        row.save(force_insert=True)
        ledger.wrote(referral.person_id, "referral", object_id=referral.pk, purpose="pièce")


def heard(
    referral_id: UUID, code: str, *, motive: str = "", on: dt.date, comment: str = "",
    received: str = "",
) -> Position | None:  # fmt: skip
    """What the follow-up says of it. The same word again: None.

    A cancelled notification revokes the request, a notification made anew reopens it.
    """
    with transaction.atomic():
        referral = services.locked(referral_id)
        if not rules.asked_it(acting.current(), referral):
            raise NotAllowed
        said = positions.every().get(code)
        if said is None:
            raise Refused("Cette position n’existe pas dans la nomenclature.", field="code")
        last = _rows(referral).first()
        if last is not None and (last.code, last.motive, last.on) == (code, motive, on):
            return None
        row = _write(referral, code, motive, on, comment, heard=True, received=received)
        why = comment.strip() or row.label
        if code in positions.CANCELLED and referral.status not in CLOSED | SUPPORT:
            services.revoke(referral.pk, reason=why)
        elif code == positions.AGAIN and referral.status in CLOSED:
            services.reopen(referral.pk, reason=why)
    return row


# ------------------------------------------------------------------ said by the structure
def say(
    referral_id: UUID, code: str, *, motive: str = "", on: dt.date | None = None,
    comment: str = "", expect: int | None = None,
) -> Position:  # fmt: skip
    """The desk says where the person is; the MDPH reads it.

    Looking into it takes the request and finds it in scope; an admission that cannot be refuses it,
    with the motive. Raises Refused for a position that is not the structure’s to say, one without
    the motive that it needs, or a day to come.
    """
    with transaction.atomic():
        referral = _deciding(referral_id, expect)
        coded = positions.check(code, motive)
        if coded.by != "house":
            raise Refused(
                f"« {coded.label} » suit les étapes de la demande, ou vient de la MDPH.",
                field="code",
            )
        day = on or timezone.localdate()
        if day > timezone.localdate():
            raise Refused("Cette date est dans l’avenir : corrigez-la.", field="on")
        if referral.is_closed:
            raise Refused("Cette demande est close : rouvrez-la d’abord.", field="code")
        if code in QUALIFIES and not referral.is_followed:
            _looked_into(referral)
        row = _write(referral, code, motive, day, comment)
        if code == positions.REFUSED:
            services.refuse(referral.pk, reason=comment.strip() or row.label, motive=motive)
        telling.tell("referral.position", referral)
    return row


def agree(referral_id: UUID, *, agrees: bool, on: dt.date | None = None) -> Decision:
    """What the person answered about her evaluation. Raises Refused for a day to come."""
    with transaction.atomic():
        referral = _deciding(referral_id, None)
        day = on or timezone.localdate()
        if day > timezone.localdate():
            raise Refused("Cette date est dans l’avenir : corrigez-la.", field="on")
        row: Decision = referral.decision
        row.agreed, row.agreed_on = agrees, day
        row.save(update_fields=["agreed", "agreed_on"])
        ledger.wrote(referral.person_id, "referral", object_id=referral.pk, purpose="accord")
        telling.tell("referral.position", referral)
    return row


def standing(referral: Referral) -> Standing:
    """The last position: what was said, or what a later step of the request says by itself.

    Two queries, none where both were fetched with it.
    """
    step = max(referral.history.all(), key=lambda one: (one.at, one.pk), default=None)
    last = max(referral.positions.all(), key=lambda one: (one.at, one.pk), default=None)
    code = _of_step(referral)
    if step is not None and code and (last is None or step.at > last.at):
        return Standing(code, "", timezone.localdate(step.at))
    if last is not None:
        return Standing(last.code, last.motive, last.on, last.comment, last)
    return Standing(positions.SENT, "", timezone.localdate(referral.created_at))


def said(referral: Referral) -> list[Position]:
    """Every position, the newest first. One query."""
    return list(_rows(referral))


def decision_of(referral: Referral) -> Decision | None:
    """The decision behind a request; None for any other. One query, none where it was joined."""
    return getattr(referral, "decision", None)


def _of_step(referral: Referral) -> str:
    """The position that a step of the request is by itself; nothing for the others."""
    if referral.status == Status.RECEIVED:
        return positions.READ
    if referral.status in {Status.SUSTAINED, Status.INTENSIVE}:
        return positions.ENTERED
    if referral.status == Status.DONE and referral.outcome in {Status.SUSTAINED, Status.INTENSIVE}:
        return positions.LEFT
    return ""


def _looked_into(referral: Referral) -> None:
    if referral.status == Status.SENT:
        services.take(referral.pk)
    if referral.status not in QUALIFIED - {Status.OUT_OF_SCOPE}:
        services.qualify(referral.pk, Status.IN_SCOPE)


def _deciding(referral_id: UUID, expect: int | None) -> Referral:
    referral = services.locked(referral_id)
    if decision_of(referral) is None:
        raise Http404
    if expect is not None and referral.version != expect:
        raise Conflict("Un collègue a agi entre-temps : relisez la demande.")
    if not rules.decides(acting.current(), referral):
        raise NotAllowed("La position se dit par la structure désignée.")
    return referral


def _rows(referral: Referral) -> QuerySet[Position]:
    rows: QuerySet[Position] = Position.objects.filter(referral=referral)
    return rows.order_by("-at", "-id")


def _write(
    referral: Referral, code: str, motive: str, on: dt.date, comment: str, *,
    heard: bool = False, received: str = "",
) -> Position:  # fmt: skip
    row = Position(
        referral=referral, code=code, motive=motive, on=on, heard=heard,
        **author_of(acting.current()),
    )  # fmt: skip
    row.comment, row.received = comment.strip()[:1000], received
    row.save(force_insert=True)
    ledger.wrote(referral.person_id, "referral", object_id=referral.pk, purpose="position")
    return row
