"""The sharing key that the signatories agreed on, in place of the definition's (CSS, L. 162-62: the
structure sets each one's part on the basis of the project)."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from pydantic import ValidationError

from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.directory import second
from liane.pathways import catalogue, rules
from liane.pathways.models import SharingAccord, SharingAgreement
from liane.pathways.protocols.money import Sharing
from liane.pathways.protocols.money_checks import of_key
from liane.pathways.services.projects import amended, mine
from liane.pathways.states import ProjectStatus as S

REFUSED = "Vous l’avez proposée : une deuxième personne de la structure la confirme."
ASKED = (
    "Vous êtes seul ou seule à tenir le projet de la structure : dites pourquoi vous confirmez la "
    "clé que vous avez proposée. Ce motif est gardé."
)


def agree(
    project_id: UUID, key: dict[str, Any], *, starts_on: dt.date, governs: str, note: str = ""
) -> SharingAgreement:
    """Write down the key that the team agreed on, from a day on: it governs once a second person
    confirmed it (`confirm`), and holds until the next one begins.

    Never edited: another one follows it. Raises Refused for a key that does not
    share the whole, or that begins before the last one.
    """
    with transaction.atomic():
        project = mine(project_id)
        if project.status in {S.ENDED, S.OPPOSED}:
            raise Refused("Ce projet est clos.", code="closed")
        if governs not in SharingAgreement.Governs.values:
            raise Refused("Dites quelle clé vaut pour une séquence en cours.", field="governs")
        protocol = catalogue.of_project(project)
        try:
            sharing = Sharing.model_validate(key | {"governs": governs})
        except ValidationError as error:
            raise Refused("Une part est illisible : montants en euros, parts en %.") from error
        for finding in of_key(protocol, sharing, ("sharing",)):
            if not finding.warning:
                raise Refused(finding.message[:1].upper() + finding.message[1:])
        last = project.agreements.order_by("-starts_on").first()
        if last is not None and starts_on < last.starts_on:
            raise Refused(
                f"La dernière clé commence le {last.starts_on:%d/%m/%Y} : celle-ci vient après.",
                field="starts_on",
            )
        made: SharingAgreement = SharingAgreement.objects.create(
            project=project, starts_on=starts_on, governs=governs, note=note.strip()[:300],
            key=json.dumps(key, ensure_ascii=False), **author_of(acting.current()),
        )  # fmt: skip
    return made


def confirm(agreement_id: UUID, *, alone: str = "") -> SharingAccord:
    """A second person of the structure confirms a key: it governs from then on. Saying it again
    changes nothing.

    Once the project was sent, it is an amendment. What was settled under another key shows lines of
    difference. Raises Refused for whoever proposed it where a colleague could, without a reason
    where none could, and for a key that another one followed meanwhile.
    """
    with transaction.atomic():
        found = SharingAgreement.objects.filter(pk=agreement_id).first()
        if found is None:
            raise Http404
        project = mine(found.project_id)
        known: SharingAccord | None = SharingAccord.objects.filter(agreement=found).first()
        if known is not None:
            return known
        if project.agreements.filter(created_at__gt=found.created_at).exists():
            raise Refused("Une autre clé a été proposée depuis : c’est elle qui se confirme.")
        reason = second.look(
            found.author_user_id, project.organisation_id, rules.RUNNERS, alone,
            refused=REFUSED, asked=ASKED,
        )  # fmt: skip
        made: SharingAccord = SharingAccord.objects.create(
            agreement=found, alone=reason, **author_of(acting.current())
        )
        asked = catalogue.of_project(project).project is not None
        if asked and project.status in {S.TRANSMITTED, S.RUNNING, S.NOTICE}:
            what = f"Clé de répartition à partir du {found.starts_on:%d/%m/%Y}"
            amended(project, timezone.localdate(), what)
    return made
