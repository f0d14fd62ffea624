"""Who or what can be a member: a practice, an organisation, a post."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from liane.core.errors import Refused
from liane.core.prepared import prepared
from liane.directory.models import Organisation, Post, Practice

Holder = Practice | Organisation | Post
GONE = "Ce professionnel ou cette structure n’existe plus."


@dataclass(frozen=True)
class Place:
    """A holder with what rules need to know of it."""

    holder: Holder
    organisation: Organisation

    @property
    def field(self) -> str:
        """The membership's column for this holder."""
        return type(self.holder).__name__.lower()

    @property
    def outside_team(self) -> bool:
        """True when law asks for consent: not a member of a care team by its mission.

        CSP L.1110-12 and R.1110-2: social and home-help workers, and the staff of structures
        that are not of health, read what concerns them only.
        """
        if isinstance(self.holder, Practice) and self.holder.role == Practice.Role.SOCIAL:
            return True
        return not self.organisation.is_health

    @property
    def opposable(self) -> dict[str, set[UUID]]:
        """What an opposition may name to keep this holder out, by column."""
        organisations = {self.organisation.pk}
        if isinstance(self.holder, Practice):
            kin = Practice.objects.filter(professional_id=self.holder.professional_id)
            return {
                "organisation": organisations,
                "practice": set(kin.values_list("pk", flat=True)),
            }
        return {"organisation": organisations, "practice": set()}


@prepared
def _practice(holder_id: UUID) -> QuerySet[Practice]:
    rows = Practice.objects.select_related("organisation", "professional")
    return rows.filter(pk=holder_id, ended_on=None, professional__active=True)


@prepared
def _organisation(holder_id: UUID) -> QuerySet[Organisation]:
    return Organisation.objects.filter(pk=holder_id, active=True)


def house(organisation_id: UUID) -> Place:
    """The living organisation with this identifier. Raises :class:`Refused` when there is none."""
    found = _organisation.first(organisation_id)
    if found is None:
        raise Refused(GONE, field="holder")
    return Place(found, found)


def place(holder_id: UUID) -> Place:
    """The living holder with this identifier. Raises :class:`Refused` when there is none."""
    practice = _practice.first(holder_id)
    if practice is not None:
        return Place(practice, practice.organisation)
    organisation = _organisation.first(holder_id)
    if organisation is not None:
        return Place(organisation, organisation)
    post = Post.objects.select_related("organisation").filter(pk=holder_id, active=True).first()
    if post is not None:
        return Place(post, post.organisation)
    raise Refused(GONE, field="holder")
