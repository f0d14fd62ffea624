"""Verbs: asking for the report as a document, and making it."""

from uuid import UUID

from django.db import transaction
from django.tasks import task

from liane.core import acting, pdf
from liane.core.errors import NotAllowed, Refused
from liane.core.files import store
from liane.core.models import author_of
from liane.insight import queries, rules
from liane.insight.definitions import CURRENT
from liane.insight.models import ReportFile
from liane.insight.periods import Period


def ask_document(period: Period) -> ReportFile:
    """Have the report of one's organisation made as PDF, without names nor small cells.

    The same report asked again while it is being made is the same document. Raises NotAllowed,
    Refused where no PDF can be made.
    """
    actor = acting.current()
    if not rules.reads(actor):
        raise NotAllowed
    if not pdf.available():
        raise Refused("Le PDF ne peut pas être fait ici : utilisez l’impression de la page.")
    about = {
        "organisation_id": actor.organisation_id, "kind": period.kind, "first": period.first,
        "last": period.last, "definitions": CURRENT,
    }  # fmt: skip
    with transaction.atomic():
        waiting = ReportFile.objects.filter(**about, file=None).first()
        if waiting is not None:
            return waiting
        made = ReportFile.objects.create(**about, **author_of(actor))
        transaction.on_commit(lambda: _enqueue(made.pk))
    return made


def _enqueue(report_id: UUID) -> None:
    make_document.enqueue(str(report_id))


@task
def make_document(report_id: str) -> None:
    """Make the PDF of a report, once."""
    with acting.acting(acting.system(queries.WHY)):
        asked = (
            ReportFile.objects.filter(pk=UUID(report_id), file=None)
            .select_related("organisation")
            .first()
        )
        if asked is None:
            return
        report = queries.computed(asked.organisation, asked.period, whole=False)
        content = pdf.render("insight/paper.html", {"report": report, "asked": asked})
        stored = store.receive_bytes(
            content,
            name=f"Activité {report.period.label}.pdf",
            declared="application/pdf",
            person_id=None,
            organisation_id=asked.organisation_id,
        )
        with transaction.atomic():
            kept = ReportFile.objects.select_for_update().get(pk=asked.pk)
            if kept.file_id is None:
                kept.file = store.keep(stored)
                kept.save(update_fields=["file"])
