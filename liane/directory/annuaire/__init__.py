"""The national directory of health (Annuaire Santé, FHIR 1.2) asked from a search, as a client.

Only what was typed to find a professional leaves: never a person followed, never health data.
"""
