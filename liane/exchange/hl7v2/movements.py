"""From a hospital message to the statement it makes about a stay."""

from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hl7v2.profile import EVENTS, original_kind
from liane.stays.movement import Action, Kind, Movement


def movement(adt: AdtMessage) -> Movement | None:
    """The statement, or None when the message is about an identity and no stay."""
    event = EVENTS.get(adt.event)
    if event is None or not event.visit:
        return None
    action = adt.zbe.action or Action.INSERT
    kind, effective = event.kind, adt.event
    if event.cancels:
        action = Action.CANCEL
    elif event.code == "Z99" and action is Action.INSERT:
        action = Action.UPDATE
    if (event.kind is None or action is not Action.INSERT) and adt.zbe.original_event:
        named = original_kind(adt.zbe.original_event)
        if named not in (None, Kind.INFORM):
            kind, effective = named, adt.zbe.original_event
    expected_discharge = adt.expected_discharge
    if kind is Kind.EXPECT_DISCHARGE:
        expected_discharge = expected_discharge or adt.discharged_at or adt.event_at
    return Movement(
        key="|".join(adt.key),
        at=adt.event_at,
        recorded_at=adt.recorded_at,
        kind=kind,
        action=action,
        movement_id=adt.zbe.identifier,
        event=effective,
        class_code=adt.class_code,
        ward=adt.ward,
        hospital=adt.hospital.value,
        admitted_at=adt.admitted_at,
        discharged_at=adt.discharged_at if kind is Kind.DISCHARGE else None,
        expected_admission=adt.expected_admission,
        expected_discharge=expected_discharge,
        expected_return=adt.expected_return,
        outcome=adt.outcome,
        dead=adt.dead,
        died_at=adt.died_at,
        confidential=adt.confidential,
    )
