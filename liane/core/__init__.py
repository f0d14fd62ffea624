"""Foundations: identifiers, acting, journal, ledger, rules of the database, interface shell."""
