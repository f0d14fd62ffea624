"""What an alert brings to the pages that are open: the banner of the record, Aujourd’hui."""

from typing import Any

from django.template.loader import render_to_string

from liane.core.registry import Fragment
from liane.patients.models import Patient
from liane.stays import panels, queries


def fragments(entry: Any) -> list[Fragment]:
    """Rendered once for each audience, inside ``acting`` as one of its members."""
    found = queries.told_now(entry.object_id)
    if found is None:
        return []
    person: Patient = found.person
    context = panels.banner_context(person, queries.current(person.pk))
    banner = render_to_string("stays/_banner.html", {"panel": context})
    alert = render_to_string("stays/_alert.html", {"told": found})
    words = f"{person.short_name} : {found.sentence}"
    record, alerts = shown_in(entry)
    return [
        Fragment(record, banner, "replace", words),
        Fragment(alerts, alert, "prepend", words),
    ]


def shown_in(entry: Any) -> list[str]:
    """The record of its person, and the alerts of Aujourd’hui."""
    return [f"stay:{entry.person_id}", "alerts"]
