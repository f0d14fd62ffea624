"""What a message does once its person is known: a stay, a number, a merge, a death to confirm."""

from dataclasses import dataclass, replace
from uuid import UUID

from liane.exchange import cases, heard
from liane.exchange.hl7v2 import parsing
from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hl7v2.movements import movement
from liane.exchange.hospitals import Speaker
from liane.exchange.matching import Candidate, holders, remember
from liane.exchange.models import IdentityCase, RawMessage
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids
from liane.stays import services as stays
from liane.stays.services import Effect


@dataclass(frozen=True, slots=True)
class Applied:
    """The effect of a message; ``queued``: a human has to decide the rest."""

    effect: Effect
    reason: str = ""
    queued: bool = False


def apply(
    adt: AdtMessage, who: Speaker, person_id: UUID, row: RawMessage, *, numbered: bool = False
) -> Applied:
    """Carry out a message about a known person. The caller holds the transaction.

    ``numbered``: the hospital's own number told who it is; there is none to learn.
    """
    learnt = not numbered and remember(person_id, adt.ipp, who)
    if adt.code in heard.BEYOND_ADT:
        return _beyond(adt, who, person_id, row)
    statement = movement(adt)
    if adt.event == "A40":
        return _merge(adt, who, person_id, row, learnt)
    if statement is None:
        reported = _death(adt, who, person_id, row)
        effect = Effect.UPDATED if learnt else Effect.UNCHANGED
        return Applied(effect, "death to be confirmed" if reported else "identity", queued=reported)
    if row.conflict:  # the same control id with other content is another statement
        statement = replace(statement, key=f"{statement.key}#{row.pk}")
    _, effect = stays.hear(person_id, who.source(adt), statement, message_id=row.pk)
    _death(adt, who, person_id, row)
    return Applied(effect, "stay")


def _beyond(adt: AdtMessage, who: Speaker, person_id: UUID, row: RawMessage) -> Applied:
    """An appointment or documents; their sender is in the directory (`heard.problems`)."""
    if who.organisation is None or row.content is None:
        return Applied(Effect.UNCHANGED, "no sender")
    message = parsing.parse(row.content)
    tell = heard.booking if adt.code == "SIU" else heard.documents
    reason = "appointment" if adt.code == "SIU" else "document"
    return Applied(tell(message, adt, person_id, who.organisation), reason)


def _merge(
    adt: AdtMessage, who: Speaker, person_id: UUID, row: RawMessage, learnt: bool
) -> Applied:
    """The hospital gave one of its numbers up for another.

    A number of nobody here now leads to the person; one of another record is a merge that
    identity vigilance decides here too.
    """
    here = set(cluster_ids(person_id))
    others = [found for prior in adt.merged for found in holders(prior, who) if found not in here]
    if others:
        pair = [Candidate(one, 0, "ancien numéro du même hôpital") for one in others]
        pair.append(Candidate(person_id, 0, "numéro gardé par l’hôpital"))
        cases.open_case(row, adt, who, IdentityCase.Reason.MERGE, pair)
        return Applied(Effect.UNCHANGED, "merge to be decided", queued=True)
    added = [remember(person_id, prior, who) for prior in adt.merged]
    changed = learnt or any(added)
    return Applied(Effect.UPDATED if changed else Effect.UNCHANGED, "numbers merged")


def _death(adt: AdtMessage, who: Speaker, person_id: UUID, row: RawMessage) -> bool:
    """A death that a hospital reports is confirmed by a human before it stops anything."""
    if not adt.dead or Patient.objects.filter(pk=person_id, died_on__isnull=False).exists():
        return False
    waiting = IdentityCase.objects.filter(
        reason=IdentityCase.Reason.DEATH,
        status=IdentityCase.Status.OPEN,
        candidates__person_id=person_id,
    )
    if waiting.exists():
        return False
    told = Candidate(person_id, 100, "décès signalé")
    cases.open_case(row, adt, who, IdentityCase.Reason.DEATH, [told])
    return True
