"""Who may read and write what, by role and ground. The one table of rights of the code.

Letters: ``r`` read, ``w`` write. Objects narrow it further: their audience, masks, opposition.
Sources: CSP L.1110-4, L.1110-12, L.4012-1. Tests hold this table against the rights written by
hand in ``tests/access/rights.csv``; neither is made from the other.
"""

from collections.abc import Mapping
from functools import cache

from liane.circle.models import Grant
from liane.core.areas import Area
from liane.directory.models import Practice

A = Area
Role = Practice.Role
Scope = Grant.Scope
Rights = Mapping[Area, str]

_TEAM: Rights = {
    A.IDENTITY: "rw",
    A.CIRCLE: "rw",
    A.AGENDA: "rw",
    A.TIMELINE: "r",
    A.CLINICAL_NOTE: "rw",
    A.DOCUMENT: "rw",
    A.THREAD: "rw",
    A.WORKING_FILE: "rw",
    A.SOCIAL_ASSESSMENT: "r",
    A.CARE_PLAN: "rw",
    A.INTERVENTION: "rw",
    A.CONSENT: "rw",
}
_PERSON: Rights = {
    A.IDENTITY: "rw",
    A.CIRCLE: "rw",
    A.AGENDA: "rw",
    A.TIMELINE: "r",
    A.CLINICAL_NOTE: "r",
    A.DOCUMENT: "rw",
    A.THREAD: "rw",
    A.SOCIAL_ASSESSMENT: "r",
    A.CARE_PLAN: "rw",
    A.INTERVENTION: "r",
    A.MONEY: "r",
    A.CONSENT: "rw",
    A.ACCESS_LEDGER: "r",
}
_SOCIAL: Rights = {
    A.IDENTITY: "r",
    A.CIRCLE: "r",
    A.AGENDA: "rw",
    A.TIMELINE: "r",
    A.DOCUMENT: "r",
    A.THREAD: "rw",
    A.WORKING_FILE: "rw",
    A.SOCIAL_ASSESSMENT: "rw",
    A.CARE_PLAN: "r",
    A.INTERVENTION: "rw",
}
_CLIENT: Rights = {
    A.IDENTITY: "rw",
    A.CIRCLE: "rw",
    A.AGENDA: "rw",
    A.TIMELINE: "r",
    A.CLINICAL_NOTE: "rw",
    A.DOCUMENT: "rw",
    A.THREAD: "rw",
    A.SOCIAL_ASSESSMENT: "rw",
    A.CARE_PLAN: "rw",
    A.INTERVENTION: "rw",
    A.MONEY: "rw",
    A.CONSENT: "rw",
}
"""A machine of an organisation: within its scopes, and never the working files nor the ledger."""

RIGHTS: Mapping[str, Rights] = {
    "care": _TEAM,
    "social": _SOCIAL,
    "coordinator": {
        **_TEAM,
        A.CLINICAL_NOTE: "r",
        A.SOCIAL_ASSESSMENT: "rw",
        A.MONEY: "rw",
    },
    "case_manager": {**_TEAM, A.SOCIAL_ASSESSMENT: "rw"},
    "secretary": {
        A.IDENTITY: "rw",
        A.CIRCLE: "r",
        A.AGENDA: "rw",
        A.TIMELINE: "r",
        A.DOCUMENT: "r",
        A.THREAD: "r",
        A.INTERVENTION: "r",
        A.CONSENT: "r",
    },
    "identity": {A.IDENTITY: "rw"},
    "billing": {
        A.IDENTITY: "r",
        A.CIRCLE: "r",
        A.DOCUMENT: "r",
        A.INTERVENTION: "r",
        A.MONEY: "rw",
    },
    "person": _PERSON,
    "legal": _PERSON,
    "carer_read": {
        A.IDENTITY: "r",
        A.CIRCLE: "r",
        A.AGENDA: "r",
        A.TIMELINE: "r",
        A.CLINICAL_NOTE: "r",
        A.DOCUMENT: "r",
        A.CARE_PLAN: "r",
        A.INTERVENTION: "r",
    },
    "carer_write": {
        A.IDENTITY: "r",
        A.CIRCLE: "r",
        A.AGENDA: "rw",
        A.TIMELINE: "r",
        A.CLINICAL_NOTE: "r",
        A.DOCUMENT: "rw",
        A.THREAD: "rw",
        A.CARE_PLAN: "rw",
        A.INTERVENTION: "r",
    },
    "api_client": _CLIENT,
    "api_client_outside": {
        area: letters for area, letters in _SOCIAL.items() if area is not A.WORKING_FILE
    },
    "break_glass": {
        A.IDENTITY: "r",
        A.CIRCLE: "r",
        A.AGENDA: "r",
        A.TIMELINE: "r",
        A.CLINICAL_NOTE: "r",
        A.DOCUMENT: "r",
        A.THREAD: "r",
        A.CARE_PLAN: "r",
        A.INTERVENTION: "r",
        A.CONSENT: "r",
    },
}

