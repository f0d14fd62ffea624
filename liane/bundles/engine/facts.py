"""The facts that the engine settles: those of ``liane.pathways.protocols.facts``, named here.

They live lower, because pathways builds them and computes the sessions due from them.
"""

from liane.pathways.protocols.facts import ALWAYS, Act, Case, SharingKey, Span

__all__ = ["ALWAYS", "Act", "Case", "SharingKey", "Span"]
