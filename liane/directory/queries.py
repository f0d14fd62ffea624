"""Reads of the directory."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.core import acting
from liane.core.prepared import prepared
from liane.directory.models import (
    Absence,
    Change,
    Duty,
    Locum,
    Organisation,
    Post,
    Practice,
    Professional,
)
from liane.directory.rules import OFFICE


@dataclass(frozen=True)
class Away:
    """An absence as who writes should see it: « absente jusqu’au 3, remplacée par X »."""

    until: dt.date
    replaced_by: Practice | None

    @property
    def words(self) -> str:
        """One sentence, without gender."""
        last = (
            f"{self.until.day}{'er' if self.until.day == 1 else ''} {MONTHS[self.until.month - 1]}"
        )
        text = f"en congé jusqu’au {last}"
        return (
            text
            if self.replaced_by is None
            else f"{text}, remplacement : {self.replaced_by.professional}"
        )


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def away(practice_ids: Collection[UUID], on: dt.date | None = None) -> dict[UUID, Away]:
    """Which of these practices are away on ``on`` (today). One query.

    A locum in place counts as the replacement when the absence names none.
    """
    day = on or timezone.localdate()
    found = {
        absence.practice_id: Away(absence.ends_on, absence.replaced_by)
        for absence in absences_on(practice_ids, day)
    }
    nobody = [pk for pk, item in found.items() if item.replaced_by is None]
    if nobody:
        for contract in locums_on(nobody, day):
            found[contract.replaced_id] = Away(found[contract.replaced_id].until, contract.locum)
    return found


def absences_on(practice_ids: Collection[UUID], day: dt.date) -> list[Absence]:
    """Absences of these practices on a day, each with who replaces. One query, asked once."""
    ids = tuple(sorted(set(practice_ids)))
    return acting.remember(("absences", ids, day), lambda: _absences(ids, day)) if ids else []


@prepared
def _absences(practice_ids: Sequence[UUID], day: dt.date) -> QuerySet[Absence]:
    return (
        Absence.objects.filter(practice_id__in=practice_ids, starts_on__lte=day, ends_on__gte=day)
        .select_related("replaced_by__professional")
        .order_by("ends_on")
    )


def locums_on(practice_ids: Collection[UUID], day: dt.date) -> list[Locum]:
    """Locums in the place of these practices on a day. One query."""
    return _locums(sorted(practice_ids), day) if practice_ids else []


@prepared
def _locums(practice_ids: Sequence[UUID], day: dt.date) -> QuerySet[Locum]:
    return Locum.objects.filter(
        replaced_id__in=practice_ids, starts_on__lte=day, ends_on__gte=day
    ).select_related("locum__professional")


def current(practices: QuerySet[Practice]) -> QuerySet[Practice]:
    """Only the practices in force today."""
    today = timezone.localdate()
    return practices.filter(
        Q(started_on=None) | Q(started_on__lte=today), Q(ended_on=None) | Q(ended_on__gte=today)
    )


def professional(professional_id: UUID, *, with_unregistered: bool) -> Professional | None:
    """A professional, staff without RPPS only for who may see them."""
    rows = Professional.objects.filter(pk=professional_id)
    if not with_unregistered:
        rows = rows.exclude(rpps=None)
    return rows.select_related("vouched_by").first()


def places_of(professional_id: UUID) -> list[Practice]:
    """Where somebody works now. One query."""
    rows = current(Practice.objects.filter(professional_id=professional_id))
    return list(rows.select_related("organisation").order_by("created_at"))


def organisation(organisation_id: UUID) -> Organisation | None:
    """An organisation."""
    return Organisation.objects.filter(pk=organisation_id).select_related("parent").first()


def staff(organisation_id: UUID, *, with_unregistered: bool) -> list[Practice]:
    """Who works there now. One query."""
    rows = current(
        Practice.objects.filter(organisation_id=organisation_id, professional__active=True)
    )
    if not with_unregistered:
        rows = rows.exclude(professional__rpps=None)
    return list(
        rows.select_related("professional").order_by("professional__family", "professional__given")
    )


def posts(organisation_id: UUID) -> list[Post]:
    """The posts of an organisation, each with ``on_duty`` (present turns). Two queries."""
    found = list(Post.objects.filter(organisation_id=organisation_id, active=True).order_by("name"))
    turns = duties([post.pk for post in found])
    for post in found:
        post.on_duty = turns.get(post.pk, [])  # type: ignore[attr-defined]
    return found


def duties(post_ids: Collection[UUID], at: dt.datetime | None = None) -> Mapping[UUID, list[Duty]]:
    """Present turns of these posts, deputies last. One query."""
    now = at or timezone.now()
    found: dict[UUID, list[Duty]] = {}
    for duty in (
        Duty.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=now), post_id__in=list(post_ids), starts_at__lte=now
        )
        .select_related("practice__professional")
        .order_by("deputy", "starts_at")
    ):
        found.setdefault(duty.post_id, []).append(duty)
    return found


def post(post_id: UUID) -> Post | None:
    """A post."""
    return Post.objects.filter(pk=post_id, active=True).select_related("organisation").first()


def calendar(post_id: UUID, days: int = 60) -> list[Duty]:
    """Present and coming turns of a post. One query."""
    now = timezone.now()
    rows = Duty.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        post_id=post_id,
        starts_at__lt=now + dt.timedelta(days=days),
    )
    return list(rows.select_related("practice__professional").order_by("starts_at"))


def duty(duty_id: UUID) -> Duty | None:
    """A turn of duty."""
    rows = Duty.objects.filter(pk=duty_id)
    return rows.select_related("post", "practice__professional").first()


def practice(practice_id: UUID) -> Practice | None:
    """A practice with its professional and organisation."""
    rows = Practice.objects.filter(pk=practice_id)
    return rows.select_related("professional", "organisation").first()


def absences_kept_by(
    professional_id: UUID | None, organisation_id: UUID | None, role: str
) -> list[Absence]:
    """Present and coming absences of oneself, and of one's house for who keeps it. One query."""
    who = Q(practice__professional_id=professional_id)
    if role in OFFICE and organisation_id is not None:
        who |= Q(practice__organisation_id=organisation_id)
    rows = Absence.objects.filter(who, ends_on__gte=timezone.localdate())
    return list(
        rows.select_related(
            "practice__professional", "practice__organisation", "replaced_by__professional"
        ).order_by("starts_on")
    )


