"""Verbs of the INSi service: ask, take the identity it gives (« récupérée »), or leave it."""

import json
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.exchange import insi
from liane.exchange.insi import soap
from liane.exchange.models import InsiAnswer
from liane.exchange.outside import Unreachable
from liane.patients.models import Patient
from liane.patients.services import set_ins

Outcome = InsiAnswer.Outcome
OUTCOMES = {soap.ONE: Outcome.ONE, soap.NONE: Outcome.NONE, soap.SEVERAL: Outcome.SEVERAL}
OFF = "Le téléservice INSi n’est pas configuré sur cette installation."


def ask(person_id: UUID) -> InsiAnswer:
    """Ask the service who the person is; its answer changes nothing by itself.

    Raises `Refused` (not configured, traits missing, an identity beyond that step), `NotAllowed`,
    Http404.
    """
    require_write(person_id, Area.IDENTITY)
    actor = acting.current()
    if actor.professional_id is None:
        raise NotAllowed("Demandez à un professionnel du cercle d’interroger INSi.")
    if not insi.ready():
        raise Refused(OFF)
    person = Patient.objects.get(pk=person_id)
    outcome, identity = _asked(person)
    row = InsiAnswer(
        person_id=person_id,
        outcome=outcome,
        identity=json.dumps(identity.plain()) if identity else "",
        settled_at=None if identity else timezone.now(),
        **author_of(actor),
    )
    with transaction.atomic():
        row.save(force_insert=True)
        ledger.wrote(person_id, "insi", object_id=row.pk, purpose="interrogation d’INSi")
    return row


def _asked(person: Patient) -> tuple[str, soap.Identity | None]:
    try:
        answer = insi.client().by_traits(person)
    except Unreachable:
        return Outcome.FAILED, None
    return OUTCOMES[answer.code], answer.identity


def take(answer_id: UUID) -> Patient:
    """Take the identity of an answer: the record becomes « récupérée », its strict traits those of
    the service. Qualifying still asks for a trusted document (`ins.STATUS`).

    Raises `Refused` (settled meanwhile, a step that is not open, a matricule of another record).
    """
    row = open_or_404(answer_id)
    require_write(row.person_id, Area.IDENTITY)
    identity = identity_of(row)
    if identity is None:
        raise Refused("Cette réponse ne donne pas d’identité.")
    with transaction.atomic():
        _settle(row, taken=True)
        return set_ins(
            row.person_id,
            Patient.InsStatus.RETRIEVED,
            matricule=identity.number(),
            strict=identity.traits(),
            reason="téléservice INSi",
        )


def leave(answer_id: UUID) -> InsiAnswer:
    """It is not this person: the answer's content goes. Raises `Refused`, Http404."""
    row = open_or_404(answer_id)
    require_write(row.person_id, Area.IDENTITY)
    with transaction.atomic():
        _settle(row, taken=False)
        ledger.wrote(row.person_id, "insi", object_id=row.pk, purpose="réponse d’INSi écartée")
    return row


def open_or_404(answer_id: UUID) -> InsiAnswer:
    """An answer within reach. Raises Http404."""
    rows = InsiAnswer.objects.within(Reach.of(acting.current())).select_related("person")
    row: InsiAnswer | None = rows.filter(pk=answer_id).first()
    if row is None:
        raise Http404
    return row


def identity_of(row: InsiAnswer) -> soap.Identity | None:
    """The identity that waits in an answer."""
    return soap.Identity(**json.loads(row.identity)) if row.identity else None


def _settle(row: InsiAnswer, *, taken: bool) -> None:
    locked = InsiAnswer.objects.select_for_update().get(pk=row.pk)
    if locked.settled_at is not None:
        raise Refused("Cette réponse a déjà été traitée.")
    locked.settled_at, locked.taken = timezone.now(), taken
    locked.settled_by, locked.identity = acting.current().label[:200], ""
    locked.save()
