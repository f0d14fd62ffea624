"""Opening cases for identity vigilance, and the identity they show."""

import json
from collections.abc import Iterable

from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hospitals import Speaker, number_digest
from liane.exchange.matching import Candidate, Match
from liane.exchange.models import IdentityCandidate, IdentityCase, RawMessage


def open_case(
    row: RawMessage,
    adt: AdtMessage,
    who: Speaker,
    reason: str,
    candidates: Iterable[Candidate],
) -> IdentityCase:
    """Ask a human whose message this is."""
    case = IdentityCase.objects.create(
        message=row,
        reason=reason,
        hospital_name=who.name,
        traits=json.dumps(shown(adt), ensure_ascii=False),
        ipp_system=who.systems(adt.ipp)[0] if adt.ipp else "",
        ipp_digest=number_digest(adt.ipp) if adt.ipp else "",
    )
    IdentityCandidate.objects.bulk_create(
        IdentityCandidate(case=case, person_id=one.person_id, score=one.score, why=one.why)
        for one in {one.person_id: one for one in candidates}.values()
    )
    return case


def candidates(found: Match) -> list[Candidate]:
    """Whom a match points to, the certain one included."""
    if found.person_id is None:
        return list(found.candidates)
    return [Candidate(found.person_id, 100, "numéro reconnu")]


def shown(adt: AdtMessage) -> dict[str, str]:
    """The identity of the message, as the compare page shows it: traits, no number."""
    said = adt.traits
    return {
        "birth_name": said.family,
        "given_names": said.given_names or said.given,
        "used_name": said.used_name,
        "sex": said.sex,
        "birth_date": said.birth_date.isoformat() if said.birth_date else "",
        "birth_place": said.birth_place or said.birth_place_text,
        "status": adt.identity_status,
        "event": adt.event,
        "at": adt.event_at.isoformat(),
        "died_at": adt.died_at.isoformat() if adt.died_at else "",
    }
