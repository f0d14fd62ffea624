"""Levels, stages and ends of an accompaniment: its one declared life.

Levels and chain: missions of a DAC (CSP L.6327-2) as the national frame of coordination software
describes them: one-off support (étayage), sustained, intensive (case management); qualification →
évaluation → plan → suivi → sortie. A re-entry is a new accompaniment linked to the earlier one.
"""

import datetime as dt

from django.db import models

from liane.core.states import Machine


class Level(models.TextChoices):
    """How much support; the values are those of a request's answer."""

    ONE_OFF = "one_off", "appui ponctuel"
    SUSTAINED = "sustained", "soutenu"
    INTENSIVE = "intensive", "intensif"


class Stage(models.TextChoices):
    """Where the accompaniment is."""

    QUALIFICATION = "qualification", "qualification"
    EVALUATION = "evaluation", "évaluation"
    PLAN = "plan", "plan"
    FOLLOW_UP = "follow_up", "suivi"
    EXIT = "exit", "sortie"


class ExitReason(models.TextChoices):
    """Why it ended."""

    OBJECTIVES = "objectives", "objectifs atteints"
    RELAY = "relay", "relais pris par d’autres"
    INSTITUTION = "institution", "entrée en établissement"
    DEATH = "death", "décès"
    REFUSAL = "refusal", "refus de la personne"
    LOST = "lost", "perdue de vue"
    MOVED = "moved", "déménagement"


S = Stage
_ON_THE_WAY: dict[str, set[str]] = {
    S.QUALIFICATION: {S.EVALUATION, S.PLAN, S.FOLLOW_UP, S.EXIT},
    S.EVALUATION: {S.PLAN, S.FOLLOW_UP, S.EXIT},
    S.PLAN: {S.EVALUATION, S.FOLLOW_UP, S.EXIT},
    S.FOLLOW_UP: {S.EVALUATION, S.PLAN, S.EXIT},
}
LIFE = Machine(_ON_THE_WAY)
"""From suivi back to évaluation is the réévaluation; from sortie, nothing: re-entry opens anew."""

NOTHING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""Where a person with nothing planned stands in the order of lists: first, not to be forgotten."""
UNDATED = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
"""Where something to do without a day stands: last."""


def nothing_planned() -> dt.datetime:
    """The place of an accompaniment for which nothing is planned yet."""
    return NOTHING
