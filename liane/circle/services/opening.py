"""Opening a record with one oral question, and closing it when the person refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction

from liane.circle import holders
from liane.circle.compile import compile_first, compile_grants
from liane.circle.models import Membership
from liane.circle.services.membership import end, first_memberships, write_membership
from liane.core import acting, guard, journal, ledger
from liane.core.audience import EVERYONE
from liane.core.errors import NotAllowed, Refused
from liane.core.inserting import together
from liane.directory.models import Practice
from liane.patients import ins
from liane.patients import services as patients
from liane.patients.duplicates import Traits, certain
from liane.patients.models import Patient, Wish
from liane.patients.queries import any_alike, lookalikes
from liane.patients.services.entourage import write_wish

Role = Practice.Role
FOR_THE_ORGANISATION = frozenset({Role.SECRETARY, Role.COORDINATOR, Role.CASE_MANAGER})
OPENERS = FOR_THE_ORGANISATION | {Role.CARE}


def may_open() -> bool:
    """True when the current actor may open a record at all."""
    actor = acting.current()
    return actor.role in OPENERS and actor.organisation_id is not None


def open_record(
    values: Mapping[str, Any],
    *,
    answer: str,
    consulted: str = "",
    matricule: ins.Matricule | None = None,
    different: bool = False,
) -> Patient:
    """Open a record: traits, the person's answer, and a circle of one.

    ``answer`` is the person's own (CSP L.1110-4: information, right to oppose). A refusal keeps the
    traits and the answer alone, with no circle, so that it is found again at the next request.
    ``different`` says that somebody looked at the look-alikes and that none is this person.
    Raises :class:`Refused` with the code ``lookalike`` otherwise, and ``known`` when the matricule
    is already somebody's.
    """
    actor = acting.current()
    if not may_open():
        raise NotAllowed("Votre rôle ne permet pas d’ouvrir un dossier.")
    asked = traits(values, matricule)
    found = lookalikes(asked)
    if certain([one.likeness for one in found]) is not None:
        raise Refused("Une personne a déjà ce matricule INS.", code="known")
    if found and not different:
        raise Refused("Une personne aux mêmes traits est peut-être déjà suivie.", code="lookalike")
    if answer == Wish.Answer.UNABLE and not consulted.strip():
        raise Refused("Dites qui a été consulté.", field="consulted")
    holder_id = actor.organisation_id if actor.role in FOR_THE_ORGANISATION else actor.holder_id
    assert holder_id is not None  # noqa: S101  (may_open)
    with transaction.atomic():
        person = patients.register(values)
        write_wish(person.pk, answer, consulted=consulted)
        if answer != Wish.Answer.REFUSES:
            _found_circle(person, holders.place(holder_id), answer)
            journal.append("person.opened", person_id=person.pk, object_id=person.pk, to=EVERYONE)
        ledger.wrote(person.pk, "record", object_id=person.pk, purpose="ouverture")
        compile_grants(person.pk)
    return person


def _found_circle(person: Patient, place: holders.Place, answer: str) -> None:
    agrees = answer == Wish.Answer.AGREES
    write_membership(
        person.pk,
        place,
        ground=Membership.Ground.DESIGNATED if agrees else Membership.Ground.TEAM,
        proof="accord oral à l’ouverture" if agrees else "personne hors d’état de répondre",
        status=Membership.Status.ACTIVE,
        outside_team=False,
        responsible=True,
    )


def open_from_source(
    values: Mapping[str, Any], *, proof: str, matricule: ins.Matricule | None = None
) -> Patient:
    """Open a record that a structure already keeps in its own software: the first member.

    Ground « source », shown on the circle page; nobody else sees the record before an invitation.
    The person's answer is not known to us: none is written, and each invitation asks again what the
    law demands. Raises Refused as :func:`open_record` does where somebody looks like this person.
    """
    organisation_id = _source()
    found = lookalikes(traits(values, matricule))
    if certain([one.likeness for one in found]) is not None:
        raise Refused("Une personne a déjà ce matricule INS.", code="known")
    if found:
        raise Refused("Une personne aux mêmes traits est peut-être déjà suivie.", code="lookalike")
    (person,) = _opened([values], organisation_id, proof)
    return person


def open_each_from_source(
    several: Sequence[tuple[Mapping[str, Any], ins.Matricule | None]], *, proof: str
) -> list[Patient] | None:
    """The same for several persons, in as many statements as for one.

    None, and nothing written, where one of them may look like somebody: open them one by one.
    """
    organisation_id = _source()
    asked = [traits(values, matricule) for values, matricule in several]
    known = [
        replace(one, given_names=f"{one.given_names} {values.get('used_given', '')}".strip())
        for one, (values, _) in zip(asked, several, strict=True)
    ]
    if any_alike(asked, known):
        return None
    return _opened([values for values, _ in several], organisation_id, proof)


def _source() -> UUID:
    actor = acting.current()
    if actor.organisation_id is None or not (may_open() or actor.kind in {"client", "system"}):
        raise NotAllowed("Seule une structure ouvre ici un dossier.")
    return actor.organisation_id


def _opened(
    several: Sequence[Mapping[str, Any]], organisation_id: UUID, proof: str
) -> list[Patient]:
    """New persons, each in a circle whose first member is the organisation."""
    with transaction.atomic(), together():
        made = patients.register_each(several)
        keys = [one.pk for one in made]
        members = first_memberships(
            keys, holders.house(organisation_id), ground=Membership.Ground.SOURCE, proof=proof
        )
        journal.append_each("person.opened", [(pk, pk, EVERYONE) for pk in keys])
        ledger.wrote_each([(pk, pk) for pk in keys], "record", purpose="ouverture")
        compile_first(members)
    return made


def record_wish(
    person: Patient, answer: str, *, consulted: str = "", proof: str = "", topic: str = "record"
) -> Wish:
    """Write down the person's answer; a refusal of the shared record ends every membership.

    After a refusal nobody but the person opens the record; it is found again, as refused, at the
    next request to open one.
    """
    with transaction.atomic():
        wish = patients.record_wish(
            person.pk, answer, consulted=consulted, proof=proof, topic=topic
        )
        if topic == "record" and answer == Wish.Answer.REFUSES:
            living = list(
                Membership.objects.filter(
                    person_id=person.pk, status__in=["active", "invited", "requested"]
                )
            )
            for membership in living:
                end(membership, "refus de la personne")
            guard.rights_changed(person.pk)
    return wish


def reopen(person: Patient, answer: str, *, consulted: str = "") -> Patient:
    """Ask again a person who had refused: an agreement founds a new circle around who asked."""
    if not may_open():
        raise NotAllowed("Votre rôle ne permet pas d’ouvrir un dossier.")
    actor = acting.current()
    holder_id = actor.organisation_id if actor.role in FOR_THE_ORGANISATION else actor.holder_id
    assert holder_id is not None  # noqa: S101  (may_open)
    with transaction.atomic():
        write_wish(person.pk, answer, consulted=consulted)
        if answer != Wish.Answer.REFUSES:
            _found_circle(person, holders.place(holder_id), answer)
            journal.append("person.opened", person_id=person.pk, object_id=person.pk, to=EVERYONE)
        ledger.wrote(person.pk, "record", object_id=person.pk, purpose="réouverture")
        compile_grants(person.pk)
    return person


def traits(values: Mapping[str, Any], matricule: ins.Matricule | None = None) -> Traits:
    """What duplicate detection compares, from what somebody typed."""
    return Traits(
        birth_name=values.get("birth_name", ""),
        given_names=values.get("given_names", ""),
        used_name=values.get("used_name", ""),
        sex=values.get("sex", ""),
        birth_date=values.get("birth_date"),
        birth_place=values.get("birth_place", ""),
        ins_digest=ins.digest(matricule) if matricule else "",
    )
