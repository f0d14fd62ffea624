"""Who convenes, answers, writes, approves; what a meeting must hold.

Rights by area: ``circle.rules`` (``care_plan``). Here, what the sentences of the table add: a
member outside the care team (home help) takes part and reads the decisions entrusted to them,
never the sheet nor the minutes; the portal reads what the convener told it.
"""

import datetime as dt
from collections.abc import Collection
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from liane.circle.access import in_circle, require_write
from liane.circle.models import Opposition
from liane.circle.reach import Reach
from liane.core.acting import Actor, current
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.routes import PORTAL_ROLES
from liane.directory.models import Practice
from liane.interventions.rules import in_team
from liane.meetings.models import Meeting
from liane.messaging.links import reader

LONGEST = 10_000
FEWEST_SLOTS, MOST_SLOTS = 1, 5
EARLY = dt.timedelta(hours=12)
"""How long before its hour a session may be opened."""


def writes(actor: Actor, person_id: UUID) -> bool:
    """True when pages may offer the actor to convene or to write."""
    return (
        actor.role not in PORTAL_ROLES
        and Reach.of(actor).may_write(Area.CARE_PLAN, person_id)
        and reads_all(actor, person_id)
    )


def reads_all(actor: Actor, person_id: UUID) -> bool:
    """True for the care team: the motive, the sheet, the minutes."""
    return in_team(actor, person_id, Area.CARE_PLAN, "r")


def require_team(person_id: UUID) -> None:
    """Raise unless the actor writes plans and meetings: the care team, never from the portal."""
    require_write(person_id, Area.CARE_PLAN)
    if current().role in PORTAL_ROLES:
        raise NotAllowed("Demandez-le à un professionnel de votre cercle.")


def is_convener(actor: Actor, meeting: Meeting) -> bool:
    """The convener, who replaces them, or a colleague of their structure."""
    mine = {meeting.convener_id, meeting.convener.organisation_id}
    return actor.is_system or bool(mine & set(actor.holders))


def require_convener(meeting: Meeting) -> None:
    """Raise unless the actor keeps this meeting."""
    require_team(meeting.person_id)
    if not is_convener(current(), meeting):
        raise NotAllowed("Seule la structure qui convoque la réunion peut le faire.")


def approves(practice: Practice | None, person_id: UUID) -> bool:
    """True when this participant may read the minutes, so may approve them.

    A professional outside the circle was invited with the person's agreement: they may.
    """
    return practice is None or reads_all(reader(practice), person_id)


def tidy(text: str, field: str, *, longest: int = LONGEST) -> str:
    """Typed text, tidied. Raises Refused when it is too long."""
    plain = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(plain) > longest:
        raise Refused(f"Ce texte dépasse {longest} caractères : résumez-le.", field=field)
    return plain


def check_where(place: str, video: str) -> None:
    """Raise unless there is a place, or a web address to meet at."""
    if not place and not video:
        raise Refused("Donnez un lieu, ou un lien de visioconférence.", field="place")
    if video:
        parts = urlsplit(video)
        if parts.scheme != "https" or not parts.hostname:
            raise Refused("Le lien doit être une adresse web en https://…", field="video")


def check_slots(slots: Collection[dt.datetime]) -> None:
    """Raise unless one to five different moments to come are proposed."""
    if not FEWEST_SLOTS <= len(set(slots)) <= MOST_SLOTS or len(set(slots)) != len(slots):
        raise Refused(
            f"Proposez de {FEWEST_SLOTS} à {MOST_SLOTS} dates différentes.", field="slot_1"
        )
    now = timezone.now()
    for number, slot in enumerate(slots, 1):
        if slot <= now:
            raise Refused("Cette date est passée : choisissez-en une à venir.",
                          field=f"slot_{number}")  # fmt: skip


def require_known(person_id: UUID, practice: Practice) -> None:
    """Raise unless this professional is in the circle, and not kept out of it."""
    holders = [practice.pk, practice.organisation_id, practice.professional_id]
    if not in_circle(person_id, holders):
        raise Refused(
            f"{practice.professional.name} n’est pas dans le cercle : invitez d’abord.",
            field="participants",
            code="not-in-circle",
        )


def check_guest(person_id: UUID, name: str, email: str, consent: str) -> None:
    """Raise unless a professional outside may be asked: a name, an address, the person's agreement.

    Somebody whom the person keeps out is refused, under whatever name.
    """
    if not name:
        raise Refused("Donnez le nom du professionnel invité.", field="guest_name")
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(
            "Cette adresse n’est pas valable : corrigez-la.", field="guest_email"
        ) from None
    if not consent:
        raise Refused(
            "Dites comment la personne a donné son accord : hors du cercle, il est nécessaire.",
            field="guest_consent",
        )
    if opposed(person_id, email):
        raise Refused("La personne s’oppose à ce que ce professionnel soit informé.",
                      field="guest_email")  # fmt: skip


def opposed(person_id: UUID, email: str) -> bool:
    """True when this address is that of a professional whom the person keeps out now."""
    return (
        bool(email)
        and Opposition.objects.filter(
            person_id=person_id, ended_at=None, practice__email__iexact=email
        ).exists()
    )
