"""A project that runs takes a version that only completes its own, and its enrolments with it.

Each case keeps the version under which it was decided, but for this: what no source gave was
completed since, and nothing that was stated changed (`protocols.filling`). Invoices and answers
that were kept keep the version that they name.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F

from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.pathways import catalogue
from liane.pathways.models import Enrolment, EnrolmentEvent, Project, ProtocolVersion
from liane.pathways.protocols.filling import filling
from liane.pathways.protocols.format import Protocol
from liane.pathways.services.projects import mine, told
from liane.pathways.states import EnrolmentStatus, VersionStatus

SAID = 4
"""Changed fields that a refusal names at most."""
BATCH = 1_000


def usable(project: Project, number: str) -> Protocol | None:
    """A version that the structure of the project published, not withdrawn; None otherwise."""
    row = ProtocolVersion.objects.filter(
        organisation_id=project.organisation_id, key=project.protocol_key, number=number,
        status=VersionStatus.PUBLISHED,
    ).first()  # fmt: skip
    return catalogue.of_version(row) if row is not None else None


def take(project_id: UUID, number: str) -> int:
    """The project follows a version that only completes its own; so does whoever is in it, those
    whose pathway ended included, for what was not billed waits for the same values. Gives how many
    enrolments followed. Saying it again is refused, as there is nothing left to follow.

    Raises Http404, NotAllowed for who does not keep the project, Refused for a version that
    changes anything stated, that completes nothing, or that the structure did not publish.
    """
    actor = acting.current()
    who = author_of(actor)
    with transaction.atomic():
        project = mine(project_id)
        after = usable(project, number)
        if after is None:
            raise Refused("Votre structure n’a publié aucune version de ce numéro.")
        before = catalogue.of_project(project)
        if before.version != after.version:
            require_only_fills(before, after)
            project.protocol_version, project.version = after.version, project.version + 1
            project.save(update_fields=["protocol_version", "version"])
            project.history.create(
                before=project.status, after=project.status, reason=_reason(before, after), **who
            )
        with acting.acting(acting.system("version complétée d’un protocole")):
            moved = _follow(_followers(project, after), after, who)
        if before.version == after.version and not moved:
            raise Refused("Le projet suit déjà cette version.")
        told(project, "pathway.project")
    return moved


def require_only_fills(before: Protocol, after: Protocol) -> None:
    """Raise Refused, naming what changes, unless ``after`` only fills the gaps of ``before``."""
    found = filling(before, after)
    if found.changed:
        more = len(found.changed) - SAID
        named = ", ".join(f"« {path} »" for path in found.changed[:SAID])
        rest = f" et {more} autre{'s' if more > 1 else ''}" if more > 0 else ""
        raise Refused(
            f"La version {after.version} change ce que la version {before.version} dit déjà : "
            f"{named}{rest}. Un parcours qui court ne reprend qu’une version qui complète ce qui "
            "manquait : préparez-en une à partir de la version du projet."
        )
    if not found.filled:
        raise Refused(f"La version {after.version} ne complète rien de plus.")


def _followers(project: Project, after: Protocol) -> list[Enrolment]:
    """Those of the project under a version that ``after`` only completes. Two queries."""
    rows = list(
        Enrolment.objects.select_for_update(of=("self",))
        .filter(project=project)
        .exclude(protocol_version=after.version)
        .exclude(status=EnrolmentStatus.REFUSED)
        .order_by("pk")
    )
    held = catalogue.of_enrolments(rows)
    fills = {id(one): filling(one, after).only_fills for one in held.values()}
    return [row for row in rows if row.pk in held and fills[id(held[row.pk])]]


def _follow(rows: Iterable[Enrolment], after: Protocol, who: dict[str, object]) -> int:
    """Set the version on these, each with its dated row: a run settles them again for it."""
    found = list(rows)
    for start in range(0, len(found), BATCH):
        some = found[start : start + BATCH]
        Enrolment.objects.filter(pk__in=[row.pk for row in some]).update(
            protocol_version=after.version, version=F("version") + 1, refreshed_on=None
        )
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(
                enrolment=row, before=row.status, after=row.status, **who,
                reason=f"Règles complétées : de {row.protocol_version} à {after.version}",
            )
            for row in some
        )  # fmt: skip
    return len(found)


def _reason(before: Protocol, after: Protocol) -> str:
    return f"Version complétée : de {before.version} à {after.version}"
