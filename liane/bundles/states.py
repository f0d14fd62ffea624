"""The states of money: of a sequence on the work list, of a line after its invoice left."""

from django.db import models

from liane.core.states import Machine


class Stage(models.TextChoices):
    """Where a sequence stands on its way to the money."""

    WAITING = "waiting", "en cours"
    CHECK = "check", "à vérifier"
    READY = "ready", "prête"
    PREPARED = "prepared", "préparée"
    ISSUED = "issued", "facturée"
    PARTLY = "partly", "payée en partie"
    PAID = "paid", "payée"
    REJECTED = "rejected", "rejet à traiter"
    CHANGED = "changed", "à rectifier"
    CLOSED = "closed", "sans suite"


_EVERY = set(Stage.values)
LIFE = Machine({stage: _EVERY - {stage} for stage in Stage.values})
"""A projection: facts may move a sequence from any stage to any other, each time with a row."""


class LineState(models.TextChoices):
    """What became of one line of an invoice."""

    SENT = "sent", "attendue"
    PAID = "paid", "payée"
    PARTLY = "partly", "payée en partie"
    REJECTED = "rejected", "rejetée"
    REISSUED = "reissued", "refacturée"
    CANCELLED = "cancelled", "annulée par avoir"
    SETTLED = "settled", "écart expliqué"


L = LineState
LINE = Machine(
    {
        L.SENT: {L.PAID, L.PARTLY, L.REJECTED, L.CANCELLED},
        L.PARTLY: {L.PAID, L.PARTLY, L.REJECTED, L.SETTLED, L.CANCELLED},
        L.REJECTED: {L.PAID, L.PARTLY, L.REISSUED, L.CANCELLED, L.SETTLED},
        L.PAID: {L.PARTLY, L.CANCELLED},
    }
)
"""A payer may come back on what it said; what was billed again or cancelled moves no more."""