def absence(absence_id: UUID) -> Absence | None:
    """An absence."""
    return Absence.objects.filter(pk=absence_id).select_related("practice").first()


def contracts_of(
    professional_id: UUID | None, organisation_id: UUID | None, *, manager: bool
) -> list[Locum]:
    """Locum contracts in which I take part, or of my house when I manage it. One query."""
    who = Q(replaced__professional_id=professional_id) | Q(locum__professional_id=professional_id)
    if manager and organisation_id is not None:
        who |= Q(replaced__organisation_id=organisation_id)
    rows = Locum.objects.filter(who, ends_on__gte=timezone.localdate() - dt.timedelta(days=60))
    return list(
        rows.select_related(
            "replaced__professional", "replaced__organisation", "locum__professional"
        ).order_by("-starts_on")
    )


def contract(contract_id: UUID) -> Locum | None:
    """A locum contract."""
    rows = Locum.objects.filter(pk=contract_id)
    return rows.select_related("replaced__professional", "locum__professional").first()


def by_rpps(number: str) -> Professional | None:
    """The professional of an RPPS number."""
    return Professional.objects.filter(rpps=number, active=True).first()


def history(object_ids: Collection[UUID]) -> list[Change]:
    """Who changed what, latest first. One query."""
    return list(Change.objects.filter(object_id__in=list(object_ids)).order_by("-at")[:50])
