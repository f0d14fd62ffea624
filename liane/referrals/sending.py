"""Making a request: who asks, about whom, to whom; from a record, without one, from a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.services.requested import may_be_sent
from liane.core import acting, clock, ledger, registry
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.files import store
from liane.core.idempotency import once
from liane.core.models import StoredFile, author_of
from liane.directory import territories
from liane.directory.models import Commune, Organisation, Practice
from liane.patients.models import Patient
from liane.patients.queries import attending_doctor
from liane.referrals import delays, motives, rules, telling
from liane.referrals.models import (
    URGENCY_ORDER,
    Referral,
    ReferralFile,
    ReferralStep,
    Urgency,
)
from liane.referrals.states import Status

Kind = Referral.Requester
Consent = Referral.Consent
SUPPORT_KIND = Organisation.Kind.DAC
"""Who answers « the right one for this address »: the single entry of CSP L.6327-2."""
LONGEST = 4_000
MOST_FILES = 5
TRAITS = ("birth_name", "given_names", "used_name", "used_given", "sex", "phone",
          "address_line", "postcode", "city")  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A request as somebody makes it. No organisation: the right one for the address."""

    motive: str
    consent: str = ""
    consent_note: str = ""
    urgency: str = Urgency.NORMAL
    text: str = ""
    organisation_id: UUID | None = None
    person_id: UUID | None = None
    identity: Mapping[str, str] = field(default_factory=dict)
    insee: str = ""
    doctor_name: str = ""
    caller: str = ""
    caller_phone: str = ""
    caller_is: str = ""
    channel: str = Referral.Channel.LIANE
    source_message_id: UUID | None = None
    asker_id: UUID | None = None
    """The professional in whose name the software of their structure asks."""


def send(wanted: Wanted, *, files: Sequence[StoredFile] = (), key: UUID | None = None) -> Referral:
    """Send a request; the addressed organisation is told. The same ``key`` sends it once.

    Raises Http404 for a person out of reach; Refused for no need, no consent or no override, an
    organisation that the person opposes, nobody who answers for the address.
    """

    def do() -> Referral:
        actor = acting.current()
        if not rules.asks(actor):
            raise NotAllowed("Votre rôle ne permet pas de faire une demande.")
        person = _person(wanted.person_id)
        _check(wanted, person)
        town = _town(wanted, person)
        to = _addressed(wanted, town)
        if person is not None:
            may_be_sent(person.pk, to.pk)
        referral = _written(wanted, person, town, to)
        join(referral, files)
        telling.tell("referral.sent", referral, urgent=referral.urgency == Urgency.URGENT)
        if wanted.source_message_id is not None:
            for desk in registry.message_desk:
                path = f"/demandes/{referral.pk}/"
                desk.turned(wanted.source_message_id, "referral", "Demande envoyée", path)
        return referral

    return once(key, "referral.send", _content(wanted, files), Referral, do)[0]


def log_call(wanted: Wanted, *, mine: bool = False, key: UUID | None = None) -> Referral:
    """The desk notes a call, whoever it is about: received at once, in hand when ``mine``."""

    def do() -> Referral:
        actor = acting.current()
        if actor.organisation_id is None or not rules.keeps_desk(actor):
            raise NotAllowed("Les appels sont notés par l’accueil d’une structure.")
        if wanted.motive not in motives.version():
            raise Refused("Choisissez le besoin.", field="motive")
        town = territories.commune(wanted.insee) if wanted.insee else None
        to = Organisation.objects.get(pk=actor.organisation_id)
        referral = _written(wanted, None, town, to, call=True)
        telling.step(referral, Status.RECEIVED)
        if mine and actor.holder_id is not None:
            telling.assigned(referral, Practice.objects.get(pk=actor.holder_id))
        telling.tell("referral.sent", referral, urgent=referral.urgency == Urgency.URGENT)
        return referral

    return once(key, "referral.call", _content(wanted, ()), Referral, do)[0]


def noted(wanted: Wanted, organisation_id: UUID, *, files: Sequence[StoredFile] = ()) -> Referral:
    """A request of somebody outside that came by a way of its own, for a structure that it names.

    The person’s wish is not known yet: the desk asks for it before it supports anybody. Raises
    Http404 for a person out of reach, Refused for a structure that she opposes.
    """
    if not rules.asks(acting.current()):
        raise NotAllowed("Votre rôle ne permet pas de faire une demande.")
    person = _person(wanted.person_id)
    to = Organisation.objects.filter(pk=organisation_id, active=True).first()
    if to is None:
        raise Refused("Cette structure n’est pas dans l’annuaire.", field="organisation")
    if person is not None:
        may_be_sent(person.pk, to.pk)
    referral = _written(wanted, person, _town(wanted, person), to, call=True)
    join(referral, files)
    telling.tell("referral.sent", referral)
    return referral


