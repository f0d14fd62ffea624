"""Verbs of relations and conventions: each checks who keeps them, writes, and keeps the history."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.core import acting, journal
from liane.core.audience import Audience
from liane.core.errors import Conflict, Refused
from liane.core.files import store
from liane.core.idempotency import once
from liane.core.models import StoredFile, author_of
from liane.core.states import transition
from liane.directory.models import Organisation
from liane.partners import rules
from liane.partners.models import Convention, ConventionFile, Partnership, PartnershipStep
from liane.partners.states import EXPLAINED, RELATION, Relation

NAMED = Audience(team=False)
NOTICE = dt.timedelta(days=90)
"""How long before its end one is reminded of a convention, unless told otherwise."""
MORNING = dt.time(7)
MANY = 500


def begin(partner: Organisation, status: str = Relation.TO_MEET) -> Partnership:
    """Follow the relation with a partner; the one that exists already where there is one."""
    house = rules.house(acting.current())
    if partner.pk == house:
        raise Refused("C’est votre propre structure.")
    if status not in Relation.values:
        raise Refused("Choisissez où en est la relation.", field="status")
    with transaction.atomic():
        who = author_of(acting.current())
        row, made = Partnership.objects.get_or_create(
            organisation_id=house, partner=partner, defaults={"status": status, **who}
        )
        if made:
            PartnershipStep.objects.create(partnership=row, after=status, **who)
    return row


def move(
    partnership_id: UUID, after: str, *, reason: str = "", expect: int | None = None
) -> Partnership:
    """Another state of the relation. Raises Refused for an illegal step, Conflict when late."""
    with transaction.atomic():
        row = _relation(partnership_id)
        if expect is not None and expect != row.version:
            raise Conflict
        if after in EXPLAINED and not reason.strip():
            raise Refused("Dites pourquoi : la relation se lit dans dix ans.", field="reason")
        _step(row, after, reason.strip()[:500])
    return row


def _step(row: Partnership, after: str, reason: str) -> None:
    transition(row, RELATION, after, reason=reason)
    row.version += 1
    row.save(update_fields=["version"])


# ------------------------------------------------------------------ conventions
@dataclass(frozen=True)
class Terms:
    """What a convention says. ``remind_on`` empty: ninety days before its end."""

    title: str
    signed_on: dt.date
    starts_on: dt.date
    ends_on: dt.date | None = None
    tacit: bool = False
    remind_on: dt.date | None = None


def sign(
    partnership_id: UUID,
    terms: Terms,
    *,
    files: Iterable[StoredFile] = (),
    renews: UUID | None = None,
    key: UUID | None = None,
) -> Convention:
    """Keep a convention that was signed; the partner becomes one. ``renews``: the former one.

    ``files`` were received by `core.files.store.receive`. The same ``key`` keeps it once.
    """
    rules.house(acting.current())
    _check(terms)
    kept = list(files)

    def do() -> Convention:
        row = _relation(partnership_id)
        before = _former(row, renews) if renews is not None else None
        remind = terms.remind_on or (terms.ends_on - NOTICE if terms.ends_on else None)
        made = Convention.objects.create(
            partnership=row, title=terms.title.strip()[:200], signed_on=terms.signed_on,
            starts_on=terms.starts_on, ends_on=terms.ends_on, tacit=terms.tacit,
            remind_on=remind, renews=before, **author_of(acting.current()),
        )  # fmt: skip
        for stored in kept:
            _keep(made, stored)
        if RELATION.allows(row.status, Relation.PARTNER):
            _step(row, Relation.PARTNER, f"convention : {made.title}")
        return made

    content = [str(partnership_id), terms.title, terms.signed_on, terms.starts_on, terms.ends_on]
    return once(key, "partners.sign", content, Convention, do)[0]


def _check(terms: Terms) -> None:
    if not terms.title.strip():
        raise Refused("Dites l’objet de la convention.", field="title")
    if terms.ends_on is not None and terms.ends_on <= terms.starts_on:
        raise Refused("La fin vient avant le début.", field="ends_on")
    if terms.signed_on > timezone.localdate():
        raise Refused("Une convention s’enregistre une fois signée.", field="signed_on")
    if terms.remind_on is not None and terms.ends_on and terms.remind_on > terms.ends_on:
        raise Refused("Le rappel vient après la fin.", field="remind_on")


def _former(row: Partnership, convention_id: UUID) -> Convention:
    found = Convention.objects.filter(pk=convention_id, partnership=row).first()
    if found is None:
        raise Refused("Cette convention n’est pas de cette relation.", field="renews")
    if Convention.objects.filter(renews=found).exists():
        raise Refused("Cette convention est déjà renouvelée.", field="renews")
    return found


def attach(convention_id: UUID, stored: StoredFile) -> ConventionFile:
    """Attach a document received by `core.files.store.receive`."""
    with transaction.atomic():
        return _keep(_convention(convention_id), stored)


def _keep(row: Convention, stored: StoredFile) -> ConventionFile:
    who = author_of(acting.current())
    return ConventionFile.objects.create(convention=row, file=store.keep(stored), **who)


def end(convention_id: UUID, why: str) -> Convention:
    """A convention ends before its day, and why."""
    with transaction.atomic():
        row = _convention(convention_id)
        if row.ended_on is not None:
            raise Refused("Cette convention est déjà dénoncée.")
        if not why.strip():
            raise Refused("Dites pourquoi.", field="reason")
        row.ended_on, row.why_ended = timezone.localdate(), why.strip()[:200]
        row.ended_by = acting.current().label[:200]
        row.save(update_fields=["ended_on", "why_ended", "ended_by"])
    return row


def remind(now: dt.datetime | None = None) -> int:
    """Periodic: on the morning of its day, the keepers learn that a convention is to be renewed.

    Once for each convention. Returns how many were told.
    """
    now = timezone.localtime(now)
    if now.time() < MORNING:
        return 0
    told = 0
    with acting.acting(acting.system("conventions à renouveler")):
        due = Convention.objects.filter(
            remind_on__lte=now.date(), told_on=None, ended_on=None, renewal=None
        )
        for pk in list(due.values_list("pk", flat=True)[:MANY]):
            with transaction.atomic():
                row = Convention.objects.select_for_update().filter(pk=pk, told_on=None).first()
                if row is None:
                    continue
                row.told_on = now.date()
                row.save(update_fields=["told_on"])
                journal.append("partners.renew", object_id=row.pk, to=NAMED)
                told += 1
    return told


def _relation(partnership_id: UUID) -> Partnership:
    house = rules.house(acting.current())
    rows = Partnership.objects.select_for_update().filter(pk=partnership_id, organisation_id=house)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _convention(convention_id: UUID) -> Convention:
    house = rules.house(acting.current())
    rows = Convention.objects.select_for_update(of=("self",)).filter(
        pk=convention_id, partnership__organisation_id=house
    )
    found = rows.first()
    if found is None:
        raise Http404
    return found
