"""The one declared life of a request, and of a search for a professional.

sent → received → qualified (in scope, out of scope, duplicate, already followed) → answered by
information, onward referral, one-off support (étayage), sustained, intensive (case management) →
done; refused or revoked with a reason; reopened. Source: missions of a DAC (CSP L.6327-2).
"""

from django.db import models

from liane.core.states import Machine


class Status(models.TextChoices):
    """Where a request is."""

    SENT = "sent", "envoyée"
    RECEIVED = "received", "reçue"
    REOPENED = "reopened", "rouverte"
    IN_SCOPE = "in_scope", "à traiter"
    OUT_OF_SCOPE = "out_of_scope", "hors champ"
    DUPLICATE = "duplicate", "doublon"
    FOLLOWED = "followed", "déjà suivie"
    INFORMATION = "information", "information donnée"
    ONWARD = "onward", "orientée"
    ONE_OFF = "one_off", "appui ponctuel"
    SUSTAINED = "sustained", "accompagnement soutenu"
    INTENSIVE = "intensive", "accompagnement intensif"
    DONE = "done", "terminée"
    REFUSED = "refused", "refusée"
    REVOKED = "revoked", "annulée"


S = Status
NEW = frozenset({S.SENT, S.RECEIVED, S.REOPENED})
QUALIFIED = frozenset({S.IN_SCOPE, S.OUT_OF_SCOPE, S.DUPLICATE, S.FOLLOWED})
SUPPORT = frozenset({S.ONE_OFF, S.SUSTAINED, S.INTENSIVE})
GUIDED = frozenset({S.INFORMATION, S.ONWARD})
ANSWERS = SUPPORT | GUIDED
CLOSED = frozenset({S.DONE, S.REFUSED, S.REVOKED})
RETURNED = ANSWERS | {S.REFUSED}
"""Steps that owe their author's words to the requester and to the attending doctor."""
EXPLAINED = frozenset({S.OUT_OF_SCOPE, S.DUPLICATE, S.FOLLOWED, S.REFUSED, S.REVOKED, S.REOPENED})
"""Steps that say why."""

_QUALIFY: set[str] = set(QUALIFIED) | {S.REFUSED, S.REVOKED}
_STEPS: dict[str, set[str]] = {
    S.SENT: {S.RECEIVED, S.REFUSED, S.REVOKED},
    S.RECEIVED: _QUALIFY,
    S.REOPENED: _QUALIFY,
    S.IN_SCOPE: set(ANSWERS) | {S.OUT_OF_SCOPE, S.DUPLICATE, S.FOLLOWED, S.REFUSED, S.REVOKED},
    S.OUT_OF_SCOPE: set(GUIDED) | {S.IN_SCOPE, S.REFUSED, S.REVOKED},
    S.DUPLICATE: {S.INFORMATION, S.IN_SCOPE, S.REFUSED, S.REVOKED},
    S.FOLLOWED: set(ANSWERS) | {S.IN_SCOPE, S.REFUSED, S.REVOKED},
    S.INFORMATION: {S.DONE},
    S.ONWARD: {S.DONE},
    S.ONE_OFF: {S.SUSTAINED, S.INTENSIVE, S.DONE},
    S.SUSTAINED: {S.ONE_OFF, S.INTENSIVE, S.DONE},
    S.INTENSIVE: {S.ONE_OFF, S.SUSTAINED, S.DONE},
    S.DONE: {S.REOPENED},
    S.REFUSED: {S.REOPENED},
    S.REVOKED: {S.REOPENED},
}
LIFE = Machine(_STEPS)
STAGES = {
    S.SENT: "take",
    S.RECEIVED: "qualify",
    S.REOPENED: "qualify",
    S.IN_SCOPE: "answer",
    S.OUT_OF_SCOPE: "answer",
    S.DUPLICATE: "answer",
    S.FOLLOWED: "answer",
    S.INFORMATION: "close",
    S.ONWARD: "close",
}
"""What a request in each state waits for; in the others nothing presses."""


class Quest(models.TextChoices):
    """Where a search for a professional is."""

    OPEN = "open", "proposée aux cabinets proches"
    WIDER = "wider", "élargie"
    DESK = "desk", "confiée à l’appui"
    ACCEPTED = "accepted", "acceptée"
    CANCELLED = "cancelled", "annulée"


Q = Quest
QUEST = Machine(
    {
        Q.OPEN: {Q.WIDER, Q.ACCEPTED, Q.CANCELLED},
        Q.WIDER: {Q.DESK, Q.ACCEPTED, Q.CANCELLED},
        Q.DESK: {Q.ACCEPTED, Q.CANCELLED},
    }
)
SEEKING = (Q.OPEN, Q.WIDER, Q.DESK)
