"""MSSanté: what mail to and from the space of trust carries besides words.

`messaging` sends and fetches; this room dresses what leaves (headers, IHE_XDM archive) and opens
what comes. Nothing of it acts until ``LIANE_MSS_NIL`` is set.
"""

from liane.exchange.mss.person import write_to_person

__all__ = ["write_to_person"]
