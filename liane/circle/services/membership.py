"""Joining and leaving a circle. Nobody is ever added without being told and without accepting."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle import holders
from liane.circle.access import require_write
from liane.circle.models import Membership, MembershipEvent, Opposition
from liane.core import acting, guard, journal, ledger
from liane.core.areas import Area
from liane.core.audience import TEAM, Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.inserting import insert, insert_all
from liane.core.models import author_of
from liane.core.prepared import prepared
from liane.core.states import Machine, transition
from liane.patients.models import Patient, Wish
from liane.patients.queries import cluster_ids, last_wish

S = Membership.Status
LIFE = Machine(
    {
        S.INVITED: {S.ACTIVE, S.DECLINED, S.REMOVED},
        S.REQUESTED: {S.ACTIVE, S.REFUSED, S.REMOVED},
        S.ACTIVE: {S.LEFT, S.REMOVED},
    }
)
TOLD = Audience(outside=True, person=True, carers=True)
LIVING = [S.INVITED, S.REQUESTED, S.ACTIVE]


def invite(
    person_id: UUID, holder_id: UUID, *, ground: str, proof: str = "", responsible: bool = False
) -> Membership:
    """Invite a practice, an organisation or a post. It sees nothing before it accepts.

    Outside the care team the only ground is the person's consent, and its proof is needed
    (CSP L.1110-4 III).
    """
    _professional()
    require_write(person_id, Area.CIRCLE)
    place = holders.place(holder_id)
    _check_ground(place, ground, proof)
    check_wishes(person_id, place)
    with transaction.atomic():
        membership = write_membership(
            person_id, place, ground=ground, proof=proof, status=S.INVITED, responsible=responsible
        )
        journal.append("circle.invited", person_id=person_id, object_id=membership.pk, to=TEAM)
        ledger.wrote(person_id, "membership", object_id=membership.pk, purpose="invitation")
    return membership


def accept(membership_id: UUID) -> Membership:
    """The invited joins: the record opens now."""
    membership = _mine(membership_id, S.INVITED)
    place = holders.place(membership.holder_id)
    with acting.acting(acting.system("wishes of the person")):
        check_wishes(membership.person_id, place)
    return _activate(membership)


def decline(membership_id: UUID, *, reason: str = "") -> Membership:
    """The invited says no; whoever invited is told."""
    membership = _mine(membership_id, S.INVITED)
    with transaction.atomic():
        transition(membership, LIFE, S.DECLINED, reason=reason)
        journal.append("circle.declined", person_id=membership.person_id,
                       object_id=membership.pk, to=TEAM)  # fmt: skip
        ledger.wrote(membership.person_id, "membership", object_id=membership.pk)
    return membership


def ask_to_join(person_id: UUID, *, ground: str, proof: str) -> Membership | None:
    """Ask to join the circle of somebody one doesn't see. The members decide.

    Nothing tells whether the request could be made: None when the person opposes it or when a
    request or an invitation is already there.
    """
    actor = acting.current()
    _professional()
    if actor.holder_id is None or not proof.strip():
        raise Refused("Dites pourquoi vous suivez cette personne.", field="proof")
    place = holders.place(actor.holder_id)
    _check_ground(place, ground, proof)
    with acting.acting(acting.system("request to join")):
        if _opposed(person_id, place) or _living(person_id, actor.holder_id):
            return None
    with transaction.atomic():
        membership = write_membership(
            person_id, place, ground=ground, proof=proof, status=S.REQUESTED
        )
        journal.append("circle.requested", person_id=person_id, object_id=membership.pk, to=TEAM)
        ledger.wrote(person_id, "membership", object_id=membership.pk, purpose="demande")
    return membership


def accept_request(membership_id: UUID) -> Membership:
    """A member, or the person, lets somebody in who asked."""
    return _activate(_of_a_circle_of_mine(membership_id, S.REQUESTED))


def refuse_request(membership_id: UUID, *, reason: str = "") -> Membership:
    """A member, or the person, keeps out somebody who asked."""
    membership = _of_a_circle_of_mine(membership_id, S.REQUESTED)
    with transaction.atomic():
        transition(membership, LIFE, S.REFUSED, reason=reason)
        journal.append("circle.refused", person_id=membership.person_id,
                       object_id=membership.pk, to=TEAM)  # fmt: skip
        ledger.wrote(membership.person_id, "membership", object_id=membership.pk)
    return membership


def leave(membership_id: UUID, *, reason: str = "") -> Membership:
    """A member leaves; what they wrote stays. The last professional cannot leave a record alone."""
    membership = _mine(membership_id, S.ACTIVE)
    _not_the_last(membership)
    return close(membership, S.LEFT, "circle.left", reason)


def remove(membership_id: UUID, *, reason: str) -> Membership:
    """A member, or the person, removes another; the removed is told."""
    if not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    membership = _of_a_circle_of_mine(membership_id, *LIVING)
    if membership.status == S.ACTIVE:
        _not_the_last(membership)
    return close(membership, S.REMOVED, "circle.removed", reason)


def end(membership: Membership, reason: str) -> None:
    """End a living membership for a reason of the person's; the caller recompiles the grants."""
    membership.ends_at = timezone.now()
    membership.save(update_fields=["ends_at"])
    transition(membership, LIFE, S.REMOVED, reason=reason)
    journal.append("circle.removed", person_id=membership.person_id, object_id=membership.pk)
    journal.signal("revoked", holder_id=membership.holder_id, person_id=membership.person_id)


