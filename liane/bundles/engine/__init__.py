"""The settlement engine, pure: (protocol, facts) → sequences, lines in cents, refusals.

``plan = compile_protocol(protocol)``, then ``settle(plan, case, until)``, ``settle_many``,
``difference(before, after)`` and, for people, ``explain(protocol, case, settlement)``.
"""

from liane.bundles.engine.difference import difference
from liane.bundles.engine.examples import run_examples
from liane.bundles.engine.settling import settle, settle_many
from liane.bundles.engine.texts import explain
from liane.pathways.protocols.plan import compile_protocol

__all__ = [
    "compile_protocol",
    "difference",
    "explain",
    "run_examples",
    "settle",
    "settle_many",
]
