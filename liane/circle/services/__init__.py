"""Verbs that found, widen, narrow and protect a circle."""

from liane.circle.services.formal import join_team
from liane.circle.services.membership import (
    accept,
    accept_request,
    ask_to_join,
    decline,
    invite,
    leave,
    refuse_request,
    remove,
)
from liane.circle.services.opening import (
    open_each_from_source,
    open_from_source,
    open_record,
    record_wish,
    reopen,
    traits,
)
from liane.circle.services.protection import (
    break_glass,
    end_break_glass,
    lift,
    mask,
    oppose,
    review_break_glass,
    unmask,
)
from liane.circle.services.undone import undo

__all__ = [
    "accept",
    "accept_request",
    "ask_to_join",
    "break_glass",
    "decline",
    "end_break_glass",
    "invite",
    "join_team",
    "leave",
    "lift",
    "mask",
    "open_each_from_source",
    "open_from_source",
    "open_record",
    "oppose",
    "record_wish",
    "refuse_request",
    "remove",
    "reopen",
    "review_break_glass",
    "traits",
    "undo",
    "unmask",
]
