"""The minutes as a PDF, made by a task, kept as a document of the record."""

import json
from uuid import UUID

from django.db import IntegrityError, transaction
from django.tasks import task

from liane.core.acting import Actor, acting, system
from liane.core.audience import Audience
from liane.core.files import store
from liane.core.pdf import available, render
from liane.core.templatetags.liane import long_date
from liane.meetings.models import Minutes, MinutesFile, Opinion
from liane.timeline import services as timeline
from liane.timeline.models import Document

__all__ = ["available", "make_later", "make_pdf"]


def make_later(made: Minutes, *, person: bool, carers: bool) -> None:
    """Have the PDF made, where it can be."""
    if available():
        make_pdf.enqueue(str(made.pk), person, carers)


@task
def make_pdf(minutes_id: str, person: bool = False, carers: bool = False) -> None:
    """Make the PDF of approved minutes, once, and put it in the record."""
    with acting(system("compte rendu : document")):
        made = (
            Minutes.objects.filter(pk=UUID(minutes_id), pdf=None)
            .select_related("meeting__person", "meeting__convener")
            .first()
        )
        if made is None:
            return
        content = render("meetings/pdf.html", context_of(made))
        meeting = made.meeting
        stored = store.receive_bytes(
            content,
            name="Compte rendu de concertation.pdf",
            declared="application/pdf",
            person_id=made.person_id,
            organisation_id=made.author_organisation_id,
        )
        with acting(_author(made)):
            try:
                with transaction.atomic():
                    document = timeline.add_document(
                        made.person_id,
                        title=f"Compte rendu de concertation du {long_date(meeting.starts_at)}",
                        category=Document.Category.LETTER,
                        file=stored,
                        to=Audience(person=person, carers=carers),
                    )
                    MinutesFile.objects.create(
                        minutes=made, meeting=meeting, person_id=made.person_id, document=document
                    )
            except IntegrityError:
                return


def _author(made: Minutes) -> Actor:
    """Acts by rule, in the name of whoever submitted the minutes."""
    return Actor(
        kind="system",
        label=made.author_label,
        user_id=made.author_user_id,
        holder_id=made.author_holder_id,
        organisation_id=made.author_organisation_id,
        channel="machine",
    )


def context_of(made: Minutes) -> dict[str, object]:
    """What the document says."""
    opinions = {
        one.participant_id: one
        for one in Opinion.objects.filter(minutes=made)
        .select_related("participant__practice__professional")
        .order_by("at", "id")
    }
    approved = made.meeting.history.filter(after="approved").order_by("-at").first()
    return {
        "person": made.meeting.person,
        "meeting": made.meeting,
        "minutes": made,
        "said": json.loads(made.content),
        "opinions": list(opinions.values()),
        "approved": approved,
    }
