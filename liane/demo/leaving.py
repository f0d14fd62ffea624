"""Somebody who was in a circle for a time, and left: what « Dossiers quittés » is for."""

from liane.circle.models import Membership, MembershipEvent
from liane.demo.chronicle import Chronicle, Voice, at, voice
from liane.demo.names import ident
from liane.directory.models import Practice
from liane.interventions.models import ActKind, Intervention
from liane.patients.models import Patient

FROM, UNTIL, EVERY = 116, 62, 6
"""Days ago of the first visit and of the last, and days between two."""
SAID = {
    FROM: "Accepte l’aide pour la douche, pas pour s’habiller.",
    UNTIL: "Se lave seul, assis. N’a plus besoin de nous.",
}


def help_for_a_time(book: Chronicle, person: Patient, who: Practice, by: Voice) -> None:
    """A home nursing service helped him wash for two months, then left."""
    there = book.member(person, who, by, at(FROM + 2, 9))
    mine, left = voice(who), at(UNTIL - 1, 18)
    there.status, there.ends_at = Membership.Status.LEFT, left
    book.add(
        MembershipEvent(
            membership=there, before=Membership.Status.ACTIVE, after=there.status, at=left,
            reason="aide terminée", **mine.author,
        )
    )  # fmt: skip
    for number, days in enumerate(range(FROM, UNTIL - 1, -EVERY)):
        book.add(
            Intervention(
                pk=ident("act of who left", str(person.pk), number), person=person,
                at=at(days, 8), entered_at=at(days, 9), created_at=at(days, 9), minutes=30,
                performed_by=who, organisation_id=who.organisation_id, kind=ActKind.VISIT,
                title="Aide à la toilette", note=SAID.get(days, ""), for_person=True,
                for_carers=True, **mine.author,
            )
        )  # fmt: skip
