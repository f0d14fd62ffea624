"""What a composer shows before sending, and what it sent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from liane.core import acting
from liane.core.files.kinds import ACCEPT, ACCEPT_AUDIO
from liane.core.http import Request, client_key
from liane.core.ids import parse
from liane.core.text import normalise
from liane.messaging import people, queries, rules
from liane.messaging.models import Message, Thread
from liane.messaging.people import Reader
from liane.messaging.services import AUDIENCES

CALLED = re.compile(r"@(?=\w{2})([^@\n]{1,80})")
"""What follows an ``@``: a name is looked for at its beginning."""


@dataclass
class Composer:
    """A form to write in one place."""

    action: str
    place: str
    to: str
    readers: list[Reader]
    draft: str = ""
    kind: str = ""
    family_url: str = ""
    reply_to: Message | None = None
    error: str = ""
    accept: str = f"{ACCEPT},{ACCEPT_AUDIO}"
    direct: bool = False
    """True for a conversation about nobody: who reads is said by name, for there is no team."""

    @property
    def said(self) -> str:
        """Who will read, in words."""
        return people.by_name(self.others) if self.direct else people.said(self.readers)

    @property
    def away(self) -> list[Reader]:
        """Readers who are absent now."""
        return [one for one in self.readers if one.away]

    @property
    def others(self) -> list[Reader]:
        """Those whom one may call by name."""
        mine = acting.current().holder_id
        return [one for one in self.readers if one.holder_id != mine]

    @property
    def by_mail(self) -> list[Reader]:
        """Readers who will be reached by mail."""
        return [one for one in self.readers if one.by_mail]


@dataclass(frozen=True)
class Sent:
    """What a form brought."""

    text: str
    key: UUID | None
    urgent: bool
    reply_to_id: UUID | None
    uploads: list["UploadedFile[bytes]"] = field(default_factory=list)


def sent(request: Request) -> Sent:
    """The fields of a composer."""
    return Sent(
        text=request.POST.get("text", ""),
        key=client_key(request),
        urgent=request.POST.get("urgent") == "1",
        reply_to_id=parse(request.POST.get("reply_to")),
        uploads=[one for one in request.FILES.getlist("files") if one.size],
    )


def for_thread(
    thread: Thread, readers: list[Reader], *, reply_to: UUID | None = None, error: str = ""
) -> Composer | None:
    """The composer of a conversation, or None for somebody who only reads."""
    if not rules.may_write(thread, acting.current()):
        return None
    place = f"thread:{thread.pk}"
    named = thread.person.short_name if thread.person else ""
    family = thread.kind == Thread.Kind.TEAM and thread.person_id
    return Composer(
        action=f"/messages/{thread.pk}/",
        place=place,
        to=_to(thread.kind, named),
        readers=readers,
        draft=queries.draft(place),
        family_url=f"/personnes/{thread.person_id}/messages/?avec=famille" if family else "",
        reply_to=queries.quoted(thread, reply_to),
        error=error,
        direct=thread.person_id is None,
    )


def for_person(person: Any, kind: str, *, error: str = "") -> Composer | None:
    """The composer of a person's default conversation, before it exists."""
    if not rules.may_begin(person.pk, acting.current()):
        return None
    place = f"{kind}:{person.pk}"
    return Composer(
        action=f"/personnes/{person.pk}/messages/",
        place=place,
        to=_to(kind, person.short_name),
        readers=people.with_absences(people.audience(person.pk, AUDIENCES[Thread.Kind(kind)])),
        draft=queries.draft(place),
        kind=kind,
        family_url=f"/personnes/{person.pk}/messages/?avec=famille" if kind == "team" else "",
        error=error,
    )


def _to(kind: str, name: str) -> str:
    if kind == Thread.Kind.TEAM:
        return f"Écrire à l’équipe de {name}"
    if kind == Thread.Kind.FAMILY:
        return f"Écrire à l’équipe et à la famille de {name}"
    return "Écrire un message"


def called(thread: Thread, text: str) -> Sequence[tuple[UUID, str]]:
    """Readers called by ``@name`` in ``text``: holder and name. No query without an ``@``.

    A whole name calls that reader alone (« @Claire Dubois »), one word every reader whose name
    has it (« @Dubois »).
    """
    said = [normalise(name) for name in CALLED.findall(text)]
    if not said:
        return []
    known = [(one, normalise(one.name)) for one in people.readers(thread)]
    found: dict[UUID, str] = {}
    for words in said:
        whole = [one for one, name in known if name and f"{words} ".startswith(f"{name} ")]
        longest = max((len(one.name) for one in whole), default=0)
        first = words.partition(" ")[0]
        chosen = [one for one in whole if len(one.name) == longest] or [
            one for one, name in known if first in name.split()
        ]
        found |= {one.holder_id: one.name for one in chosen}
    return list(found.items())