def write_membership(
    person_id: UUID,
    place: holders.Place,
    *,
    ground: str,
    proof: str,
    status: str,
    outside_team: bool | None = None,
    responsible: bool = False,
) -> Membership:
    """Write a membership and the first row of its history; the caller holds the rule."""
    with acting.acting(acting.system("one membership at a time"), read_only=True):
        if _living(person_id, place.holder.pk):
            raise Refused("Déjà dans le cercle, ou déjà invité.", code="already")
    author = author_of(acting.current())
    membership = Membership(
        person_id=person_id,
        **_seat(place, ground, proof, status, responsible=responsible),
        outside_team=place.outside_team if outside_team is None else outside_team,
        **author,
    )
    insert(membership)
    insert(MembershipEvent(membership=membership, after=status, reason=proof[:500], **author))
    return membership


def first_memberships(
    person_ids: Sequence[UUID], place: holders.Place, *, ground: str, proof: str
) -> list[Membership]:
    """The first member of each of these circles, whose persons were registered just before."""
    author, status = author_of(acting.current()), S.ACTIVE
    seat = _seat(place, ground, proof, status, responsible=True)
    made = [
        Membership(person_id=person_id, **seat, outside_team=False, **author)
        for person_id in person_ids
    ]
    insert_all(made)
    insert_all(
        [MembershipEvent(membership=one, after=status, reason=proof[:500], **author)
         for one in made]
    )  # fmt: skip
    return made


def _seat(
    place: holders.Place, ground: str, proof: str, status: str, *, responsible: bool
) -> dict[str, Any]:
    return {
        "holder_id": place.holder.pk,
        place.field: place.holder,
        "ground": ground,
        "proof": proof[:200],
        "status": status,
        "responsible": responsible,
    }


def _activate(membership: Membership) -> Membership:
    with transaction.atomic():
        membership.starts_at = timezone.now()
        membership.save(update_fields=["starts_at"])
        transition(membership, LIFE, S.ACTIVE)
        guard.rights_changed(membership.person_id)
        journal.append("circle.joined", person_id=membership.person_id,
                       object_id=membership.pk, to=TOLD)  # fmt: skip
        ledger.wrote(membership.person_id, "membership", object_id=membership.pk)
    return membership


def close(membership: Membership, after: str, kind: str, reason: str) -> Membership:
    """End an active membership; the caller holds the rule."""
    with transaction.atomic():
        membership.ends_at = timezone.now()
        membership.save(update_fields=["ends_at"])
        transition(membership, LIFE, after, reason=reason)
        journal.append(kind, person_id=membership.person_id, object_id=membership.pk, to=TOLD)
        ledger.wrote(membership.person_id, "membership", object_id=membership.pk, purpose=after)
        journal.signal("revoked", holder_id=membership.holder_id, person_id=membership.person_id)
        guard.rights_changed(membership.person_id)
    return membership


def _mine(membership_id: UUID, *states: str) -> Membership:
    """A membership that the current actor holds, alone or as its organisation or post."""
    found = Membership.objects.filter(
        pk=membership_id, holder_id__in=acting.current().holders, status__in=states
    ).first()
    if found is None:
        raise Http404
    return found


def _of_a_circle_of_mine(membership_id: UUID, *states: str) -> Membership:
    found = Membership.objects.filter(pk=membership_id, status__in=states, contact=None).first()
    if found is None:
        raise Http404
    require_write(found.person_id, Area.CIRCLE)
    return found


def _professional() -> None:
    actor = acting.current()
    if actor.professional_id is None and actor.kind not in {"client", "system"}:
        raise NotAllowed("Demandez à un professionnel de votre cercle d’inviter quelqu’un.")


def _check_ground(place: holders.Place, ground: str, proof: str) -> None:
    grounds = Membership.Ground
    if ground not in {grounds.TEAM, grounds.DESIGNATED, grounds.FORMAL, grounds.CONSENT}:
        raise Refused("Choisissez le motif.", field="ground")
    if place.outside_team and (ground != grounds.CONSENT or not proof.strip()):
        raise Refused(
            "Hors de l’équipe de soins, il faut l’accord de la personne : "
            "dites comment il a été recueilli.",
            field="proof",
            code="consent-needed",
        )


def check_wishes(person_id: UUID, place: holders.Place) -> None:
    wish = last_wish(person_id)
    if wish is not None and wish.answer == Wish.Answer.REFUSES:
        raise Refused("La personne a refusé le partage de son dossier.", code="refused-record")
    if _opposed(person_id, place):
        raise Refused("La personne s’oppose à ce que ce membre la suive.", code="opposed")
    if Patient.objects.filter(pk=person_id).exclude(died_on=None).exists():
        raise Refused("Cette personne est décédée.", code="dead")


def _opposed(person_id: UUID, place: holders.Place) -> bool:
    kept_out = place.opposable
    living = Opposition.objects.filter(person_id__in=cluster_ids(person_id), ended_at=None)
    return (
        living.filter(organisation_id__in=kept_out["organisation"]).exists()
        or living.filter(practice_id__in=kept_out["practice"]).exists()
    )


def _living(person_id: UUID, holder_id: UUID) -> bool:
    return bool(_held(person_id, holder_id))


@prepared
def _held(person_id: UUID, holder_id: UUID) -> QuerySet[Membership, UUID]:
    rows = Membership.objects.filter(person_id=person_id, holder_id=holder_id, status__in=LIVING)
    return rows.order_by().values_list("pk", flat=True)[:1]


def _not_the_last(membership: Membership) -> None:
    with acting.acting(acting.system("last member")):
        others = Membership.objects.filter(
            person_id=membership.person_id, status=S.ACTIVE, contact=None, ends_at=None
        ).exclude(pk=membership.pk)
        alone = not others.exists()
    if alone:
        raise Refused(
            "C’est le dernier membre du cercle : invitez d’abord quelqu’un d’autre.", code="last"
        )
