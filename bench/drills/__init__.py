"""Drills: long trials that break things on purpose. ``make drill-NAME``."""
