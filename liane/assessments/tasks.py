"""Deferred work of assessments. Arguments are identifiers; a task may run twice harmlessly."""

from uuid import UUID

from django.db import transaction
from django.tasks import task

from liane.assessments import queries
from liane.assessments.models import Response
from liane.core import pdf
from liane.core.acting import acting, system
from liane.core.files import store


@task
def make_paper(response_id: str) -> None:
    """Make the PDF of a completed assessment, once."""
    with acting(system("assessments")):
        response = (
            Response.objects.filter(pk=UUID(response_id), paper=None)
            .select_related("questionnaire", "person")
            .first()
        )
        if response is None or not response.is_done:
            return
        content = pdf.render("assessments/paper.html", queries.results(response).context())
        stored = store.receive_bytes(
            content,
            name="evaluation.pdf",
            declared="application/pdf",
            person_id=response.person_id,
            organisation_id=response.author_organisation_id,
        )
        with transaction.atomic():
            kept = Response.objects.select_for_update().get(pk=response.pk)
            if kept.paper_id is None:
                kept.paper = store.keep(stored)
                kept.save(update_fields=["paper"])
