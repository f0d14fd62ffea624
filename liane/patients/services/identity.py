"""Who a person is: traits, contact data, INS status, records that are one, death."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from liane.core import acting, clock, guard, journal, ledger, registry
from liane.core.areas import Area
from liane.core.audience import CIRCLE
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.inserting import insert, insert_all
from liane.core.models import author_of
from liane.patients import ins, search
from liane.patients.models import IdentityEvent, Patient, PersonLink
from liane.patients.queries import cluster_ids

CONTACT_FIELDS = (
    "address_line",
    "postcode",
    "city",
    "insee",
    "access_hint",
    "phone",
    "email",
)
STRICT_TRAITS = ("birth_name", "given_names", "sex", "birth_date", "birth_place")
TRAITS = (*STRICT_TRAITS, "birth_place_name", "used_name", "used_given")


def register(values: Mapping[str, Any], *, matricule: ins.Matricule | None = None) -> Patient:
    """Write a new person with a provisional identity; the caller holds the rule and the circle.

    A matricule given here was only typed: it serves to find duplicates and is not kept (RNIV).
    """
    (person,) = register_each([values])
    return person


def register_each(several: Sequence[Mapping[str, Any]]) -> list[Patient]:
    """The same for several persons, in as many statements as for one."""
    author = author_of(acting.current())
    people = [_new(values, author) for values in several]
    insert_all(people)
    search.index(people)
    insert_all([_told(one, "", one.ins_status, "dossier ouvert") for one in people])
    return people


def _new(values: Mapping[str, Any], author: Mapping[str, Any]) -> Patient:
    person = Patient(
        **{name: values[name] for name in (*TRAITS, *CONTACT_FIELDS) if name in values},
        **author,
    )
    person.birth_name = person.birth_name.strip().upper()
    person.used_name = person.used_name.strip().upper()
    person.search = search.searchable(person)
    if person.birth_date is not None and person.birth_date > clock.today():
        raise Refused("La date de naissance est dans l’avenir.", field="birth_date")
    return person


def update_contact_data(person_id: UUID, *, version: int, values: Mapping[str, Any]) -> Patient:
    """Change address, phone, access hint. Raises :class:`Conflict` when ``version`` is old."""
    guard.require_write(person_id, Area.IDENTITY)
    changed = {name: values[name] for name in CONTACT_FIELDS if name in values}
    with transaction.atomic():
        person = _change(person_id, version, changed)
        journal.append("person.contact_data", person_id=person_id, to=CIRCLE, announce=False)
        ledger.wrote(person_id, "contact_data", object_id=person_id)
    return person


def correct_traits(
    person_id: UUID, *, version: int, values: Mapping[str, Any], reason: str
) -> Patient:
    """Correct names, birth, sex. Changing a strict trait makes the identity provisional again."""
    guard.require_write(person_id, Area.IDENTITY)
    _only_professionals()
    changed = {name: values[name] for name in TRAITS if name in values}
    for name in ("birth_name", "used_name"):
        if name in changed:
            changed[name] = changed[name].strip().upper()
    with transaction.atomic():
        before = _locked(person_id)
        strict = any(changed.get(name, getattr(before, name)) != getattr(before, name)
                     for name in STRICT_TRAITS)  # fmt: skip
        if strict and not reason.strip():
            raise Refused("Dites pourquoi ces traits changent.", field="reason")
        person = _change(person_id, version, changed)
        search.reindex(person)
        person.save(update_fields=["search"])
        if strict and person.ins_status != Patient.InsStatus.PROVISIONAL:
            _step(person, Patient.InsStatus.PROVISIONAL, None, reason)
        elif strict:
            _event(person, person.ins_status, person.ins_status, reason)
        journal.append("person.identity", person_id=person_id, object_id=person_id)
        ledger.wrote(person_id, "identity", object_id=person_id, purpose=reason[:200])
    return person


def forget(person_id: UUID, *, reason: str) -> None:
    """Blank an identity written in error; the caller holds the rule. Its history stays."""
    guard.require_write(person_id, Area.IDENTITY)
    with transaction.atomic():
        person = _locked(person_id)
        for name in (*TRAITS, *CONTACT_FIELDS):
            setattr(person, name, None if name == "birth_date" else "")
        person.sex = Patient.Sex.UNKNOWN
        ins.put(person, None)
        search.reindex(person)
        person.version += 1
        person.save()
        _event(person, person.ins_status, person.ins_status, reason)
        ledger.wrote(person_id, "identity", object_id=person_id, purpose=reason[:200])


def set_ins(
    person_id: UUID,
    after: str,
    *,
    matricule: ins.Matricule | None = None,
    strict: Mapping[str, Any] | None = None,
    reason: str,
) -> Patient:
    """Move the identity's status one step, as `ins.STATUS` allows; history kept.

    ``matricule`` and the ``strict`` traits come from the INSi service and are needed to reach
    *retrieved* or *qualified*; ``reason`` says which document or service is the proof.
    """
    guard.require_write(person_id, Area.IDENTITY)
    _only_professionals()
    if not reason.strip():
        raise Refused("Dites quelle pièce ou quel service le montre.", field="reason")
    with transaction.atomic():
        person = _locked(person_id)
        if matricule is not None:
            _not_somebody_else(person, matricule)
        for name in STRICT_TRAITS:
            if strict and strict.get(name):
                setattr(person, name, strict[name])
        if strict:
            search.reindex(person)
        _step(person, after, matricule, reason)
        journal.append("person.ins", person_id=person_id, object_id=person_id)
        ledger.wrote(person_id, "ins", object_id=person_id, purpose=reason[:200])
    return person


def set_twin_warning(person_id: UUID, warned: bool, *, reason: str) -> Patient:
    """Put up, or take down, the banner that a twin or a namesake is known."""
    guard.require_write(person_id, Area.IDENTITY)
    _only_professionals()
    with transaction.atomic():
        person = _locked(person_id)
        person.twin_warning = warned
        person.save(update_fields=["twin_warning"])
        _event(person, person.ins_status, person.ins_status, reason or "jumeau ou homonyme")
        journal.append("person.identity", person_id=person_id, object_id=person_id)
        ledger.wrote(person_id, "identity", object_id=person_id)
    return person


def link(survivor_id: UUID, duplicate_id: UUID, *, reason: str) -> PersonLink:
    """Two records are one person: dated, reversible, nothing moved (identity role only)."""
    _identity_role()
    if survivor_id == duplicate_id:
        raise Refused("C’est le même dossier.")
    if not reason.strip():
        raise Refused("Dites ce qui le prouve.", field="reason")
    for person_id in (survivor_id, duplicate_id):
        guard.require_write(person_id, Area.IDENTITY)
    with transaction.atomic():
        if duplicate_id in cluster_ids(survivor_id):
            raise Refused("Ces deux dossiers sont déjà rapprochés.")
        if PersonLink.objects.filter(duplicate_id=duplicate_id, ended_at=None).exists():
            raise Refused("Ce dossier est déjà rattaché à un autre : défaites d’abord ce lien.")
        _not_two_qualified(survivor_id, duplicate_id)
        made = PersonLink(
            survivor_id=survivor_id,
            duplicate_id=duplicate_id,
            reason=reason,
            **author_of(acting.current()),
        )
        made.save(force_insert=True)
        for person_id in (survivor_id, duplicate_id):
            journal.append("person.linked", person_id=person_id, object_id=made.pk)
            ledger.wrote(person_id, "link", object_id=made.pk, purpose=reason[:200])
        guard.rights_changed(survivor_id)
    return made


def unlink(link_id: UUID, *, reason: str) -> PersonLink:
    """End a link: each record is again as it was (identity role only)."""
    _identity_role()
    if not reason.strip():
        raise Refused("Dites pourquoi ces dossiers sont séparés.", field="reason")
    made = PersonLink.objects.filter(pk=link_id, ended_at=None).first()
    if made is None:
        raise Refused("Ce lien n’existe plus.")
    guard.require_write(made.survivor_id, Area.IDENTITY)
    with transaction.atomic():
        made.ended_at = clock.now()
        made.end_reason = reason
        made.save(update_fields=["ended_at", "end_reason"])
        for person_id in (made.survivor_id, made.duplicate_id):
            journal.append("person.unlinked", person_id=person_id, object_id=made.pk)
            ledger.wrote(person_id, "link", object_id=made.pk, purpose=reason[:200])
            guard.rights_changed(person_id)
    return made


def confirm_death(person_id: UUID, *, on: dt.date, source: str) -> Patient:
    """Confirm a death: visits, reminders, questionnaires and carers' access stop at once.

    Idempotent: a second source for the same person changes nothing and tells nobody again.
    """
    guard.require_write(person_id, Area.IDENTITY)
    if on > clock.today():
        raise Refused("La date est dans l’avenir.", field="died_on")
    if not source.strip():
        raise Refused("Dites de qui vient la nouvelle.", field="source")
    with transaction.atomic():
        person = _locked(person_id)
        if person.died_on is not None:
            return person
        person.died_on, person.death_source = on, source[:100]
        person.save(update_fields=["died_on", "death_source"])
        _event(person, person.ins_status, person.ins_status, f"décès confirmé ({source})")
        for stop in registry.death_steps:
            stop(person_id)
        journal.append("person.died", person_id=person_id, object_id=person_id, to=CIRCLE)
        ledger.wrote(person_id, "death", object_id=person_id, purpose=source[:200])
        guard.rights_changed(person_id)
    return person


def _locked(person_id: UUID) -> Patient:
    return Patient.objects.select_for_update().get(pk=person_id)


def _change(person_id: UUID, version: int, changed: Mapping[str, Any]) -> Patient:
    touched = Patient.objects.filter(pk=person_id, version=version).update(
        version=F("version") + 1, **changed
    )
    if not touched:
        raise Conflict
    return Patient.objects.get(pk=person_id)


def _step(person: Patient, after: str, matricule: ins.Matricule | None, reason: str) -> None:
    before = person.ins_status
    if not ins.STATUS.allows(before, after):
        words = Patient.InsStatus(before).label, Patient.InsStatus(after).label
        raise Refused(f"On ne passe pas de « {words[0]} » à « {words[1]} ».", field="ins_status")
    if after in ins.WITH_MATRICULE and matricule is None and not person.ins_sealed:
        raise Refused("Il faut le matricule rendu par le téléservice.", field="matricule")
    if after not in ins.WITH_MATRICULE:
        ins.put(person, None)
    elif matricule is not None:
        ins.put(person, matricule)
    person.ins_status = after
    person.version += 1
    person.save()
    _event(person, before, after, reason)


def _not_two_qualified(first: UUID, second: UUID) -> None:
    """Two qualified identities with different matricules are two persons, whatever else agrees."""
    pair = list(Patient.objects.filter(pk__in=[first, second]))
    if all(one.is_qualified for one in pair) and len({one.ins_digest for one in pair}) > 1:
        raise Refused(
            "Ces dossiers ont chacun une identité INS qualifiée, et leurs matricules diffèrent : "
            "ce sont deux personnes. Si l’un d’eux est faux, corrigez d’abord son statut.",
            field="reason",
        )


def _not_somebody_else(person: Patient, matricule: ins.Matricule) -> None:
    """The same matricule on another living record is a matter for identity vigilance."""
    with acting.acting(acting.system("identity vigilance")):
        same = Patient.objects.filter(ins_digest__in=ins.digests(matricule))
        others = same.exclude(pk__in=cluster_ids(person.pk)).exists()
    if others:
        raise Refused(
            "Ce matricule est déjà porté par un autre dossier : l’identitovigilance doit décider.",
            field="matricule",
            code="matricule-elsewhere",
        )


def _event(person: Patient, before: str, after: str, reason: str) -> None:
    insert(_told(person, before, after, reason))


def _told(person: Patient, before: str, after: str, reason: str) -> IdentityEvent:
    return IdentityEvent(
        person_id=person.pk,
        before=before,
        after=after,
        reason=reason[:500],
        **author_of(acting.current()),
    )


def _identity_role() -> None:
    actor = acting.current()
    if actor.role != "identity" and not actor.is_system:
        raise NotAllowed("Seule l’identitovigilance rapproche ou sépare deux dossiers.")


def _only_professionals() -> None:
    actor = acting.current()
    if actor.professional_id is None and actor.kind not in {"client", "system"}:
        raise NotAllowed("Demandez à un professionnel du cercle de corriger l’état civil.")
