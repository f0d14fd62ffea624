"""Verbs of a project's file: open, sign, send, what the ARS answers, amend, end.

Every step is a dated `Milestone`; the status follows (CSS R.162-131 to R.162-136).
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal
from liane.core.audience import only_organisation
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Organisation
from liane.pathways import catalogue, clocks, rules
from liane.pathways.models import Amendment, Milestone, Project
from liane.pathways.states import PROJECT, Category, ProjectStatus

Kind = Milestone.Kind
S = ProjectStatus
ANSWERS = (Kind.APPROVED, Kind.OPPOSED, Kind.NOTICE, Kind.COMPLIED, Kind.FUNDING_ENDED)
AFTER: dict[str, str] = {
    Kind.APPROVED: S.RUNNING,
    Kind.OPPOSED: S.OPPOSED,
    Kind.NOTICE: S.NOTICE,
    Kind.COMPLIED: S.RUNNING,
    Kind.FUNDING_ENDED: S.ENDED,
}
"""The status that an answer of the ARS about the project brings."""


def open_project(
    protocol_key: str, *, category: str, title: str = "", version: str = ""
) -> Project:
    """Begin the project of one's structure for a protocol, under one of its versions."""
    actor = acting.current()
    house = Organisation.objects.filter(pk__in=[actor.organisation_id]).first()
    if house is None:
        raise Http404
    rules.require_runs(actor, house.pk)
    protocol = catalogue.find(protocol_key, version, house.pk)
    if protocol is None:
        raise Refused("Choisissez un protocole.", field="protocol")
    if category not in Category.values:
        raise Refused("Dites à quel titre la structure coordonne (D.162-34).", field="category")
    if protocol.structures and category not in protocol.structures:
        raise Refused(
            "Ce protocole n’ouvre pas la coordination à cette catégorie de structure.",
            field="category",
        )
    if Project.objects.filter(
        organisation=house, protocol_key=protocol_key
    ).exclude(status=S.ENDED).exists():  # fmt: skip
        raise Refused("Votre structure a déjà un projet pour ce protocole.", field="protocol")
    with transaction.atomic():
        project: Project = Project.objects.create(
            organisation=house, category=category, protocol_key=protocol_key,
            protocol_version=protocol.version, title=title.strip()[:200] or protocol.title,
            **author_of(actor),
        )  # fmt: skip
        project.history.create(after=project.status, **author_of(actor))
        told(project, "pathway.project")
    return project


def note(
    project_id: UUID, kind: str, on: dt.date, *, reference: str = "",
    amendment_id: UUID | None = None,
) -> Milestone:  # fmt: skip
    """Write one dated fact of the file; the project's status follows.

    Raises Refused for a day to come, a sending before the signatures, an answer without sending.
    """
    if kind not in Kind.values:
        raise Refused("Choisissez ce qui s’est passé.", field="kind")
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    with transaction.atomic():
        project = mine(project_id)
        amendment = _amendment(project, amendment_id)
        _check_order(project, kind, on, amendment)
        made: Milestone = Milestone.objects.create(
            project=project, amendment=amendment, kind=kind, on=on,
            reference=reference.strip()[:120], **author_of(acting.current()),
        )  # fmt: skip
        if amendment is None:
            _follow(project, kind)
        told(project, "pathway.project")
    return made


def amend(project_id: UUID, *, decided_on: dt.date, what: str) -> Amendment:
    """A change of the project, to be sent within seven days (R.162-135)."""
    if not what.strip():
        raise Refused("Dites ce qui change.", field="what")
    if decided_on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="decided_on")
    with transaction.atomic():
        project = mine(project_id)
        if project.status not in {S.TRANSMITTED, S.RUNNING, S.NOTICE}:
            raise Refused("Avant sa transmission, le projet se modifie sans avenant.", field="what")
        made = amended(project, decided_on, what)
    return made


def amended(project: Project, decided_on: dt.date, what: str) -> Amendment:
    """Write an amendment; the caller holds rule and transaction."""
    made: Amendment = Amendment.objects.create(
        project=project, decided_on=decided_on, what=what.strip()[:300],
        **author_of(acting.current()),
    )  # fmt: skip
    told(project, "pathway.project")
    return made


