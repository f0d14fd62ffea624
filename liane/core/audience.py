"""For whom a thing is meant, named before it is sent.

The care team always reads what is shared in the record; each flag adds a group. `organisation`
restricts to the members of one organisation (the working file); `thread` to the participants of a
conversation.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import models


@dataclass(frozen=True)
class Audience:
    """Groups allowed to read an entry or an object."""

    team: bool = True
    outside: bool = False
    person: bool = False
    carers: bool = False
    organisation_id: UUID | None = None
    thread_id: UUID | None = None

    @property
    def flags(self) -> dict[str, bool]:
        """Its groups, as the columns of a row say them (:class:`Shared`)."""
        return {
            "for_team": self.team, "for_outside": self.outside,
            "for_person": self.person, "for_carers": self.carers,
        }  # fmt: skip


TEAM = Audience()
CIRCLE = Audience(outside=True)
EVERYONE = Audience(outside=True, person=True, carers=True)


def only_organisation(organisation_id: UUID) -> Audience:
    """The members of one organisation, and nobody else."""
    return Audience(team=False, organisation_id=organisation_id)


def only_thread(thread_id: UUID) -> Audience:
    """The participants of one thread, and nobody else."""
    return Audience(team=False, thread_id=thread_id)


class Shared(models.Model):
    """Columns that say for whom a row is meant, beyond the care team."""

    for_team = models.BooleanField(default=True)
    for_outside = models.BooleanField(default=False)
    for_person = models.BooleanField(default=False)
    for_carers = models.BooleanField(default=False)

    class Meta:
        abstract = True

    @property
    def audience(self) -> Audience:
        """The row's audience as a value."""
        return Audience(self.for_team, self.for_outside, self.for_person, self.for_carers)
