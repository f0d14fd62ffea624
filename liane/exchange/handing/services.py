"""Verbs of what is handed on: have it sent, try again, note the person's answer about the DMP."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.audience import TEAM, Audience
from liane.core.errors import Refused
from liane.core.models import AccessRow, author_of
from liane.exchange.handing.things import Thing
from liane.exchange.models import Sending
from liane.patients.models import Patient, Wish
from liane.patients.queries import last_wish
from liane.patients.services import record_wish

Where, Status = Sending.Where, Sending.Status
DMP_TOPIC = "dmp"
LONGEST = 4000


def obstacle(where: str, person: Patient) -> str:
    """Why nothing of this person can be sent there, in words; empty when it can."""
    if where == Where.DMP and not settings.LIANE_DMP_URL:
        return "Le raccordement au DMP n’est pas configuré sur cette installation."
    if where == Where.PERSON and not mss_ready():
        return "La messagerie MSSanté n’est pas configurée sur cette installation."
    if not person.is_qualified:
        return "L’identité de la personne doit être qualifiée (INS) pour cet envoi."
    if person.died_on is not None:
        return "La personne est décédée."
    if where == Where.DMP and opposed(person.pk):
        return "La personne s’oppose à l’alimentation de son DMP."
    return ""


def mss_ready() -> bool:
    """True when health mail leaves through an MSSanté operator, under our product's number."""
    return bool(settings.LIANE_MSS_NIL and settings.LIANE_MSS_URL)


def opposed(person_id: UUID) -> bool:
    """True when the person's latest answer about the DMP is a refusal (CSP L.1111-15)."""
    wish = last_wish(person_id, DMP_TOPIC)
    return wish is not None and wish.answer == Wish.Answer.REFUSES


def note_dmp_answer(person_id: UUID, *, agrees: bool, proof: str = "") -> Wish:
    """Write down whether the person lets the DMP be fed. What waits is given up on a refusal."""
    answer = Wish.Answer.AGREES if agrees else Wish.Answer.REFUSES
    with transaction.atomic():
        wish = record_wish(person_id, answer, topic=DMP_TOPIC, proof=proof[:200])
        if not agrees:
            Sending.objects.filter(
                person_id=person_id, where=Where.DMP, status=Status.WAITING
            ).update(status=Status.FAILED, why="La personne s’oppose à l’alimentation de son DMP.")
    return wish


def send(thing: Thing, where: str, *, text: str = "", final: bool = False) -> Sending:
    """Have a thing sent to the DMP, or to the person's mailbox of Mon espace santé.

    It leaves with the worker. Raises `Refused` (why it cannot), `NotAllowed`, Http404.
    """
    require_write(thing.person.pk, Area.DOCUMENT)
    why = obstacle(where, thing.person)
    if why:
        raise Refused(why)
    if len(text) > LONGEST:
        raise Refused(f"Ce message dépasse {LONGEST} signes : raccourcissez-le.", field="text")
    thing.made()
    with transaction.atomic():
        standing = Sending.objects.select_for_update().filter(
            where=where, status=Status.WAITING, **{thing.name: thing.row}
        )
        if standing.exists():
            raise Refused("Cet envoi attend déjà son départ.")
        row = Sending(
            person_id=thing.person.pk, where=where, text=text.strip(), final=final,
            **{thing.name: thing.row}, **_flags(thing), **author_of(acting.current()),
        )  # fmt: skip
        row.save(force_insert=True)
        journal.append(
            "document.handed", person_id=thing.person.pk, object_id=row.pk, to=_to(thing),
            announce=False,
        )  # fmt: skip
        ledger.wrote(
            thing.person.pk, "sending", object_id=row.pk, action=AccessRow.Action.EXPORT,
            purpose=row.get_where_display(),
        )  # fmt: skip
    return row


def retry(sending_id: UUID) -> Sending:
    """Try again what failed. Raises `Refused`, Http404."""
    rows = Sending.objects.within(Reach.of(acting.current())).select_related("person")
    row: Sending | None = rows.filter(pk=sending_id).first()
    if row is None:
        raise Http404
    require_write(row.person_id, Area.DOCUMENT)
    why = obstacle(row.where, row.person)
    if why:
        raise Refused(why)
    with transaction.atomic():
        done = Sending.objects.filter(pk=row.pk, status=Status.FAILED).update(
            status=Status.WAITING, tries=0, next_at=timezone.now(), why=""
        )
        if not done:
            raise Refused("Cet envoi n’est pas en échec.")
        ledger.wrote(row.person_id, "sending", object_id=row.pk, purpose="nouvel essai")
    return row


def _to(thing: Thing) -> Audience:
    return getattr(thing.row, "audience", TEAM) if thing.name != "version" else TEAM


def _flags(thing: Thing) -> dict[str, bool]:
    """The sending is told to whoever reads the thing, the team first."""
    to = _to(thing)
    return {
        "for_team": to.team, "for_outside": to.outside, "for_person": to.person,
        "for_carers": to.carers,
    }  # fmt: skip
