"""The return to the requester and to the attending doctor: owed at each answer, never skipped.

Somebody with an account is told in Liane; a professional outside with a mail address by mail and
signed link (`registry.letters`); anybody else must be called, and the request is not done before.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.core import acting, ledger, registry
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.directory.models import Organisation, Practice
from liane.patients.models import Contact, Patient
from liane.referrals import rules
from liane.referrals.models import Referral, ReferralStep, Return, ReturnTo
from liane.referrals.states import Status

Way, Role, Kind = ReturnTo.Way, ReturnTo.Role, Referral.Requester


@dataclass(frozen=True)
class Addressee:
    """Somebody to whom a return is owed, and how it reaches them."""

    role: str
    way: str
    label: str
    holder_id: UUID | None = None
    phone: str = ""
    mail: bool = False


def give(referral: Referral, step: str, text: str) -> Return:
    """Write what is said back at a step, and send it. Raises Refused when nothing is said."""
    said = text.strip()
    if not said:
        raise Refused(
            "Écrivez le retour : le demandeur et le médecin traitant le liront.", field="text"
        )
    who = author_of(acting.current())
    made = Return(referral=referral, step=step, text=said, **who)
    made.save(force_insert=True)
    for one in addressees(referral):
        way = one.way
        if one.mail and one.holder_id is not None and _letter(referral, one.holder_id, said):
            way = Way.MAIL
        settled = way != Way.PHONE
        row = ReturnTo(
            referral=referral,
            given=made,
            role=one.role,
            way=way,
            holder_id=one.holder_id,
            settled_at=timezone.now() if settled else None,
            settled_by=who["author_label"] if settled else "",
        )
        row.label, row.phone = one.label, one.phone
        row.save(force_insert=True)
    return made


def addressees(referral: Referral) -> list[Addressee]:
    """The requester and the attending doctor, each once. At most six queries."""
    with acting.acting(acting.system("demandes : retour")):
        asked = _requester(referral)
        doctor = _doctor(referral)
    same = asked.holder_id is not None and doctor.holder_id == asked.holder_id
    return [asked] if same else [asked, doctor]


def _requester(referral: Referral) -> Addressee:
    kind, holder = referral.requester_kind, referral.requester_id
    if kind == Kind.CALLER:
        if not referral.caller_phone:
            label = referral.caller or "Appel sans coordonnées"
            return Addressee(Role.REQUESTER, Way.NOBODY, label)
        label = referral.caller or referral.requester_label or "La personne qui a appelé"
        return Addressee(Role.REQUESTER, Way.PHONE, label, phone=referral.caller_phone)
    if kind == Kind.PROFESSIONAL:
        place = Practice.objects.select_related("professional", "organisation")
        return _practice(Role.REQUESTER, place.get(pk__in=[holder]))
    if kind == Kind.ORGANISATION:
        house = Organisation.objects.get(pk__in=[holder])
        read = house.practices.exclude(professional__user=None).exists()
        way = Way.LIANE if read else Way.PHONE
        return Addressee(Role.REQUESTER, way, house.name, house.pk, house.phone)
    return _relative(referral)


def _relative(referral: Referral) -> Addressee:
    """The person or somebody of her own life."""
    model: type[Patient] | type[Contact]
    model = Patient if referral.requester_kind == Kind.PERSON else Contact
    found = model.objects.filter(pk__in=[referral.requester_id]).first()
    if found is None or found.user_id is None:
        phone = found.phone if found else ""
        return Addressee(Role.REQUESTER, Way.PHONE, referral.requester_label, phone=phone)
    return Addressee(Role.REQUESTER, Way.LIANE, referral.requester_label, found.pk, found.phone)


def _doctor(referral: Referral) -> Addressee:
    if referral.doctor_id is not None:
        place = Practice.objects.select_related("professional", "organisation").get(
            pk=referral.doctor_id
        )
        return _practice(Role.DOCTOR, place)
    if referral.doctor_name:
        return Addressee(Role.DOCTOR, Way.PHONE, referral.doctor_name)
    return Addressee(Role.DOCTOR, Way.NOBODY, "Aucun médecin traitant connu")


def _practice(role: str, place: Practice) -> Addressee:
    phone = place.phone or place.organisation.phone
    here = place.professional.user_id is not None
    mail = not here and bool(place.email or place.organisation.email)
    way = Way.LIANE if here else Way.PHONE
    return Addressee(role, way, place.professional.name, place.pk, phone, mail)


def _letter(referral: Referral, holder_id: UUID, text: str) -> bool:
    """Written to somebody outside; False where no room can, or the actor may not."""
    subject = "Retour sur une demande"
    words = f"{subject} : {referral.need}, {referral.name}.\n\n{text}"
    return any(letter(holder_id, subject, words) for letter in registry.letters)


def settle(return_to_id: UUID, *, note: str = "") -> ReturnTo:
    """« C’est dit »: somebody who had to be called knows now. Saying it twice changes nothing."""
    from liane.circle.reach import Reach

    with transaction.atomic():
        rows = ReturnTo.objects.within(Reach.of(acting.current())).filter(pk=return_to_id)
        found: ReturnTo | None = rows.select_related("referral").first()
        if found is None:
            raise Http404
        actor = acting.current()
        if not rules.works(actor, found.referral):
            raise NotAllowed("Le retour est fait par la structure qui répond.")
        if found.settled_at is None:
            found.settled_at, found.settled_by = timezone.now(), actor.label
            found.note = note.strip()[:200]
            found.save(update_fields=["settled_at", "settled_by", "note"])
            ledger.wrote(found.referral.person_id, "referral", object_id=found.referral_id,
                         purpose="retour")  # fmt: skip
    return found


def owed(referral: Referral) -> list[ReturnTo]:
    """Who must still be called."""
    return list(ReturnTo.objects.filter(referral=referral, settled_at=None).order_by("id"))


def ended_with(referral: Referral) -> bool:
    """True when the last words were said since the request was opened, or opened again."""
    opened = (
        ReferralStep.objects.filter(referral=referral, after__in=[Status.SENT, Status.REOPENED])
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    rows = Return.objects.filter(referral=referral, step=Status.DONE)
    return rows.filter(at__gte=opened).exists() if opened else False
