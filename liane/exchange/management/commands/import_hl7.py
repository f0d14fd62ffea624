"""``liane import hl7 FILE…``: the same as ``liane import adt``, by the name of the whole family."""

from liane.exchange.management.commands.import_adt import Command as Command
