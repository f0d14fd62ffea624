"""Liane described, then tried by tools that know nothing of it."""
