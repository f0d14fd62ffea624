"""Protocols, pure: the format of a definition, its library, eligibility and what falls due.

Nothing here touches Django, the database or the clock: days are given.
"""
