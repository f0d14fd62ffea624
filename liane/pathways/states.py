"""Declared lives of a project, of an enrolment, of a session due and of a confirmation.

Project: CSS R.162-131 to R.162-136. Enrolment: R.162-138. A new enrolment of the same person is
another row; whether one may be opened again is the protocol's (`renewal`).
"""

from django.db import models

from liane.core.states import Machine


class Category(models.TextChoices):
    """Structures that may be responsible for the coordination (CSS D.162-34, 1° to 9°)."""

    HOSPITAL = "es", "établissement de santé"
    ESMS = "esms", "établissement ou service médico-social dispensant des soins"
    CDS = "cds", "centre de santé"
    MSP = "msp", "maison de santé constituée en SISA"
    SPECIALISED = "ess", "équipe de soins spécialisés"
    CPTS = "cpts", "communauté professionnelle territoriale de santé"
    DAC = "dac", "dispositif d’appui à la coordination"
    MDPH = "mdph", "maison départementale des personnes handicapées"
    PMI = "pmi", "service de protection maternelle et infantile"


class ProjectStatus(models.TextChoices):
    """Where the project of a pathway is."""

    DRAFT = "draft", "en préparation"
    SIGNED = "signed", "signé par tous"
    TRANSMITTED = "transmitted", "transmis à l’ARS et à la CPAM"
    RUNNING = "running", "en vigueur"
    NOTICE = "notice", "mis en demeure"
    OPPOSED = "opposed", "opposition de l’ARS"
    ENDED = "ended", "terminé"


class EnrolmentStatus(models.TextChoices):
    """Where somebody is in a pathway."""

    PROPOSED = "proposed", "proposée"
    INCLUDED = "included", "en cours"
    SUSPENDED = "suspended", "suspendue"
    REFUSED = "refused", "refusée"
    ENDED = "ended", "terminée"


READ = (EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED, EnrolmentStatus.ENDED)
"""Enrolments that have facts to settle."""


class EndReason(models.TextChoices):
    """Why an enrolment ended."""

    COMPLETED = "completed", "parcours achevé"
    DROP_OUT = "drop_out", "abandon"
    DEATH = "death", "décès"
    MOVE = "move", "déménagement"
    REFUSAL = "refusal", "refus ou opposition de la personne"
    MEDICAL = "medical", "contre-indication ou décision médicale"
    ESCALATION = "escalation", "orientation vers un autre parcours"


class SessionState(models.TextChoices):
    """What became of an intervention due."""

    DUE = "due", "à faire"
    PLANNED = "planned", "planifiée"
    DONE = "done", "faite"
    LATE = "late", "en retard"
    MISSED = "missed", "manquée"
    CANCELLED = "cancelled", "sans objet"


class ConfirmationStatus(models.TextChoices):
    """What the professional said of an act that somebody else entered in their name."""

    PENDING = "pending", "à confirmer"
    CONFIRMED = "confirmed", "confirmée"
    CONTESTED = "contested", "contestée"


class SlotStatus(models.TextChoices):
    """Where the proposal of a common slot is."""

    OPEN = "open", "en attente de réponses"
    PLANNED = "planned", "planifié"
    REFUSED = "refused", "ne convient pas"
    WITHDRAWN = "withdrawn", "retiré"
    LAPSED = "lapsed", "resté sans réponse"


class SlotAnswer(models.TextChoices):
    """What a professional said of a slot."""

    WAITING = "waiting", "pas encore répondu"
    YES = "yes", "d’accord"
    NO = "no", "ne peut pas"


class VersionStatus(models.TextChoices):
    """Where a version of a protocol is in a structure's hands."""

    DRAFT = "draft", "brouillon"
    PUBLISHED = "published", "publiée"
    WITHDRAWN = "withdrawn", "retirée"


P, E, S = ProjectStatus, EnrolmentStatus, SessionState
_PROJECT: dict[str, set[str]] = {
    P.DRAFT: {P.SIGNED, P.ENDED},
    P.SIGNED: {P.TRANSMITTED, P.RUNNING, P.DRAFT, P.ENDED},
    P.TRANSMITTED: {P.RUNNING, P.OPPOSED, P.ENDED},
    P.RUNNING: {P.NOTICE, P.OPPOSED, P.ENDED},
    P.NOTICE: {P.RUNNING, P.ENDED},
    P.OPPOSED: {P.DRAFT, P.ENDED},
}
PROJECT = Machine(_PROJECT)
_ENROLMENT: dict[str, set[str]] = {
    E.PROPOSED: {E.INCLUDED, E.REFUSED, E.ENDED},
    E.INCLUDED: {E.SUSPENDED, E.ENDED},
    E.SUSPENDED: {E.INCLUDED, E.ENDED},
}
ENROLMENT = Machine(_ENROLMENT)
RUNNING = (E.INCLUDED, E.SUSPENDED)
LIVING = (E.PROPOSED, E.INCLUDED, E.SUSPENDED)
_SESSION: dict[str, set[str]] = {
    S.DUE: {S.PLANNED, S.DONE, S.LATE, S.MISSED, S.CANCELLED},
    S.PLANNED: {S.DUE, S.DONE, S.LATE, S.MISSED, S.CANCELLED},
    S.LATE: {S.PLANNED, S.DONE, S.MISSED, S.CANCELLED},
    S.MISSED: {S.DONE, S.CANCELLED},
    S.DONE: {S.DUE, S.LATE},
}
SESSION = Machine(_SESSION)
"""From done back to due or late: the act was undone, or contested."""
OPEN_SESSIONS = (S.DUE, S.PLANNED, S.LATE)
_CONFIRMATION: dict[str, set[str]] = {
    ConfirmationStatus.PENDING: {ConfirmationStatus.CONFIRMED, ConfirmationStatus.CONTESTED},
    ConfirmationStatus.CONTESTED: {ConfirmationStatus.CONFIRMED},
}
CONFIRMATION = Machine(_CONFIRMATION)
_SLOT: dict[str, set[str]] = {
    SlotStatus.OPEN: {
        SlotStatus.PLANNED, SlotStatus.REFUSED, SlotStatus.WITHDRAWN, SlotStatus.LAPSED,
    },
}  # fmt: skip
SLOT = Machine(_SLOT)
_VERSION: dict[str, set[str]] = {
    VersionStatus.DRAFT: {VersionStatus.PUBLISHED, VersionStatus.WITHDRAWN},
    VersionStatus.PUBLISHED: {VersionStatus.WITHDRAWN},
}
VERSION = Machine(_VERSION)
