"""The reader of the journal that tells each account concerned: once, grouped, as it wishes.

Inside the transaction of its cursor. Idempotent on (entry, account): the row's identifier is made
from both.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from liane.circle.queries import Recipient, reached_by, recipients
from liane.core import journal, registry
from liane.core.inserting import insert_all
from liane.core.models import Entry
from liane.directory.models import Absence
from liane.notifications import queries, rules, tasks
from liane.notifications.models import Notification

Group = tuple[UUID, UUID | None, UUID | None, bool]


def read(entries: Collection[Entry]) -> None:
    """Tell those concerned by these entries."""
    for entry in entries:
        notice = registry.notice_kinds.get(entry.kind)
        if notice is not None and entry.announce:
            _tell(entry, notice, timezone.localtime())


def _tell(entry: Entry, notice: registry.NoticeKind, now: dt.datetime) -> None:
    people = _concerned(entry)
    told = set(
        Notification.objects.filter(
            pk__in=[rules.key_of(entry.id, user) for user in people]
        ).values_list("user_id", flat=True)
    )
    people = {user: one for user, one in people.items() if user not in told}
    if not people:
        return
    urgent = entry.urgent or notice.urgent
    rows = _rows(entry, notice, people, urgent, now)
    insert_all(rows)
    heads = [row for row in rows if row.is_head]
    journal.signal_each("badge", [row.user_id for row in heads])
    pushable = queries.with_browsers([row.user_id for row in heads if row.push])
    for row in heads:
        if row.push and row.user_id in pushable:
            tasks.push_later(row)


def _concerned(entry: Entry) -> dict[UUID, Recipient]:
    """Accounts to tell, with the seat through which each reads; never the author."""
    found: dict[UUID, Recipient] = {}
    for one in recipients(entry):
        if one.user_id != entry.actor_user_id:
            found.setdefault(one.user_id, one)
    return found


def _called(entry: Entry, notice: registry.NoticeKind) -> set[UUID]:
    """The accounts that the event calls by name, alone or through their post or organisation."""
    holders = notice.calls(entry) if notice.calls is not None else ()
    return reached_by(entry, set(holders)) if holders else set()


def _rows(
    entry: Entry,
    notice: registry.NoticeKind,
    people: dict[UUID, Recipient],
    urgent: bool,
    now: dt.datetime,
) -> list[Notification]:
    wishes = queries.wishes(people)
    away, standing_in = _absences(people.values())
    called = _called(entry, notice)
    heads = _heads(people.keys() - called, entry, urgent, now)
    rows = []
    for user, one in people.items():
        where = rules.channels(
            wishes[user], entry.kind, urgent=urgent, person_id=entry.person_id, now=now,
            called=user in called, default_push=notice.push, default_digest=notice.digest,
        )  # fmt: skip
        if user in standing_in and not where.inside:
            where = rules.Channels(True, notice.push, notice.digest, now)
        if not where.inside:
            continue
        key = rules.key_of(entry.id, user)
        insists = urgent and notice.escalates
        rows.append(
            Notification(
                id=key,
                group_id=heads.get(user, key),
                user_id=user,
                holder_id=one.holder_id,
                entry_id=entry.id,
                kind=entry.kind,
                person_id=entry.person_id,
                thread_id=entry.thread_id,
                urgent=urgent,
                called=user in called,
                instead_of=standing_in.get(user, ""),
                occurred_at=entry.occurred_at,
                created_at=now,
                due_at=where.due_at,
                push=where.push and user not in away,
                digest=where.digest,
                sms_at=where.due_at + rules.SMS_AFTER if insists and user not in away else None,
                call_at=where.due_at + rules.CALL_AFTER if insists else None,
            )
        )
    return rows


def _heads(users: Iterable[UUID], entry: Entry, urgent: bool, now: dt.datetime) -> dict[UUID, UUID]:
    """The unread group, young enough, that each account has on the same person or thread."""
    if urgent:
        return {}
    about = {"person_id": entry.person_id} if entry.person_id else {"thread_id": entry.thread_id}
    if not any(about.values()):
        return {}
    found: dict[UUID, UUID] = defaultdict()
    groups = (
        Notification.objects.filter(
            user_id__in=list(users), read_at=None, urgent=False,
            created_at__gte=now - rules.STORM, **about,
        )
        .values("user_id", "group_id")
        .annotate(latest=Max("created_at"))
        .order_by("latest")
    )  # fmt: skip
    for group in groups:
        found[group["user_id"]] = group["group_id"]
    return found


def _absences(people: Iterable[Recipient]) -> tuple[set[UUID], dict[UUID, str]]:
    """Accounts away today and replaced by somebody told as well; who stands in, for whom."""
    by_holder = {one.holder_id: one.user_id for one in people}
    today = timezone.localdate()
    away: set[UUID] = set()
    standing_in: dict[UUID, str] = {}
    for absence in Absence.objects.filter(
        practice_id__in=list(by_holder), starts_on__lte=today, ends_on__gte=today
    ).select_related("practice__professional", "replaced_by__professional"):
        if absence.replaced_by is None:
            continue
        stand_in = absence.replaced_by.professional.user_id
        if stand_in is not None and stand_in in by_holder.values():
            away.add(by_holder[absence.practice_id])
            standing_in[stand_in] = absence.practice.professional.name
    return away, standing_in
