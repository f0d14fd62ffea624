"""Who does what in a pathway; predicates that read as sentences."""

from uuid import UUID

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.errors import NotAllowed
from liane.directory.models import Practice

Role = Practice.Role
RUNNERS = frozenset({Role.COORDINATOR, Role.MANAGER})
"""Roles that keep the file of a project: signatures, transmissions, payees."""
READERS = frozenset({*RUNNERS, Role.CARE, Role.CASE_MANAGER, Role.BILLING, Role.SECRETARY})
"""Roles that see the project of their structure."""
PAYERS = frozenset({*RUNNERS, Role.BILLING})
"""Roles that enter bank details."""
FOLLOWERS = frozenset({Role.COORDINATOR, Role.CASE_MANAGER, Role.CARE})
"""Roles that follow who is in the pathways of their structure."""
PHYSICIAN = "10"
"""Profession of a doctor in the national nomenclature (TRE_G15)."""
ORDERED = frozenset({"10", "40", "50", "70", "21", "60", "80"})
"""Professions whose order is told of a signature (CSS R.162-132): doctors, dental surgeons,
midwives, physiotherapists, pharmacists, nurses, chiropodists."""


def reads_projects(actor: Actor) -> bool:
    """Somebody who sees the projects of their structure."""
    return actor.role in READERS and actor.organisation_id is not None


def runs(actor: Actor, organisation_id: UUID) -> bool:
    """Keeps the project files of this structure."""
    return actor.is_system or (actor.role in RUNNERS and actor.organisation_id == organisation_id)


def require_runs(actor: Actor, organisation_id: UUID) -> None:
    """Raise NotAllowed otherwise."""
    if not runs(actor, organisation_id):
        raise NotAllowed("Le dossier du projet est tenu par la coordination et la direction.")


def pays(actor: Actor, organisation_id: UUID) -> bool:
    """Enters bank details for this structure."""
    return actor.is_system or (actor.role in PAYERS and actor.organisation_id == organisation_id)


def follows(actor: Actor) -> bool:
    """Has a list of those in the pathways of the structure."""
    return actor.role in FOLLOWERS and actor.organisation_id is not None


def may_include(actor: Actor, organisation_id: UUID, person_id: UUID) -> bool:
    """Works in the responsible structure and writes this record (CSS R.162-138)."""
    if actor.is_system:
        return True
    here = actor.organisation_id == organisation_id and actor.role in FOLLOWERS
    return here and Reach.of(actor).may_write(Area.INTERVENTION, person_id)


def reads_facts(actor: Actor) -> bool:
    """Reads the facts behind each criterion: they are clinical, an enrolment is not."""
    return bool(actor.read.get(Area.CLINICAL_NOTE))


def is_physician(practice: Practice | None) -> bool:
    """A doctor: their decision of inclusion is the prescription."""
    return practice is not None and practice.professional.profession == PHYSICIAN
