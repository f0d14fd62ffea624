"""A record opened in error by software, and of which nothing was made: undone, never destroyed."""

from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from liane.circle.models import Grant, Membership
from liane.circle.services.membership import close
from liane.core import acting
from liane.core.errors import Conflict
from liane.patients.models import IdentityEvent, Patient, PatientTrigram
from liane.patients.services import forget

OPENING: frozenset[type[Model]] = frozenset({Membership, Grant, IdentityEvent, PatientTrigram})
"""What opening a record writes by itself. A model that only repeats it says ``repeats = True``."""


def undo(person_id: UUID, *, reason: str) -> None:
    """Close a record that the actor opened, alone in it and with nothing attached.

    The identity is blanked; its history, the journal and the ledger keep what was done. Raises
    Conflict where somebody else was let in, or anything was written about the person.
    """
    actor = acting.current()
    with transaction.atomic():
        with acting.acting(acting.system("record undone")):
            members = list(Membership.objects.filter(person_id=person_id))
            attached = _attached(person_id)
        mine = [one for one in members if one.holder_id in actor.holders
                and one.author_holder_id in actor.holders]  # fmt: skip
        if len(members) != 1 or len(mine) != 1 or mine[0].ground != Membership.Ground.SOURCE:
            raise Conflict(
                "Ce dossier n’est pas à vous seul : quittez le cercle, il reste aux autres."
            )
        if attached:
            raise Conflict(
                "Quelque chose est écrit dans ce dossier : il ne s’efface pas. Corrigez "
                "l’identité, ou réunissez-le avec le bon dossier."
            )
        forget(person_id, reason=reason)
        close(mine[0], Membership.Status.LEFT, "circle.left", reason)


def _attached(person_id: UUID) -> bool:
    """True when a row of any room is about this person, besides those of its opening."""
    for model in apps.get_models():
        if not model._meta.managed or model in OPENING or getattr(model, "repeats", False):
            continue
        for field in model._meta.concrete_fields:
            is_person = field.related_model is Patient
            if is_person and model._base_manager.filter(**{field.attname: person_id}).exists():
                return True
    return False