NEVER_LENT = frozenset({A.CONSENT, A.MONEY})
"""What neither a post gives to who is on duty, nor a colleague to a locum."""

FLAGS: Mapping[str, str] = {
    "care": "for_team",
    "coordinator": "for_team",
    "case_manager": "for_team",
    "secretary": "for_team",
    "identity": "for_team",
    "billing": "for_team",
    "api_client": "for_team",
    "api_client_outside": "for_outside",
    "break_glass": "for_team",
    "social": "for_outside",
    "person": "for_person",
    "legal": "for_person",
    "carer_read": "for_carers",
    "carer_write": "for_carers",
}
"""The audience flag that lets each line of the table see an object."""

API_CLIENT = "api_client"
"""The role of a machine that calls for its organisation."""
_OUTSIDE_LINES = {"social", "billing", "api_client_outside"}
"""Lines that see the usual name and address, never the whole identity."""
_OUTSIDE_ROLES = frozenset(
    {Role.CARE, Role.SOCIAL, Role.COORDINATOR, Role.CASE_MANAGER, Role.SECRETARY}
)


def line(role: str, scope: str) -> str | None:
    """The line of :data:`RIGHTS` for somebody of ``role`` holding a grant of ``scope``."""
    if scope in {Scope.PERSON, Scope.CARER_READ, Scope.CARER_WRITE, Scope.LEGAL}:
        return scope if role == scope else None
    if scope == Scope.PAST:
        return None
    if scope == Scope.BREAK_GLASS:
        return "break_glass" if role == Role.CARE else None
    if scope == Scope.OUTSIDE and role == API_CLIENT:
        return "api_client_outside"
    if scope == Scope.OUTSIDE:
        return "social" if role in _OUTSIDE_ROLES else None
    return role if role in RIGHTS else None


@cache
def scopes(role: str, area: Area, letter: str) -> frozenset[str]:
    """Scopes of a grant that let ``role`` read (``r``) or write (``w``) ``area``."""
    return frozenset(
        str(scope)
        for scope in Scope.values
        if (name := line(role, scope)) is not None and letter in RIGHTS[name].get(area, "")
    )


def flags(role: str, area: Area) -> dict[str, frozenset[str]]:
    """Scopes by audience flag: an object with the flag is readable through these scopes."""
    found: dict[str, set[str]] = {}
    for scope in scopes(role, area, "r"):
        name = line(role, scope)
        if name is not None:
            found.setdefault(FLAGS[name], set()).add(scope)
    return {flag: frozenset(members) for flag, members in found.items()}


@cache
def full_identity(role: str) -> frozenset[str]:
    """Scopes through which ``role`` sees the whole identity, not only usual name and address."""
    return frozenset(
        scope
        for scope in scopes(role, Area.IDENTITY, "r")
        if line(role, scope) not in _OUTSIDE_LINES
    )


def reads_when_named(role: str) -> bool:
    """True for a role whose conversations are only those addressed to it or to its organisation."""
    return role == Role.SECRETARY
