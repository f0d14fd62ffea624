"""What protects the person: opposition, masks, and emergency access that is told and reviewed."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle import reviewing
from liane.circle.access import require_write
from liane.circle.models import BreakGlass, Mask, Membership, Opposition
from liane.circle.services.membership import end
from liane.core import acting, guard, journal, ledger
from liane.core.areas import Area
from liane.core.audience import Audience, only_organisation
from liane.core.errors import NotAllowed, Refused
from liane.core.models import AccessRow, author_of
from liane.directory.models import Practice
from liane.patients.models import Wish
from liane.patients.queries import last_wish

LONGEST = dt.timedelta(hours=4)
"""An emergency access lasts four hours at most."""

REASONS = {
    "vital": "urgence vitale",
    "fall": "chute ou malaise",
    "decompensation": "décompensation, aggravation brutale",
    "unconscious": "personne hors d’état de répondre",
    "other": "autre urgence",
}
PERSON_AND_TEAM = Audience(person=True)


def oppose(
    person_id: UUID,
    *,
    practice_id: UUID | None = None,
    organisation_id: UUID | None = None,
    reason: str = "",
) -> Opposition:
    """The person keeps a professional or a structure out, from the next request on.

    Said by the person or the legal representative, or written down by a member. The opposed keep
    what they wrote, and read nothing more (CSP L.1110-4).
    """
    require_write(person_id, Area.CONSENT)
    if (practice_id is None) == (organisation_id is None):
        raise Refused("Choisissez un professionnel ou une structure.", field="holder")
    with transaction.atomic():
        opposition = Opposition(
            person_id=person_id,
            practice_id=practice_id,
            organisation_id=organisation_id,
            reason=reason[:300],
            **author_of(acting.current()),
        )
        opposition.save(force_insert=True)
        with acting.acting(acting.system("opposition of the person")):
            for membership in Membership.objects.filter(
                person_id=person_id,
                holder_id__in=[one for one in (practice_id, organisation_id) if one],
                status__in=["active", "invited", "requested"],
            ):
                end(membership, "opposition de la personne")
        journal.append("circle.opposed", person_id=person_id, object_id=opposition.pk,
                       to=PERSON_AND_TEAM)  # fmt: skip
        ledger.wrote(person_id, "opposition", object_id=opposition.pk)
        journal.signal("revoked", holder_id=practice_id or organisation_id, person_id=person_id)
        guard.rights_changed(person_id)
    return opposition


def lift(opposition_id: UUID) -> Opposition:
    """The person changes their mind: the opposed may be invited again."""
    opposition = Opposition.objects.filter(pk=opposition_id, ended_at=None).first()
    if opposition is None:
        raise Http404
    require_write(opposition.person_id, Area.CONSENT)
    with transaction.atomic():
        opposition.ended_at = timezone.now()
        opposition.save(update_fields=["ended_at"])
        journal.append("circle.opposition_lifted", person_id=opposition.person_id,
                       object_id=opposition.pk, to=PERSON_AND_TEAM)  # fmt: skip
        ledger.wrote(opposition.person_id, "opposition", object_id=opposition.pk)
        guard.rights_changed(opposition.person_id)
    return opposition


def mask(object_id: UUID, person_id: UUID, holder_id: UUID | None = None) -> Mask:
    """Hide an object from one holder, or from everybody but its author.

    By the person, their legal representative, or a member who writes down the person's wish.
    """
    require_write(person_id, Area.CONSENT)
    with transaction.atomic():
        hidden = Mask(
            person_id=person_id,
            object_id=object_id,
            holder_id=holder_id,
            **author_of(acting.current()),
        )
        hidden.save(force_insert=True)
        ledger.wrote(person_id, "mask", object_id=object_id)
        journal.signal("rights", person_id=person_id, object_id=object_id)
    return hidden


def unmask(mask_id: UUID) -> Mask:
    """Show the object again."""
    hidden = Mask.objects.filter(pk=mask_id, ended_at=None).first()
    if hidden is None:
        raise Http404
    require_write(hidden.person_id, Area.CONSENT)
    with transaction.atomic():
        hidden.ended_at = timezone.now()
        hidden.save(update_fields=["ended_at"])
        ledger.wrote(hidden.person_id, "unmask", object_id=hidden.object_id)
    return hidden


def break_glass(
    person_id: UUID, *, reason: str, text: str, lasting: dt.timedelta = LONGEST
) -> BreakGlass:
    """Open a record in an emergency. Told to the person, the team and the protection officer.

    Health professionals only; masked items stay masked, an opposition still holds.
    """
    actor = acting.current()
    if actor.role != Practice.Role.CARE or actor.holder_id is None:
        raise NotAllowed("L’accès d’urgence est réservé aux professionnels de santé.")
    if reason not in REASONS:
        raise Refused("Choisissez le motif de l’urgence.", field="reason")
    if len(text.strip()) < 10:
        raise Refused("Décrivez l’urgence en une phrase.", field="text")
    if not dt.timedelta(0) < lasting <= LONGEST:
        raise Refused("Un accès d’urgence dure quatre heures au plus.", field="lasting")
    with acting.acting(acting.system("emergency")):
        wish = last_wish(person_id)
        if wish is not None and wish.answer == Wish.Answer.REFUSES:
            raise Http404
    with transaction.atomic():
        opened = BreakGlass(
            person_id=person_id,
            practice_id=actor.holder_id,
            reason=reason,
            text=text.strip()[:500],
            ends_at=timezone.now() + lasting,
            reviewer=reviewing.reviewer(person_id, actor.organisation_id),
            **author_of(actor),
        )
        opened.save(force_insert=True)
        journal.append("glass.broken", person_id=person_id, object_id=opened.pk,
                       to=PERSON_AND_TEAM)  # fmt: skip
        if opened.reviewer_id is not None:
            journal.append("glass.to_review", object_id=opened.pk,
                           to=only_organisation(opened.reviewer_id))  # fmt: skip
        ledger.wrote(
            person_id, "record", object_id=opened.pk, ground="accès d’urgence",
            action=AccessRow.Action.BREAK_GLASS, purpose=REASONS[reason],
        )  # fmt: skip
        guard.rights_changed(person_id)
    return opened


def end_break_glass(break_glass_id: UUID) -> BreakGlass:
    """Whoever opened it closes it before its time."""
    actor = acting.current()
    opened = BreakGlass.objects.filter(
        pk=break_glass_id, practice_id__in=actor.holders, ended_at=None
    ).first()
    if opened is None:
        raise Http404
    with transaction.atomic():
        opened.ended_at = timezone.now()
        opened.save(update_fields=["ended_at"])
        ledger.wrote(opened.person_id, "record", object_id=opened.pk, purpose="fin de l’urgence")
        guard.rights_changed(opened.person_id)
    return opened


def review_break_glass(break_glass_id: UUID, *, review: str) -> BreakGlass:
    """The data protection officer who examines it concludes, once."""
    actor = acting.current()
    if actor.role != Practice.Role.DPO or actor.organisation_id is None:
        raise Http404
    if not review.strip():
        raise Refused("Écrivez votre conclusion.", field="review")
    with transaction.atomic(), acting.acting(acting.system("review of an emergency access")):
        opened = BreakGlass.objects.filter(
            reviewing.examined_by(actor.organisation_id), pk=break_glass_id, reviewed_at=None
        ).first()
        if opened is None:
            raise Http404
        opened.reviewed_at, opened.review = timezone.now(), review.strip()[:500]
        opened.save(update_fields=["reviewed_at", "review"])
        with acting.acting(actor):
            ledger.wrote(opened.person_id, "glass_review", object_id=opened.pk)
    return opened
