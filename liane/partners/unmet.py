"""Verbs of unmet needs: noted from a request or from a call, found later or given up."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.errors import NotAllowed, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory import needs, territories
from liane.directory.models import Commune
from liane.followups import rules as followup_rules
from liane.partners import rules
from liane.partners.models import UnmetNeed, UnmetStep
from liane.partners.states import UNMET, Unmet
from liane.referrals import rules as referral_rules
from liane.referrals.models import Referral

LONGEST = 300


@dataclass(frozen=True)
class Missing:
    """What was missing. ``insee`` empty: the commune of the request."""

    need: str
    why: str
    what: str = ""
    insee: str = ""
    referral_id: UUID | None = None


def log(said: Missing, *, key: UUID | None = None) -> UnmetNeed:
    """Note what was missing, and where. The same ``key`` notes it once.

    Raises NotAllowed for who does not work requests, Http404 for a request out of reach, Refused
    without a need of the list or a commune.
    """
    actor = acting.current()
    house = actor.organisation_id
    if house is None or not rules.notes_needs(actor):
        raise NotAllowed
    if not needs.known(said.need):
        raise Refused("Choisissez ce qui manquait dans la liste.", field="need")
    if said.why not in UnmetNeed.Why.values:
        raise Refused("Dites pourquoi.", field="why")
    if len(said.what) > LONGEST:
        raise Refused("300 signes au plus : gardez l’essentiel.", field="what")

    def do() -> UnmetNeed:
        referral = _request(said.referral_id) if said.referral_id is not None else None
        town = _town(said.insee, referral)
        made = UnmetNeed(
            organisation_id=house, need=said.need, why=said.why, insee=town.code, city=town.name,
            referral=referral, person_id=_followed(house, referral), **author_of(actor),
        )  # fmt: skip
        made.what = said.what.strip()
        made.save(force_insert=True)
        step = UnmetStep(unmet=made, after=Unmet.OPEN, **author_of(actor))
        step.save(force_insert=True)
        ledger.wrote(made.person_id, "working_file", object_id=made.pk, purpose="besoin noté")
        return made

    content = [said.need, said.why, said.what, said.insee, said.referral_id]
    return once(key, "partners.unmet", content, UnmetNeed, do)[0]


def settle(unmet_id: UUID, after: str, *, reason: str = "") -> UnmetNeed:
    """Found since, no longer wanted, or missing again. Raises Refused for an illegal step."""
    actor = acting.current()
    with transaction.atomic():
        rows = UnmetNeed.objects.within(Reach.of(actor)).filter(pk=unmet_id)
        found: UnmetNeed | None = rows.select_for_update(of=("self",)).first()
        if found is None:
            raise Http404
        if not rules.notes_needs(actor) or found.organisation_id != actor.organisation_id:
            raise NotAllowed
        transition(found, UNMET, after, reason=reason.strip()[:500])
        ledger.wrote(found.person_id, "working_file", object_id=found.pk, purpose="besoin")
    return found


def _request(referral_id: UUID) -> Referral:
    actor = acting.current()
    found: Referral | None = Referral.objects.within(Reach.of(actor)).filter(pk=referral_id).first()
    if found is None:
        raise Http404
    if not referral_rules.works(actor, found) or found.organisation_id != actor.organisation_id:
        raise NotAllowed
    return found


def _followed(house: UUID, referral: Referral | None) -> UUID | None:
    """The person of a request, where her file is kept here already."""
    if referral is None or referral.person_id is None:
        return None
    keeps = followup_rules.keeps(acting.current(), house, referral.person_id)
    return referral.person_id if keeps else None


def _town(insee: str, referral: Referral | None) -> Commune:
    code = insee or (referral.insee if referral is not None else "")
    found = territories.commune(code) if code else None
    if found is None:
        raise Refused("Dites dans quelle commune.", field="commune")
    return found
