"""Verbs about a person: identity (`identity`), and those of their own life (`entourage`).

Each checks that the actor may write the area of the record, writes, tells the journal and the
ledger in one transaction. Opening and closing a record, which found and end a circle, are verbs of
`liane.circle`.
"""

from liane.patients.services.entourage import (
    add_contact,
    end_contact,
    name_attending_doctor,
    name_trusted,
    record_wish,
    set_access,
    update_contact,
)
from liane.patients.services.identity import (
    confirm_death,
    correct_traits,
    forget,
    link,
    register,
    register_each,
    set_ins,
    set_twin_warning,
    unlink,
    update_contact_data,
)

__all__ = [
    "add_contact",
    "confirm_death",
    "correct_traits",
    "end_contact",
    "forget",
    "link",
    "name_attending_doctor",
    "name_trusted",
    "record_wish",
    "register",
    "register_each",
    "set_access",
    "set_ins",
    "set_twin_warning",
    "unlink",
    "update_contact",
    "update_contact_data",
]
