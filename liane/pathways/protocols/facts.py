"""Facts of one enrolment, as the engine and the sessions due read them.

Named tuples: immutable, and quick to make by the million. Days are ``datetime.date``; money is
integer cents; identifiers are the caller's, given back untouched.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from liane.pathways.protocols.money import Sharing

type ActState = Literal["standing", "unconfirmed", "elsewhere"]
type EndReason = Literal["completed", "drop_out", "death", "move", "refusal", "other"]

NOTHING: Mapping[str, Any] = {}


class Span(NamedTuple):
    """From a day to a day, both inclusive; None: open on that side."""

    since: dt.date | None = None
    until: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether ``day`` is in it."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


ALWAYS = Span()


class Act(NamedTuple):
    """One intervention coded by the protocol's nomenclature.

    ``payee`` is who is paid for what happened that day (the professional's situation on the day:
    employer, self, replaced holder), resolved by the caller; None when nobody can be.
    ``unconfirmed``: entered for somebody who has not confirmed. ``elsewhere``: counted in another
    bundle already.
    """

    id: Any
    code: str
    on: dt.date
    payee: str | None
    profession: str = ""
    remote: bool = False
    minutes: int = 0
    state: ActState = "standing"
    entered_on: dt.date | None = None


class SharingKey(NamedTuple):
    """A sharing key agreed by the team, and the days it is in force."""

    id: str
    sharing: Sharing
    since: dt.date | None = None
    until: dt.date | None = None


class Case(NamedTuple):
    """An enrolment, and nothing that names the person.

    ``anchors`` holds the days that somebody enters, by anchor id. ``documents``: code to the day
    it was received. ``exemptions``: pairs of a code of ``money.EXEMPTIONS`` and its span.
    ``amc``: spans during which a complementary insurance pays the person's share.
    ``keys``: none for the protocol's own sharing. ``structure`` is the structure's payee.
    """

    id: Any
    included_on: dt.date
    acts: tuple[Act, ...] = ()
    profile: str | None = None
    born_on: dt.date | None = None
    overseas: bool = False
    ended_on: dt.date | None = None
    end_reason: EndReason | None = None
    anchors: Mapping[str, dt.date] = NOTHING
    suspensions: tuple[Span, ...] = ()
    documents: Mapping[str, dt.date] = NOTHING
    exemptions: tuple[tuple[str, Span], ...] = ()
    amc: tuple[Span, ...] = ()
    keys: tuple[SharingKey, ...] = ()
    structure: str = "structure"
