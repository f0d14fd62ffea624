"""What follows an act: it counts in one pathway, and waits for its professional when need be.

Called by `interventions.services` inside the transaction that records or undoes the act
(`registry.act_desks`), wherever it was entered: agenda, phone, import.
"""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal
from liane.core.audience import Audience
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.interventions.models import Intervention
from liane.pathways import asking, catalogue, progress
from liane.pathways.acts import Teams
from liane.pathways.models import Confirmation, Counted, Enrolment
from liane.pathways.services import coding
from liane.pathways.states import EnrolmentStatus
from liane.patients.queries import cluster_ids

NAMED = Audience(team=False)
FOLLOWED = (EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED, EnrolmentStatus.ENDED)


def recorded(act: Intervention, said: bool) -> None:  # noqa: FBT001
    """Count a coded act in the enrolment it belongs to. Raises Refused when there is none.

    Without a code: when that was said, or said of the row that it replaces, it is written down
    that the act is no part of the pathway; otherwise the question stays (`asking`).
    """
    if not act.code:
        if said or _was_outside(act.replaces_id):
            question = asking.questions([act]).get(act.pk)
            if question is not None:
                coding.outside(act, question)
        return
    actor = acting.current()
    who = author_of(actor)
    own = act.performed_by_id in {*actor.holders, actor.holder_id}
    with acting.acting(acting.system("séances : attribution")):
        row = _enrolment_of(act)
        Counted.objects.create(enrolment=row, intervention=act, code=act.code, **who)
        if not own and act.performed_by_id is not None:
            made = Confirmation.objects.create(
                person_id=act.person_id, enrolment=row, intervention=act,
                practice_id=act.performed_by_id, for_person=True, **who,
            )  # fmt: skip
            made.history.create(after=made.status, **who)
            journal.append(
                "pathway.to_confirm", person_id=act.person_id, object_id=made.pk, to=NAMED
            )
        progress.refresh([row.pk])


def _was_outside(act_id: UUID | None) -> bool:
    if act_id is None:
        return False
    with acting.acting(acting.system("séances : attribution")):
        return Counted.objects.filter(intervention_id=act_id, code="").exists()


def undone(act: Intervention) -> None:
    """The act does not stand any more: neither does its count."""
    if not act.code:
        return
    with acting.acting(acting.system("séances : attribution")):
        rows = Counted.objects.filter(intervention=act, ended_at=None)
        touched = list(rows.values_list("enrolment_id", flat=True))
        rows.update(ended_at=timezone.now(), reason="acte annulé")
        progress.refresh(touched)


def codes(person_id: UUID, holders: Collection[UUID]) -> list[tuple[str, str]]:
    """Acts to offer for a person in a pathway, those of these holders' professions first.

    Four queries; one for a person who is in none.
    """
    reach = Reach.of(acting.current())
    rows = list(
        Enrolment.objects.within(reach).filter(
            person_id=person_id, status__in=[EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED]
        )
    )
    if not rows:
        return []
    protocols = catalogue.of_enrolments(rows)
    teams = Teams.of({row.project_id for row in rows})
    today = timezone.localdate()
    mine: dict[str, str] = {}
    others: dict[str, str] = {}
    for row in rows:
        protocol = protocols.get(row.pk)
        if protocol is None:
            continue
        signed = [teams.signatory(row.project_id, holder, today) for holder in holders]
        ours = {one.profession for one in signed if one is not None}
        for act in protocol.acts:
            (mine if ours & set(act.professions) else others)[act.code] = act.label
    return [*mine.items(), *((code, label) for code, label in others.items() if code not in mine)]


def _enrolment_of(act: Intervention) -> Enrolment:
    """The one enrolment that an act belongs to: that of a team its professional is of, first."""
    found = _candidates(act)
    if not found:
        raise Refused(
            "Cet acte n’est d’aucun parcours en cours pour cette personne à cette date.",
            field="code", code="no-pathway",
        )  # fmt: skip
    day = timezone.localdate(act.at)
    teams = Teams.of({row.project_id for row in found})
    protocols = catalogue.of_enrolments(found)
    trades: list[str] = []
    for row in found:
        signed = teams.signatory(row.project_id, act.performed_by_id, day)
        said = catalogue.act_of(protocols[row.pk], act.code)
        if signed is None or said is None:
            continue
        if not said.professions or signed.profession in said.professions:
            return row
        names = catalogue.professions(protocols[row.pk])
        trades = [names.get(one, one) for one in said.professions]
    if trades:
        raise Refused(
            f"Cet acte est celui d’un autre métier ({', '.join(trades)}) : choisissez un acte de "
            "qui l’a fait.", field="code", code="profession",
        )  # fmt: skip
    return found[0]


def _candidates(act: Intervention) -> list[Enrolment]:
    day: dt.date = timezone.localdate(act.at)
    rows = Enrolment.objects.filter(
        person_id__in=cluster_ids(act.person_id), status__in=FOLLOWED, included_on__lte=day
    ).order_by("included_on", "id")
    protocols = catalogue.of_enrolments(list(rows))
    return [
        row
        for row in rows
        if (row.ended_on is None or day <= row.ended_on)
        and row.pk in protocols
        and catalogue.act_of(protocols[row.pk], act.code) is not None
    ]