def onward(referral: Referral, organisation_id: UUID, text: str) -> Referral:
    """A request goes on to another organisation, which the present one asks in its turn."""
    to = Organisation.objects.filter(pk=organisation_id, active=True).first()
    if to is None or to.pk == referral.organisation_id:
        raise Refused("Choisissez vers quelle structure orienter.", field="organisation")
    if referral.person_id is not None:
        may_be_sent(referral.person_id, to.pk)
    actor = acting.current()
    invited = referral.person_id is not None and rules.could_invite(actor, referral.person_id)
    made = Referral(
        organisation=to,
        person_id=referral.person_id,
        by_circle=referral.by_circle or invited,
        for_team=referral.for_team,
        requester_kind=Kind.ORGANISATION,
        requester_id=referral.organisation_id,
        requester_label=referral.organisation.name,
        motive=referral.motive,
        motives_version=referral.motives_version,
        urgency=referral.urgency,
        priority=referral.priority,
        consent=referral.consent,
        consent_note=referral.consent_note,
        insee=referral.insee,
        city=referral.city,
        doctor_id=referral.doctor_id,
        doctor_name=referral.doctor_name,
        onward_from=referral,
        **author_of(actor),
    )
    made.text = "\n\n".join(part for part in (text.strip(), referral.text) if part)
    made.identity = referral.identity
    made.caller = made.caller_phone = ""
    _begin(made)
    telling.tell("referral.sent", made, urgent=made.urgency == Urgency.URGENT)
    return made


def _person(person_id: UUID | None) -> Patient | None:
    if person_id is None:
        return None
    found = Reach.of(acting.current()).patients(Area.IDENTITY).filter(pk=person_id).first()
    if found is None:
        raise Http404
    return found


def _check(wanted: Wanted, person: Patient | None) -> None:
    if wanted.motive not in motives.version():
        raise Refused("Choisissez le besoin.", field="motive")
    if wanted.consent not in {Consent.AGREES, Consent.UNABLE, Consent.OVERRIDE}:
        raise Refused("Dites si la personne est d’accord.", field="consent")
    if wanted.consent != Consent.AGREES and not wanted.consent_note.strip():
        raise Refused(
            "Sans son accord, dites pourquoi : qui a été consulté, ou quel danger.",
            field="consent_note",
        )
    if wanted.urgency not in Urgency.values:
        raise Refused("Dites si c’est urgent.", field="urgency")
    if len(wanted.text) > LONGEST:
        raise Refused(f"Ce texte dépasse {LONGEST} caractères.", field="text")
    if person is None and not any(value.strip() for value in wanted.identity.values()):
        raise Refused("Dites au moins de qui il s’agit.", field="birth_name")


def _town(wanted: Wanted, person: Patient | None) -> Commune | None:
    if person is not None:
        return territories.commune(person.insee) or territories.commune(
            postcode=person.postcode, city=person.city
        )
    said = wanted.identity
    return territories.commune(
        wanted.insee, postcode=said.get("postcode", ""), city=said.get("city", "")
    )


def _addressed(wanted: Wanted, town: Commune | None) -> Organisation:
    if wanted.organisation_id is not None:
        found = Organisation.objects.filter(pk=wanted.organisation_id, active=True).first()
    else:
        found = territories.the_right_one(town, SUPPORT_KIND)
    if found is None:
        raise Refused(
            "Aucune structure n’est désignée pour cette adresse : choisissez à qui vous écrivez.",
            field="organisation",
        )
    return found


def _written(
    wanted: Wanted,
    person: Patient | None,
    town: Commune | None,
    to: Organisation,
    *,
    call: bool = False,
) -> Referral:
    actor = acting.current()
    invited = person is not None and not call and rules.could_invite(actor, person.pk)
    doctor = attending_doctor(person.pk, clock.today()) if person is not None else None
    referral = Referral(
        organisation=to,
        person=person,
        by_circle=invited,
        for_team=invited and (actor.kind == "client" or actor.role in rules.ASKING),
        channel=wanted.channel,
        motive=wanted.motive,
        urgency=wanted.urgency,
        priority=URGENCY_ORDER[Urgency(wanted.urgency)],
        consent=wanted.consent or Consent.LATER,
        consent_note=wanted.consent_note.strip()[:300],
        insee=town.code if town else wanted.insee,
        city=_city(wanted, person, town)[:100],
        doctor_id=doctor.practice_id if doctor else None,
        doctor_name=wanted.doctor_name.strip()[:200],
        **_requester(actor, wanted, call=call),
        **author_of(actor),
    )
    referral.identity = _identity(wanted, person)
    referral.text = wanted.text.strip()
    referral.caller = wanted.caller.strip() if call else ""
    referral.caller_phone = wanted.caller_phone.strip() if call else ""
    _begin(referral)
    return referral


def _city(wanted: Wanted, person: Patient | None, town: Commune | None) -> str:
    if town is not None:
        return town.name
    return person.city if person is not None else wanted.identity.get("city", "")


