"""To whom a request may be addressed, and what may come next."""

from liane.core import acting, registry
from liane.core.ids import parse
from liane.directory import territories
from liane.directory.models import Commune, Organisation
from liane.directory.queries import organisation
from liane.directory.search import search
from liane.patients.models import Patient
from liane.referrals import orientation, rules
from liane.referrals.models import Referral
from liane.referrals.states import ANSWERS, QUALIFIED, Status

Choices = list[tuple[str, str]]
KINDS = (Organisation.Kind.DAC, Organisation.Kind.CPTS)
"""Kinds offered first: the single entry, then the professionals' community."""


def town_of(person: Patient) -> Commune | None:
    """The commune where a person lives."""
    return territories.commune(person.insee) or territories.commune(
        postcode=person.postcode, city=person.city
    )


def addressees(town: Commune | None, chosen: str = "") -> Choices:
    """Organisations that answer for a commune, support first; ``chosen`` (an id) on top."""
    found = territories.competent(town)
    found.sort(key=lambda one: KINDS.index(one.organisation.kind)
               if one.organisation.kind in KINDS else len(KINDS))  # fmt: skip
    mine = acting.current().organisation_id
    rows = [
        (str(one.organisation.pk), f"{one.organisation.name}, pour {town.name}" if town else "")
        for one in found
        if one.organisation.pk != mine
    ]
    wanted = organisation(picked) if (picked := parse(chosen)) else None
    if wanted is not None:
        rows = [row for row in rows if row[0] != str(wanted.pk)]
        rows.insert(0, (str(wanted.pk), wanted.name))
    return rows


def organisations(text: str) -> list[Organisation]:
    """Structures of that name, to address a request to. Empty text finds nothing."""
    words = text.strip()
    return search(words, limit=10).organisations if len(words) > 1 else []


def outcomes(referral: Referral) -> Choices:
    """The answers possible from here."""
    actor = acting.current()
    labels = {
        Status.INFORMATION: "Information donnée",
        Status.ONWARD: "Orientation vers une autre structure",
        Status.ONE_OFF: "Appui ponctuel (étayage)",
        Status.SUSTAINED: "Accompagnement soutenu",
        Status.INTENSIVE: "Accompagnement intensif (gestion de cas)",
    }
    return [(str(one), label) for one, label in labels.items() if rules.may(actor, referral, one)]


def exit_of(referral: Referral) -> str:
    """Where the support that the request led to is ended, or nothing when none is open."""
    if not referral.is_followed:
        return ""
    return next(filter(None, (exit_of(referral) for exit_of in registry.support_exits)), "")


def next_steps(referral: Referral) -> dict[str, bool | str]:
    """What the actor may do now, by the name of the page that does it; ``terminer`` is an address.

    The request that opened an accompaniment ends with it, where the reason of the exit is asked.
    """
    actor = acting.current()

    def any_of(states: frozenset[Status]) -> bool:
        return any(rules.may(actor, referral, one) for one in states)

    works = rules.works(actor, referral)
    oriented = orientation.decision_of(referral) is not None
    decides = oriented and rules.decides(actor, referral)
    return {
        "position": decides and not referral.is_closed,
        "accord": decides and not referral.is_closed,
        "take": works and referral.assigned_id is None and not referral.is_closed,
        "qualifier": any_of(QUALIFIED),
        "repondre": any_of(ANSWERS),
        "terminer": rules.may(actor, referral, Status.DONE)
        and (exit_of(referral) or f"/demandes/{referral.pk}/terminer/"),
        "refuser": not oriented and rules.may(actor, referral, Status.REFUSED),
        "annuler": not oriented and rules.may(actor, referral, Status.REVOKED),
        "rouvrir": rules.may(actor, referral, Status.REOPENED),
        "entrust": works and not referral.is_closed,
        "record": works and referral.person_id is None and not referral.is_closed,
    }
