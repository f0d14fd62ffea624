"""What somebody answers about their own support, once: the satisfaction questionnaire.

The rights table lets a person read the social assessments shared with them, and write none: this
answer is their own word about a structure, never an assessment of them. It is given whole, cannot
be changed, and unless its author names themselves to the team it only counts in the figures.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone

from liane.assessments import catalogue, filling, queries, services, state
from liane.assessments.engine import posting
from liane.assessments.engine.answers import Answers
from liane.assessments.engine.behaviour import Settled, missing, settle
from liane.assessments.models import LIFE, Questionnaire, Response
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.patients.models import Patient

URL = "urn:liane:questionnaire:satisfaction"
GIVERS = frozenset({"person", "legal"})
Status = Response.Status


@dataclass(frozen=True)
class Given:
    """An answer to keep: about which support (``occasion``) of which organisation, told to whom."""

    occasion_id: UUID
    organisation_id: UUID
    named: bool = False
    """True when the care team and the organisation may read it with the person's name."""


def questionnaire() -> Questionnaire | None:
    """The version that is asked today; None where this installation asks nothing."""
    rows = Questionnaire.objects.filter(url=URL, organisation=None).order_by("-created_at")
    return next((row for row in rows if queries.is_offered(row)), None)


def answered(occasions: list[UUID]) -> set[UUID]:
    """Those of these occasions about which an answer stands. One query."""
    with acting.acting(acting.system("avis déjà donnés")):
        rows = Response.objects.filter(occasion_id__in=occasions).exclude(status=Status.ERROR)
        return {pk for pk in rows.values_list("occasion_id", flat=True) if pk}


def screen(person: Patient, asked: Questionnaire, form: QueryDict | None = None) -> filling.Screen:
    """The questions, with what was just typed where it must be looked at again."""
    one, settled, posted = _filled(person, asked, form)
    return filling.screen(
        one, settled, 1, errors=posted.errors, raw=posted.typed, show_missing=form is not None
    )


def give(person: Patient, asked: Questionnaire, form: QueryDict, given: Given) -> Response:
    """Keep the answer. Raises Refused where something is missing, or it was already given."""
    actor = acting.current()
    reach = Reach.of(actor)
    if actor.role not in GIVERS or not reach.may_read(Area.SOCIAL_ASSESSMENT, person.pk):
        raise NotAllowed("Seule la personne, ou qui la représente, donne cet avis.")
    one, settled, posted = _filled(person, asked, form)
    lacking = missing(one.definition, settled)
    if posted.errors or lacking:
        raise Refused(
            "Il manque une réponse, ou l’une d’elles est à revoir : rien n’est encore enregistré."
        )
    response = one.response
    response.for_team, response.for_person = given.named, True
    response.occasion_id, response.concerns_id = given.occasion_id, given.organisation_id
    with transaction.atomic():
        _insert(response)
        response.history.create(after=Status.IN_PROGRESS, **author_of(actor))
        transition(response, LIFE, Status.COMPLETED)
        response.completed_at, response.completed_by = timezone.now(), actor.label
        response.content = state.closed(one, settled=settled)
        response.save(update_fields=["completed_at", "completed_by", "content"])
        services.score(one, settled)
        journal.append(
            services.KINDS[response.area], person_id=person.pk, object_id=response.pk,
            to=Audience(team=given.named, person=True), announce=False,
        )  # fmt: skip
        ledger.wrote(person.pk, "assessment", object_id=response.pk, purpose="avis")
    return response


def _insert(response: Response) -> None:
    """Write the row; the database lets one answer stand for each occasion."""
    try:
        with transaction.atomic():
            response.content = "{}"
            response.save(force_insert=True)
    except IntegrityError:
        raise Refused("Votre avis sur cet accompagnement est déjà enregistré. Merci.") from None


def _filled(
    person: Patient, asked: Questionnaire, form: QueryDict | None
) -> tuple[state.Opened, Settled, posting.Posted]:
    actor = acting.current()
    response = Response(
        person=person, questionnaire=asked, area=asked.area, at=timezone.now(),
        changed_by=actor.label, **author_of(actor),
    )  # fmt: skip
    one = state.Opened(response, catalogue.definition_of(asked), Answers())
    posted = posting.read(one.definition, form) if form is not None else posting.Posted()
    answers = posting.apply(one.answers, posting.Posted(values=posted.values))
    settled = settle(one.definition, answers, queries.supplied(response))
    one.answers = settled.answers
    return one, settled, posted
