"""What Aujourd’hui is made of."""

from dataclasses import dataclass

from django.utils import timezone

from liane.circle.record import Shown
from liane.core import registry
from liane.core.http import Request


@dataclass(frozen=True)
class Greeting:
    """The first line of the day."""

    name: str
    day: object


def sections(request: Request, role: str) -> dict[str, list[Shown]]:
    """The sections of a role that have something to show, by place."""
    shown: dict[str, list[Shown]] = {"action": [], "top": [], "main": [], "side": []}
    for section in sorted(registry.today, key=lambda section: section.order):
        if section.roles and role not in section.roles:
            continue
        context = section.load(request)
        if context is not None:
            shown.setdefault(section.place, []).append(
                Shown(section.name, section.template, context)
            )
    return shown


def summary(sections: dict[str, list[Shown]]) -> str:
    """What waits, in a few words: « 9 visites, 2 messages »; each section may give its own."""
    words = [
        str(shown.context["summary"])
        for place in ("main", "side")
        for shown in sections[place]
        if shown.context.get("summary")
    ]
    return ", ".join(words)


def is_quiet(sections: dict[str, list[Shown]]) -> bool:
    """Nothing waits: a section that is only ready for what may come says ``silent``."""
    return all(
        shown.context.get("silent")
        for place in ("top", "main", "side")
        for shown in sections[place]
    )


def greeting(request: Request) -> Greeting:
    """Who is greeted, and the local day."""
    return Greeting(request.actor.label.split(" ")[0], timezone.localdate())
