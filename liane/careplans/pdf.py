"""The PDF of a version, in the four parts of the HAS form, made by a task."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.tasks import task

from liane.careplans import queries, rules
from liane.careplans.models import PlanVersion, VersionFile
from liane.circle.around import around
from liane.core.acting import acting, system
from liane.core.files import store
from liane.core.pdf import available, render
from liane.patients.queries import contacts

__all__ = ["available", "make_later", "make_pdf"]
WHY = "plan : document"


def make_later(version: PlanVersion) -> None:
    """Have the PDF made, where it can be."""
    if available():
        make_pdf.enqueue(str(version.pk))


@task
def make_pdf(version_id: str) -> None:
    """Make the PDF of a version, once."""
    with acting(system(WHY)):
        version = (
            PlanVersion.objects.filter(pk=UUID(version_id), pdf=None)
            .select_related("plan__person", "plan__referent__organisation")
            .first()
        )
        if version is None:
            return
        content = render("careplans/pdf.html", context_of(version))
        stored = store.receive_bytes(
            content,
            name=f"PPCS version {version.number}.pdf",
            declared="application/pdf",
            person_id=version.person_id,
            organisation_id=version.author_organisation_id,
        )
        try:
            with transaction.atomic():
                VersionFile.objects.create(
                    version=version,
                    plan_id=version.plan_id,
                    person_id=version.person_id,
                    file=store.keep(stored),
                )
        except IntegrityError:
            return


def context_of(version: PlanVersion) -> dict[str, object]:
    """What the document says. Words that their author kept from the person are not in it: the
    team may hand it to her.
    """
    words = queries.words_of(version.person_id, version.at)
    return {
        "person": version.plan.person,
        "version": version,
        "plan": version.plan,
        "shown": queries.shown(version),
        "words": [one for one in words if one.for_person],
        "doctor": rules.doctor_of(version.person_id),
        "members": around(version.person_id),
        "contacts": list(contacts(version.person_id)),
        "verdict": version.verdicts.order_by("-at").first(),
        "agreements": list(version.agreements.order_by("at")),
    }
