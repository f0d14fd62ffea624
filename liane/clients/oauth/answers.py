"""What an application receives: tokens and what goes with them (SMART App Launch 2.2)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.accounts.models import User
from liane.circle.seats import seats_of
from liane.clients import issuing
from liane.clients.models import Client, Token
from liane.clients.oauth import identity
from liane.clients.scopes import Scopes

STAYS = frozenset({"offline_access", "online_access"})


@dataclass(frozen=True)
class Agreement:
    """What a user agreed to: in which seat, about whom, for which scopes."""

    user: User
    seat: str
    scopes: Scopes
    family: UUID
    patient_id: UUID | None = None
    nonce: str = ""
    authenticated_at: int | None = None

    @property
    def context(self) -> dict[str, Any]:
        """The columns of its tokens."""
        return {"user": self.user, "seat": self.seat, "patient_id": self.patient_id}


def for_machine(client: Client, scopes: Scopes) -> dict[str, Any]:
    """Five minutes, and nothing to go on with."""
    text = issuing.issue(client, scopes, issuing.MACHINE_LIFE)
    return _token(text, scopes, issuing.MACHINE_LIFE.total_seconds())


def for_user(client: Client, said: Agreement, *, refreshed: bool = False) -> dict[str, Any]:
    """An hour for the user, in their seat; the person; who they are; how to go on."""
    shared: dict[str, Any] = {"family": said.family, "context": said.context}
    text = issuing.issue(client, said.scopes, issuing.USER_LIFE, **shared)
    body = _token(text, said.scopes, issuing.USER_LIFE.total_seconds())
    if said.patient_id is not None:
        body |= {"patient": str(said.patient_id), "need_patient_banner": True}
    if "openid" in said.scopes.plain and not refreshed:
        body["id_token"] = _id_token(client, said)
    if said.scopes.plain & STAYS:
        body["refresh_token"] = issuing.issue(
            client, said.scopes, issuing.REFRESH_LIFE, use=Token.Use.REFRESH, **shared
        )
    return body


def _token(text: str, scopes: Scopes, seconds: float) -> dict[str, Any]:
    return {
        "access_token": text, "token_type": "Bearer", "expires_in": int(seconds),
        "scope": str(scopes),
    }  # fmt: skip


def _id_token(client: Client, said: Agreement) -> str:
    claims = {
        "sub": str(said.user.pk),
        "nonce": said.nonce or None,
        "auth_time": said.authenticated_at,
    }
    me = who(said.user, said.seat)
    return identity.id_token(client, said.scopes, claims, said.user.name, me)


def who(user: User, seat: str) -> str:
    """The FHIR resource of a user in one of their seats."""
    found = next((one for one in seats_of(user, seat) if one.key == seat), None)
    return identity.fhir_user(seat, found.professional_id if found is not None else None)
