"""Signing in with Pro Santé Connect and FranceConnect."""
