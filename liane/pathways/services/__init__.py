"""Verbs of the pathways: the project and its team, inclusion, what is due, what counts."""
