"""Acts of a period with what pays each: the bundle, the act itself, or a question to settle."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.clock import day_bounds
from liane.interventions.models import Intervention
from liane.pathways import asking, catalogue
from liane.pathways.acts import Teams
from liane.pathways.asking import Question
from liane.pathways.models import Confirmation, Counted, Enrolment
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import READ, ConfirmationStatus

BUNDLE, WAITING, DOUBT = "forfait", "a-confirmer", "a-verifier"
OUT, ACT = "hors-parcours", "acte"
ADVICE = {
    BUNDLE: "Payé par le forfait : ne pas facturer à l’acte.",
    WAITING: "Compté au forfait dès sa confirmation : ne pas facturer à l’acte.",
    DOUBT: "Personne suivie au forfait par cette équipe : à l’acte seulement si l’intervention est "
           "hors du projet de parcours.",
    OUT: "Dit hors parcours, de qui a signé le projet : à l’acte s’il est bien hors du "
         "projet ; sinon, dites quelle séance c’était.",
    ACT: "Hors forfait.",
}  # fmt: skip
LAW = "CSS, L.162-62"


@dataclass(frozen=True)
class Team:
    """The enrolments of some persons that the reader's own projects follow."""

    enrolments: Mapping[UUID, Sequence[Enrolment]]
    protocols: Mapping[UUID, Protocol]
    teams: Teams

    @classmethod
    def of(cls, people: Collection[UUID], holders: Collection[UUID]) -> "Team":
        """Those of the projects that these holders answer for or signed. Five queries."""
        ours = Q(organisation_id__in=holders) | Q(project__signatories__practice_id__in=holders)
        rows = list(
            Enrolment.objects.filter(
                ours, person_id__in=list(people), status__in=READ, included_on__isnull=False
            ).distinct()
        )
        found: dict[UUID, list[Enrolment]] = defaultdict(list)
        for row in rows:
            found[row.person_id].append(row)
        return cls(found, catalogue.of_enrolments(rows), Teams.of({row.project_id for row in rows}))

    def running(self, person_id: UUID, day: dt.date) -> list[Enrolment]:
        """The bundles that run for a person on a day."""
        return [
            row
            for row in self.enrolments.get(person_id, ())
            if (row.included_on or dt.date.max) <= day <= (row.ended_on or dt.date.max)
            and row.pk in self.protocols
        ]

    def signed(self, person_id: UUID, practice_id: UUID | None, day: dt.date) -> Enrolment | None:
        """A bundle that runs that day and whose project this professional signed, or None."""
        for row in self.running(person_id, day):
            if self.teams.signatory(row.project_id, practice_id, day) is not None:
                return row
        return None

    def label(self, row: Enrolment, code: str) -> str:
        """An act of the bundle in words."""
        known = self.protocols.get(row.pk)
        return catalogue.label_of(known, code) if known is not None else code

    def title(self, row: Enrolment) -> str:
        """The bundle in words."""
        return self.protocols[row.pk].title if row.pk in self.protocols else row.protocol_key


@dataclass(frozen=True)
class Financed:
    """One act and what pays it; ``code`` is the act of the pathway."""

    act: Intervention
    by: str
    bundle: str = ""
    code: str = ""
    label: str = ""
    question: Question | None = None
    """What to ask of a doubt, for who may answer."""

    @property
    def advice(self) -> str:
        """What to do with it in the billing software."""
        return ADVICE[self.by]


def between(first: dt.date, last: dt.date) -> list[Financed]:
    """The acts of the actor's structure or of their own, oldest first, recorded as read.

    Whoever keeps the accounts also finds those counted in the structure's bundles and done by
    professionals of elsewhere. Ten queries at any number.
    """
    actor = acting.current()
    holders = set(actor.holders) | ({actor.holder_id} if actor.holder_id else set())
    within = Intervention.objects.within(Reach.of(actor)).standing()
    ours = Q(performed_by_id__in=holders) | Q(organisation_id__in=holders)
    ours |= Q(in_bundles__enrolment__organisation_id__in=holders, in_bundles__ended_at=None)
    rows = within.filter(ours, at__gte=day_bounds(first)[0], at__lt=day_bounds(last)[1])
    acts = list(
        rows.distinct().select_related("person", "performed_by__professional").order_by("at", "id")
    )
    ledger.read({act.person_id for act in acts}, "intervention")
    with acting.acting(acting.system("forfaits : exclusivité")):
        return _financed(acts, holders)


def _financed(acts: Sequence[Intervention], holders: Collection[UUID]) -> list[Financed]:
    team = Team.of({act.person_id for act in acts}, holders)
    ids = [act.pk for act in acts]
    counted = {
        row.intervention_id: row
        for row in Counted.objects.filter(
            intervention_id__in=ids, ended_at=None
        ).select_related("enrolment")
    }  # fmt: skip
    waiting = set(
        Confirmation.objects.filter(intervention_id__in=ids)
        .exclude(status=ConfirmationStatus.CONFIRMED)
        .values_list("intervention_id", flat=True)
    )
    asked = asking.questions([act for act in acts if act.pk not in counted], again=True)
    said = set(
        Counted.objects.filter(intervention_id__in=ids, code="").values_list(
            "intervention_id", flat=True
        )
    )
    found = [_one(act, counted.get(act.pk), act.pk in waiting, team) for act in acts]
    return [
        replace(one, by=OUT, question=asked.get(one.act.pk))
        if one.act.pk in said and one.by == DOUBT
        else replace(one, question=asked.get(one.act.pk)) if one.by == DOUBT
        else one
        for one in found
    ]  # fmt: skip


def _one(act: Intervention, counted: Counted | None, waits: bool, team: Team) -> Financed:  # noqa: FBT001
    if counted is not None:
        by = WAITING if waits else BUNDLE
        bundle = counted.enrolment
        return Financed(act, by, team.title(bundle), counted.code, team.label(bundle, counted.code))
    row = team.signed(act.person_id, act.performed_by_id, timezone.localdate(act.at))
    return Financed(act, DOUBT, team.title(row)) if row is not None else Financed(act, ACT)
