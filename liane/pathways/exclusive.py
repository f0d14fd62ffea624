"""An act billed by itself for something that a bundle pays: refused or flagged as it is entered.

In a reinforced pathway the interventions of those who signed are financed by the bundle alone (CSS,
L.162-62); a definition may name besides, for any bundle, the codes that it covers whoever did the
act (``cumulation.acts``). Whoever does not read the enrolment is not told which bundle it is: its
name says what somebody suffers from.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal
from liane.core.audience import Audience
from liane.core.errors import Refused
from liane.interventions.models import Intervention
from liane.pathways import catalogue
from liane.pathways.acts import Teams
from liane.pathways.models import Counted, Enrolment, Session
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import OPEN_SESSIONS, READ, SessionState
from liane.patients.queries import cluster_ids

LAW = "CSS, L. 162-62"


class Barred(Refused):
    """An act that a bundle pays: not to be billed by itself. Kept for who answers for it."""

    def __init__(self, message: str, row: Enrolment) -> None:
        super().__init__(message, field="code", code="exclusive")
        self.enrolment_id, self.person_id = row.pk, row.person_id


def kept(error: Exception) -> None:
    """Tell who follows the bundle that somebody was going to bill by the act what it pays.

    Told of their own bundle alone, to its structure alone; the act itself is not written.
    """
    if isinstance(error, Barred):
        with transaction.atomic():
            journal.append(
                "pathway.barred", person_id=error.person_id, object_id=error.enrolment_id,
                to=Audience(team=False),
            )  # fmt: skip


def barred(act: Any) -> None:
    """Refuse an act (`interventions.services.Act`) billed under a code that a bundle pays.

    Seven queries at most; none for an act that is billed under no code. Raises Refused with the
    reason, the article and the way out.
    """
    if not act.billed:
        return
    actor, day = acting.current(), timezone.localdate(act.at)
    with acting.acting(acting.system("acte à l’acte : forfaits")):
        found = _barring(act, day)
    if found is None:
        return
    row, protocol, why, article = found
    with acting.acting(actor):
        reads = Enrolment.objects.within(Reach.of(actor)).filter(pk=row.pk).exists()
    named = f"le forfait « {protocol.title} »" if reads else "un forfait en cours"
    mine = [one.label for one in protocol.acts] if reads else []
    cited = f" ({article})" if reads or article == LAW else ""
    out = f" Notez plutôt la séance du parcours ({', '.join(mine)})," if mine else " Notez l’acte"
    raise Barred(
        f"{', '.join(act.billed)} : {named} {why}{cited}, à ne pas facturer à l’acte."
        f"{out} sans code de facturation ; si elle est hors du projet, dites-la « hors parcours ».",
        row,
    )  # fmt: skip


def _barring(act: Any, day: dt.date) -> tuple[Enrolment, Protocol, str, str] | None:
    rows = list(
        Enrolment.objects.filter(
            person_id__in=cluster_ids(act.person_id), status__in=READ, included_on__lte=day
        ).order_by("included_on", "id")
    )
    rows = [row for row in rows if row.ended_on is None or day <= row.ended_on]
    protocols = catalogue.of_enrolments(rows)
    teams = Teams.of({row.project_id for row in rows}) if rows else None
    for row in rows:
        protocol = protocols.get(row.pk)
        if protocol is None or teams is None:
            continue
        if {*map(_bare, act.billed)} & {*map(_bare, protocol.cumulation.acts)}:
            return row, protocol, "couvre déjà cet acte", protocol.legal.reference
        signed = teams.signatory(row.project_id, act.performed_by_id, day)
        if protocol.project is not None and signed is not None and act.code != "":
            return row, protocol, "paie seul les interventions de qui a signé son projet", LAW
    return None


def _bare(code: str) -> str:
    """« AMI 4 » and « AMI4 » are the same act."""
    return "".join(code.upper().split())


def flagged(acts: Collection[Intervention]) -> str:
    """What to say at once of acts just said to be out of the pathway while a session of the same
    trade is due in it: nothing is refused, for it may be true. Empty when nothing is to be said."""
    return flagged_ids([one.pk for one in acts])


def flagged_ids(act_ids: Collection[UUID]) -> str:
    """The same of acts by their identifiers. Six queries for those out of a pathway, else one."""
    with acting.acting(acting.system("hors parcours : séances dues")):
        said = list(
            Counted.objects.filter(intervention_id__in=list(act_ids), code="")
            .select_related("enrolment", "intervention").order_by("-created_at")
        )  # fmt: skip
        if not said:
            return ""
        protocols = catalogue.of_enrolments([one.enrolment for one in said])
        due = _due([one.enrolment_id for one in said])
        for one in said:
            protocol = protocols.get(one.enrolment_id)
            if protocol is None or protocol.project is None:
                continue
            row, act = one.enrolment, one.intervention
            signed = Teams.of([row.project_id]).signatory(
                row.project_id, act.performed_by_id, act.day
            )
            waited = [
                kind.label for kind in protocol.acts
                if signed is not None and signed.profession in kind.professions
                and kind.code in due.get(row.pk, ())
            ]  # fmt: skip
            if waited:
                return (
                    f"Noté hors parcours, donc à l’acte. Le forfait attend pourtant "
                    f"{_list(waited)}, que lui seul paie ({LAW}). Si c’était cela, dites-le "
                    "dans « Actes et forfaits »."
                )
    return ""


def _list(labels: Collection[str]) -> str:
    return ", ".join(f"« {label} »" for label in labels)


def _due(enrolments: Collection[UUID]) -> dict[UUID, set[str]]:
    rows = Session.objects.filter(
        enrolment_id__in=list(enrolments), status__in=[*OPEN_SESSIONS, SessionState.PLANNED]
    )
    found: dict[UUID, set[str]] = {}
    for pk, code in rows.values_list("enrolment_id", "code"):
        found.setdefault(pk, set()).add(code)
    return found