def _begin(referral: Referral) -> None:
    """Save the request with the first row of its history."""
    now = timezone.now()
    referral.since = now
    referral.waits_until = delays.until(referral.urgency, Status.SENT, now)
    referral.save(force_insert=True)
    ReferralStep(referral=referral, after=Status.SENT, at=now, **author_of(acting.current())).save(
        force_insert=True
    )
    ledger.wrote(referral.person_id, "referral", object_id=referral.pk)


def _requester(actor: acting.Actor, wanted: Wanted, *, call: bool) -> dict[str, Any]:
    if call:
        return {"requester_kind": Kind.CALLER, "requester_id": None,
                "requester_label": wanted.caller_is[:250]}  # fmt: skip
    if actor.kind == "client":
        return _software(actor, wanted)
    if actor.role == "person":
        return {"requester_kind": Kind.PERSON, "requester_id": actor.holder_id,
                "requester_label": "la personne elle-même"}  # fmt: skip
    if actor.role not in rules.ASKING:
        return {"requester_kind": Kind.CARER, "requester_id": actor.holder_id,
                "requester_label": actor.label[:250]}  # fmt: skip
    place = _places().get(pk__in=[actor.holder_id])
    if actor.role in rules.FOR_THE_HOUSE:
        return {
            "requester_kind": Kind.ORGANISATION,
            "requester_id": place.organisation_id,
            "requester_label": f"{place.organisation.name} ({place.professional.name})"[:250],
        }
    return _professional(place)


def _places() -> QuerySet[Practice]:
    return Practice.objects.select_related("organisation", "professional")


def _professional(place: Practice) -> dict[str, Any]:
    what = place.professional.profession_label or place.get_role_display()
    return {
        "requester_kind": Kind.PROFESSIONAL,
        "requester_id": place.pk,
        "requester_label": f"{place.professional.name}, {what}"[:250],
    }


def _software(actor: acting.Actor, wanted: Wanted) -> dict[str, Any]:
    """For one of its own professionals, else for the structure. Raises Refused for another's."""
    if wanted.asker_id is not None:
        place = _places().filter(
            pk=wanted.asker_id, organisation_id__in=[actor.organisation_id], ended_on=None
        ).first()  # fmt: skip
        if place is None:
            raise Refused("Ce professionnel n’est pas de votre structure.", field="requester")
        return _professional(place)
    house = Organisation.objects.get(pk__in=[actor.organisation_id])
    return {"requester_kind": Kind.ORGANISATION, "requester_id": house.pk,
            "requester_label": f"{house.name} ({actor.label})"[:250]}  # fmt: skip


def _identity(wanted: Wanted, person: Patient | None) -> dict[str, str]:
    """What the addressed organisation needs to know who it is about, and nothing else."""
    if person is None:
        return {key: value.strip()[:200] for key, value in wanted.identity.items()}
    said = {name: str(getattr(person, name)) for name in TRAITS}
    return said | {"birth_date": person.birth_date.isoformat() if person.birth_date else ""}


def join(referral: Referral, files: Sequence[StoredFile]) -> list[ReferralFile]:
    """Keep documents with a request, in their order. Raises Refused for too many."""
    if len(files) > MOST_FILES:
        raise Refused(f"Joignez {MOST_FILES} documents au plus.", field="files")
    made = [ReferralFile(referral=referral, file=one) for one in files]
    with transaction.atomic():
        for row in made:
            store.keep(row.file)
            row.save(force_insert=True)
    return made


def _content(wanted: Wanted, files: Sequence[StoredFile]) -> list[str]:
    said = [wanted.motive, wanted.text, str(wanted.person_id), str(wanted.organisation_id)]
    return [*said, str(sorted(wanted.identity.items())), *(one.digest for one in files)]


def for_quest(quest: Any, text: str) -> Referral | None:
    """Nobody accepted a search: the organisation that supports professionals there gets a request.

    In the name of whoever began it. None where nobody answers for the commune.
    """
    to = territories.the_right_one(territories.commune(quest.insee), SUPPORT_KIND)
    if to is None:
        return None
    place = Practice.objects.select_related("professional").filter(pk=quest.author_holder_id)
    author = place.first()
    doctor = attending_doctor(quest.person_id, clock.today())
    referral = Referral(
        organisation=to, person=quest.person, by_circle=True, for_team=True,
        requester_kind=Kind.PROFESSIONAL if author else Kind.CALLER,
        requester_id=author.pk if author else None,
        requester_label=quest.author_label, motive="professional", urgency=Urgency.SOON,
        priority=URGENCY_ORDER[Urgency.SOON], consent=Consent.AGREES, consent_note=quest.proof,
        insee=quest.insee, city=quest.city,
        doctor_id=doctor.practice_id if doctor else None,
        author_user_id=quest.author_user_id, author_holder_id=quest.author_holder_id,
        author_organisation_id=quest.author_organisation_id, author_label=quest.author_label,
    )  # fmt: skip
    referral.identity = _identity(Wanted(motive="professional"), quest.person)
    referral.text, referral.caller, referral.caller_phone = text, "", ""
    _begin(referral)
    telling.tell("referral.sent", referral)
    return referral
