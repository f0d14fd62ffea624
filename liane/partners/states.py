"""The declared lives of a relation between two organisations, of a campaign, of an unmet need."""

from django.db import models

from liane.core.states import Machine


class Relation(models.TextChoices):
    """Where an organisation is with a partner."""

    TO_MEET = "to_meet", "à rencontrer"
    TALKING = "talking", "en discussion"
    PARTNER = "partner", "partenaire"
    PAUSED = "paused", "en pause"
    ENDED = "ended", "terminée"


R = Relation
RELATION = Machine(
    {
        R.TO_MEET: {R.TALKING, R.PARTNER, R.ENDED},
        R.TALKING: {R.PARTNER, R.TO_MEET, R.ENDED},
        R.PARTNER: {R.PAUSED, R.ENDED},
        R.PAUSED: {R.PARTNER, R.ENDED},
        R.ENDED: {R.TALKING},
    }
)
EXPLAINED = frozenset({R.PAUSED, R.ENDED})
"""Steps that say why."""


class Campaign(models.TextChoices):
    """Where a campaign is."""

    DRAFT = "draft", "en préparation"
    RUNNING = "running", "en cours"
    CLOSED = "closed", "terminée"


CAMPAIGN = Machine(
    {
        Campaign.DRAFT: {Campaign.RUNNING, Campaign.CLOSED},
        Campaign.RUNNING: {Campaign.CLOSED},
        Campaign.CLOSED: {Campaign.RUNNING},
    }
)


class Outcome(models.TextChoices):
    """What became of one organisation of a campaign: its last attempt."""

    TO_REACH = "to_reach", "à joindre"
    MAILED = "mailed", "courriel parti"
    FAILED = "failed", "courriel refusé"
    NO_ANSWER = "no_answer", "sans réponse, à rappeler"
    REACHED = "reached", "jointe, réponse attendue"
    YES = "yes", "d’accord"
    NO = "no", "ne souhaite pas"


ANSWERED = frozenset({Outcome.YES, Outcome.NO})
BY_HAND = (Outcome.REACHED, Outcome.YES, Outcome.NO, Outcome.NO_ANSWER)
"""Outcomes that somebody notes; the others are the machine's."""


class Unmet(models.TextChoices):
    """Where a need is that nobody answered."""

    OPEN = "open", "sans réponse"
    MET = "met", "trouvé depuis"
    DROPPED = "dropped", "n’est plus d’actualité"


UNMET = Machine({Unmet.OPEN: {Unmet.MET, Unmet.DROPPED}, Unmet.MET: {Unmet.OPEN},
                 Unmet.DROPPED: {Unmet.OPEN}})  # fmt: skip
