"""Threads of the access matrix: the care team's, the family's, one with named participants."""

import secrets

from django.utils import timezone

from liane.core.files import store
from liane.core.models import Entry
from liane.messaging import links
from liane.messaging.models import (
    Attachment,
    IncomingMail,
    Message,
    Participant,
    SignedLink,
    Thread,
)
from tests.access.world import World, planter

TEAM = frozenset({"team"})


def flags(groups: frozenset[str]) -> dict[str, bool]:
    """The audience columns that mean ``groups``."""
    return {f"for_{group}": group in groups for group in ("team", "outside", "person", "carers")}


@planter
def threads(world: World) -> None:
    """The care team's thread, the family's, one with named participants, each with a file."""
    named = {"home_help": world.practices["home_help"]}
    for person, patient in world.persons.items():
        plans: list[tuple[str, frozenset[str], frozenset[str]]] = [
            ("team", TEAM, frozenset()),
            ("family", frozenset({"team", "person", "carers"}), frozenset()),
            ("topic", frozenset(), frozenset(named) if person == "A" else frozenset({"zoe"})),
        ]
        for kind, groups, participants in plans:
            more = {"groups": groups, "participants": participants, "link": kind == "team"}
            token = world.canary("thread", person, **more)  # type: ignore[arg-type]
            thread = Thread.objects.create(
                person=patient, kind=kind, last_number=1, **flags(groups)
            )
            for name in participants & set(named):
                Participant.objects.create(thread=thread, holder_id=named[name].pk, kind="practice")
            message = Message.objects.create(thread=thread, number=1, text=token, urgent=True)
            file_token = world.canary("thread", person, **more)  # type: ignore[arg-type]
            file = store.receive_bytes(
                file_token.encode(), name="mot.txt", declared="text/plain",
                person_id=patient.pk, organisation_id=None,
            )  # fmt: skip
            store.keep(file)
            attachment = Attachment.objects.create(message=message, file=file)
            Entry.objects.create(
                person_id=patient.pk, kind="message.sent", object_id=message.pk,
                thread_id=thread.pk, actor_label="Zoé", occurred_at=message.sent_at,
                **flags(groups),
            )  # fmt: skip
            if kind == "team":
                mail = IncomingMail.objects.create(
                    digest=secrets.token_hex(32), status="queued", reason="autre adresse",
                    thread=thread, sender="dr@exemple.fr",
                    raw=f"From: dr@exemple.fr\n\n{token}".encode(),
                )  # fmt: skip
                world.add("mail_id", person, mail.pk)
                link = SignedLink.objects.create(
                    thread=thread,
                    holder_id=world.practices["zoe"].pk,
                    label="Zoé",
                    expires_at=timezone.now() + SignedLink.LIFE,
                )
                world.add("link_id", person, link.pk)
                theirs = links.link_for(thread, world.practices[f"outside_{person}"])
                world.door(person, links.path_of(theirs), theirs)
                world.add("lien/<str:token>/fichier/attachment_id", person, attachment.pk)
            if kind != "topic":
                world.add("thread_id", person, thread.pk)
                world.add("message_id", person, message.pk)
                world.add("attachment_id", person, attachment.pk)
