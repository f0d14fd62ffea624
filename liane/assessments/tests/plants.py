"""Rows of assessments in the access matrix: one social shared with nobody besides the team, one
clinical that the person may read."""

import json

from django.utils import timezone

from liane.assessments.models import Questionnaire, Response, ResponseEvent, Score
from tests.access.world import World, planter


def _content(link: str, text: str) -> str:
    group = {"linkId": "score", "item": [{"linkId": link, "answer": [{"valueString": text}]}]}
    return json.dumps({"response": {"resourceType": "QuestionnaireResponse", "item": [group]}})


@planter
def plant(world: World) -> None:
    """Completed assessments of each person, by her case manager or her nurse."""
    for name, nurse in (("A", world.practices["nurse"]), ("B", world.practices["zoe"])):
        author = {"author_holder_id": nurse.pk, "author_user_id": nurse.professional.user_id}
        for key, area in (("rai-maple", "social_assessment"), ("mmse", "clinical_note")):
            questionnaire = Questionnaire.objects.get(url=f"urn:liane:questionnaire:{key}")
            row = Response.objects.create(
                person=world.persons[name],
                questionnaire=questionnaire,
                area=area,
                status="completed",
                completed_at=timezone.now(),
                completed_by="Claire",
                content=_content("remarques", world.canary(area, name)),
                **author,
            )
            ResponseEvent.objects.create(
                response=row, after="completed", reason=world.canary(area, name)
            )
            Score.objects.create(
                person=world.persons[name],
                response=row,
                area=area,
                url=questionnaire.url,
                code=key,
                label=world.canary(area, name),
                band=world.canary(area, name),
                value=1,
                at=row.at,
                **author,
            )
            world.add("response_id" if key == "mmse" else "social_response_id", name, row.pk)
