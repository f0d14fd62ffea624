"""What persons and carers said of their support: answers to the satisfaction questionnaire."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from liane.assessments.models import DONE, Response, Score
from liane.insight.sources import Scope

CODE = "satisfaction"
LEVELS = {
    "tres": "très satisfait",
    "plutot": "plutôt satisfait",
    "peu": "peu satisfait",
    "pas": "pas satisfait",
}


def given(scope: Scope) -> QuerySet[Score]:
    """Answers that the organisation collected, or that persons gave about it, and that stand."""
    corrected = Response.objects.filter(replaces_id=OuterRef("response_id"), status__in=DONE)
    rows: QuerySet[Score] = Score.objects.within(scope.reach)
    return rows.filter(
        ~Exists(corrected),
        Q(author_organisation_id=scope.organisation_id)
        | Q(response__concerns_id=scope.organisation_id),
        scope.during("at"),
        code=CODE,
        response__status__in=DONE,
    ).order_by()