def settle_silence(today: dt.date | None = None) -> int:
    """Periodic: two months without an answer of the ARS are no opposition (R.162-134)."""
    day, settled = today or timezone.localdate(), 0
    with acting.acting(acting.system("silence de l’ARS pendant deux mois (R.162-134)")):
        waiting = Project.objects.filter(status=S.TRANSMITTED).prefetch_related("milestones")
        for project in waiting:
            asked = catalogue.of_project(project).project
            if clocks.accepted_on(asked, clocks.of_rows(project.milestones.all()), day) is None:
                continue
            with transaction.atomic():
                transition(project, PROJECT, S.RUNNING, reason="silence de l’ARS pendant deux mois")
                told(project, "pathway.project")
                settled += 1
    return settled


def end(project_id: UUID, *, reason: str) -> Project:
    """The structure ends its project. Those in the pathway are not taken out by it."""
    if not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        project = mine(project_id)
        transition(project, PROJECT, S.ENDED, reason=reason.strip()[:500])
        project.ends_on = timezone.localdate()
        project.save(update_fields=["ends_on"])
        told(project, "pathway.project")
    return project


def mine(project_id: UUID) -> Project:
    """A project that the actor may change, locked. Raises Http404, NotAllowed."""
    actor = acting.current()
    rows = Project.objects.within(Reach.of(actor)).select_for_update(of=("self",))
    project: Project | None = rows.select_related("organisation").filter(pk=project_id).first()
    if project is None:
        raise Http404
    rules.require_runs(actor, project.organisation_id)
    return project


def _amendment(project: Project, amendment_id: UUID | None) -> Amendment | None:
    if amendment_id is None:
        return None
    found: Amendment | None = Amendment.objects.filter(project=project, pk=amendment_id).first()
    if found is None:
        raise Http404
    return found


def _check_order(project: Project, kind: str, on: dt.date, amendment: Amendment | None) -> None:
    sending = {Kind.SENT_ARS, Kind.SENT_CPAM}
    if amendment is not None:
        if kind not in sending | {Kind.APPROVED, Kind.OPPOSED}:
            raise Refused("Un avenant se transmet, puis l’ARS répond.", field="kind")
        if on < amendment.decided_on:
            raise Refused("L’avenant n’était pas encore décidé ce jour-là.", field="on")
    elif kind in sending and project.status == S.DRAFT:
        raise Refused("Le projet se transmet signé par toutes les parties.", field="kind")
    if kind in {Kind.APPROVED, Kind.OPPOSED}:
        sent = clocks.first(
            clocks.of_rows(project.milestones.all()),
            "sent_ars",
            amendment.pk if amendment is not None else None,
        )
        if sent is None or on < sent:
            raise Refused("L’ARS répond après la transmission.", field="on")
        asked = catalogue.of_project(project).project
        review = asked.review if asked is not None else None
        if kind == Kind.OPPOSED and review is not None and on > review.length.after(sent):
            raise Refused(
                f"Passé ce délai, le silence a valu non-opposition ({review.article}).", field="on"
            )


def _follow(project: Project, kind: str) -> None:
    """The status that a fact about the project itself brings, when it brings one."""
    kinds = set(project.milestones.filter(amendment=None).values_list("kind", flat=True))
    after = AFTER.get(kind)
    if kind == Kind.STRUCTURE_SIGNED and project.status == S.DRAFT:
        unsigned = project.signatories.filter(signed_on=None, ends_on=None).exists()
        after = S.SIGNED if not unsigned and project.signatories.exists() else None
    asked = catalogue.of_project(project).project
    sent = {clocks.SENT[one] for one in asked.sent_to} if asked is not None else set()
    if sent and sent <= kinds and project.status == S.SIGNED:
        after = S.TRANSMITTED
    if after is None or after == project.status:
        return
    transition(project, PROJECT, after, reason=Kind(kind).label)
    if after == S.SIGNED and not sent:
        why = "ce protocole ne demande aucune transmission"
        transition(project, PROJECT, S.RUNNING, reason=why)
    if after == S.ENDED:
        project.ends_on = timezone.localdate()
        project.save(update_fields=["ends_on"])


def signed_by_all(project: Project) -> None:
    """Called when a signature is added: the last one makes the project signed."""
    if project.milestones.filter(kind=Kind.STRUCTURE_SIGNED, amendment=None).exists():
        _follow(project, Kind.STRUCTURE_SIGNED)


def told(project: Project, kind: str) -> None:
    """In the structure's own journal; nobody is notified."""
    journal.append(
        kind, object_id=project.pk, announce=False, to=only_organisation(project.organisation_id)
    )
