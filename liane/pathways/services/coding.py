"""Saying which act of a pathway a visit was, whenever: by who did it, or by the coordination."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.interventions import services as acts
from liane.interventions.models import Intervention
from liane.pathways import asking, rules
from liane.pathways.asking import Question
from liane.pathways.models import Counted

OUTSIDE = "hors parcours"


def answer(intervention_ids: Collection[UUID], code: str, *, late_reason: str = "") -> int:
    """Say what these visits were; ``""``: no part of the pathway. Returns how many were settled.

    Said by somebody else than who did it, an act waits for them (`counting.recorded`). Those that
    were counted meanwhile are left alone; those said to be out of it may be said otherwise. Raises
    Http404 for acts out of reach, Refused for an act of another trade.
    """
    actor = acting.current()
    with transaction.atomic():
        rows = list(
            Intervention.objects.within(Reach.of(actor)).standing()
            .filter(pk__in=list(intervention_ids)).order_by("at", "id")
        )  # fmt: skip
        if len(rows) != len(set(intervention_ids)):
            raise Http404
        asked = asking.questions(rows, again=bool(code))
        for row in rows:
            question = asked.get(row.pk)
            if question is None:
                continue
            _require(row, question, code)
            if code:
                acts.code_intervention(row.pk, code, late_reason=late_reason)
            else:
                outside(row, question)
                ledger.wrote(row.person_id, "intervention", object_id=row.pk, purpose=OUTSIDE)
    return len(asked)


def _require(row: Intervention, question: Question, code: str) -> None:
    actor = acting.current()
    own = row.performed_by_id in {*actor.holders, actor.holder_id}
    house = question.enrolment.organisation_id
    if not own and not rules.may_include(actor, house, row.person_id):
        raise Http404
    if code and code not in dict(question.choices):
        raise Refused("Choisissez un acte de ce professionnel, ou « hors parcours ».", field="code")


def outside(row: Intervention, question: Question) -> None:
    """This act is no part of the pathway: a row that never counted says so, and who said it."""
    who = author_of(acting.current())
    with acting.acting(acting.system("séances : attribution")):
        Counted.objects.create(
            enrolment=question.enrolment, intervention=row, code="", ended_at=timezone.now(),
            reason=OUTSIDE, **who,
        )  # fmt: skip
