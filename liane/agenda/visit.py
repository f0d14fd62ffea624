"""A visit as somebody plans it, before it is a row."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.agenda import rules
from liane.agenda.models import Place
from liane.core.errors import Refused
from liane.directory.models import Practice
from liane.interventions.models import ActKind


@dataclass(frozen=True)
class Visit:
    """What is planned: for whom, when (aware), how long (minutes), by whom, where, for what.

    Exactly one of ``practice_id``, ``organisation_id`` and ``post_id``.
    """

    person_id: UUID
    starts_at: dt.datetime
    minutes: int = 30
    practice_id: UUID | None = None
    organisation_id: UUID | None = None
    post_id: UUID | None = None
    kind: str = ActKind.VISIT
    title: str = ""
    place: str = Place.HOME
    instructions: str = ""

    def columns(self) -> dict[str, Any]:
        """The columns of a `Planned` row, once the rules were checked.

        Raises Refused or NotAllowed (`rules.require_planning`, `rules.require_in_circle`).
        """
        chosen = [self.practice_id, self.organisation_id, self.post_id]
        if sum(holder is not None for holder in chosen) != 1:
            raise Refused("Dites qui vient.", field="intervenant")
        if not 5 <= self.minutes <= 24 * 60:
            raise Refused("Une durée entre 5 minutes et 24 heures.", field="minutes")
        rules.require_planning(self.person_id, next(holder for holder in chosen if holder))
        practice = (
            Practice.objects.filter(pk=self.practice_id).first() if self.practice_id else None
        )
        if self.practice_id is not None and practice is None:
            raise Refused("Ce professionnel n’est pas connu ici.", field="intervenant")
        rules.require_in_circle(
            self.person_id, rules.holders_of(practice, self.organisation_id, self.post_id)
        )
        return {
            "person_id": self.person_id,
            "practice_id": self.practice_id,
            "organisation_id": self.organisation_id,
            "post_id": self.post_id,
            "kind": self.kind,
            "title": self.title.strip(),
            "place": self.place,
            "instructions": self.instructions.strip(),
            "for_person": True,
            "for_carers": True,
        }

    @property
    def ends_at(self) -> dt.datetime:
        """When it is planned to end."""
        return self.starts_at + dt.timedelta(minutes=self.minutes)
