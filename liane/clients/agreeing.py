"""What a user is asked to agree to, and whom it is about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.accounts import second_factor
from liane.circle.access import in_circle
from liane.circle.reach import Reach
from liane.circle.seats import Seat
from liane.clients import secrets
from liane.clients.models import Client, LaunchContext
from liane.clients.oauth.answers import STAYS, Agreement
from liane.clients.scopes import Scopes
from liane.core import acting, ids, ledger
from liane.core.errors import Refused
from liane.core.ids import uuid7
from liane.patients.models import Contact, Patient


@dataclass(frozen=True)
class Asking:
    """An application asks a user for scopes, in the seat they act in.

    ``person``: already known, from a launch or because the user is at home in one record.
    """

    client: Client
    scopes: Scopes
    seat: Seat
    person: UUID | None
    launch: LaunchContext | None = None

    @property
    def needs_person(self) -> bool:
        """True when somebody must still be chosen."""
        about = "launch/patient" in self.scopes.plain or "patient" in self.scopes.levels
        return about and self.person is None

    @property
    def stays(self) -> bool:
        """True when the application will go on without the user."""
        return bool(self.scopes.plain & STAYS)


def asking(client: Client, scopes: Scopes, seat: Seat | None, launch: str) -> Asking:
    """What is asked, of whom. Raises :class:`Refused` with the sentence to show."""
    if seat is None:
        raise Refused("Votre compte ne tient aucune place dans une structure.")
    if seat.organisation_id is None:
        return Asking(client, scopes, seat, _at_home(client, seat))
    if seat.organisation_id != client.organisation_id:
        raise Refused(
            f"Cette application est autorisée par {client.organisation.name} : "
            "agissez pour cette structure, puis ouvrez-la de nouveau."
        )
    if not launch:
        return Asking(client, scopes, seat, None)
    context = _launched(client, seat, launch)
    return Asking(client, scopes, seat, context.patient_id, context)


def _at_home(client: Client, seat: Seat) -> UUID:
    """The record of a person, or that which a carer reads; the structure must be in its circle."""
    kind, _, pk = seat.key.partition(":")
    person = UUID(pk)
    if kind == "contact":
        with acting.acting(acting.system("application")):
            person = Contact.objects.values_list("person_id", flat=True).get(pk=person)
    if not in_circle(person, [client.organisation_id]):
        raise Refused(
            f"Cette application est autorisée par {client.organisation.name}, "
            "qui n’est pas dans ce cercle."
        )
    return person


def _launched(client: Client, seat: Seat, launch: str) -> LaunchContext:
    rows = LaunchContext.objects.filter(digest__in=secrets.digests(launch), client=client)
    found = rows.filter(seat=seat.key, used_at=None, expires_at__gt=timezone.now()).first()
    if found is None or found.user_id != acting.current().user_id:
        raise Refused("Ce lancement n’est plus valable : rouvrez l’application depuis le dossier.")
    return found


def agree(asked: Asking, request: Any, chosen: str) -> Agreement:
    """The user agrees, about ``chosen`` where somebody was to be chosen. Raises Refused."""
    person = asked.person if not asked.needs_person else ids.parse(chosen)
    reached = Patient.objects.none() if person is None else Reach.of(request.actor).patients()
    about = reached.filter(pk=person).first() if person is not None else None
    if person is not None and about is None:
        raise Refused("Cette personne n’est plus dans vos dossiers.", field="person")
    if about is None and asked.needs_person:
        raise Refused("Choisissez la personne.", field="person")
    if asked.launch is not None and not _spend(asked.launch):
        raise Refused("Ce lancement a déjà servi : rouvrez l’application depuis le dossier.")
    ledger.wrote(
        about.pk if about is not None else None, "application", object_id=asked.client.pk,
        purpose=f"accès accordé à {asked.client.name}"[:200],
    )  # fmt: skip
    return Agreement(
        request.user, asked.seat.key, asked.scopes, uuid7(), about.pk if about else None,
        request.GET.get("nonce", "")[:200], _since(request.session),
    )  # fmt: skip


def _spend(launch: LaunchContext) -> bool:
    rows = LaunchContext.objects.filter(pk=launch.pk, used_at=None)
    return bool(rows.update(used_at=timezone.now()))


def _since(session: Any) -> int | None:
    """When the user last proved who they are, in seconds since 1970."""
    moments = [record.get("at") for record in session.get(second_factor.RECORDS, [])]
    known = [moment for moment in moments if isinstance(moment, int | float)]
    return int(max(known)) if known else None
