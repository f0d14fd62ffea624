"""A doubtful hospital message about each person in the access matrix."""

import json

from django.db import transaction

from liane.core.acting import acting, system
from liane.exchange.models import (
    IdentityCandidate,
    IdentityCase,
    InsiAnswer,
    RawMessage,
    Sending,
)
from liane.exchange.received import services
from liane.exchange.tests import papers
from liane.timeline.models import Document
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """An identity that waits for a human, with the traits that the hospital gave."""
    for name in ("A", "B"):
        message = RawMessage.objects.create(
            application="GAM", facility="CH", control_id=f"plant-{name}", event="A01",
            channel="test", status=RawMessage.Status.QUEUED,
        )  # fmt: skip
        case = IdentityCase.objects.create(
            message=message,
            reason=IdentityCase.Reason.LOOKALIKE,
            traits=json.dumps({"birth_name": world.canary("identity", name, part="strict")}),
        )
        IdentityCandidate.objects.create(case=case, person=world.persons[name], score=80)
        world.add("case_id", name, case.pk)


@planter
def plant_documents(world: World) -> None:
    """A document received about each person, for the care team alone."""
    with acting(system("plants")), transaction.atomic():
        for name in ("A", "B"):
            words = world.canary("document", name)
            made = papers.note(words)
            row = services.take_in(
                world.persons[name],
                made.content,
                via="upload",
                sender=world.canary("document", name),
            )
            world.add("received_id", name, row.pk)


@planter
def plant_sendings(world: World) -> None:
    """A document of each person that could not be sent, with the reason given there."""
    with acting(system("plants")):
        for name in ("A", "B"):
            person = world.persons[name]
            document = Document.objects.filter(person=person, for_team=True).first()
            Sending.objects.create(
                person=person, where="dmp", document=document, status="failed",
                why=world.canary("document", name), author_label="Zoé",
            )  # fmt: skip


@planter
def plant_insi(world: World) -> None:
    """An answer of INSi about each person that waits for somebody to decide."""
    with acting(system("plants")):
        for name in ("A", "B"):
            identity = {
                "matricule": "269054958815780", "oid": "1.2.250.1.213.1.4.8",
                "birth_name": world.canary("identity", name, part="strict"),
                "given_names": "X", "sex": "F", "birth_date": "1941-03-07", "birth_place": "",
            }  # fmt: skip
            InsiAnswer.objects.create(
                person=world.persons[name], outcome="one", identity=json.dumps(identity)
            )
