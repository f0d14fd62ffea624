"""What plans show on Aujourd’hui, on a record, in notifications, in open pages."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from liane.careplans import queries, rules
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.registry import Fragment
from liane.core.routes import PORTAL_ROLES


def today(request: HttpRequest) -> dict[str, Any] | None:
    """Plans to validate, plans to review."""
    if not acting.current().read.get(Area.CARE_PLAN):
        return None
    waiting, due = queries.to_validate(), queries.to_review()
    if not waiting and not due:
        return None
    ledger.read({plan.person_id for plan in [*waiting, *due]}, "care_plan")
    return {"waiting": waiting, "due": due}


def record(request: Any, person: Any) -> dict[str, Any] | None:
    """Where the plan stands, beside a record; nothing for whom may not read it."""
    actor = request.actor
    if actor.role in PORTAL_ROLES or not actor.read.get(Area.CARE_PLAN):
        return None
    plan = queries.current(person.pk)
    if plan is None:
        return None
    return {"person": person, "plan": plan, "actions": queries.waiting_actions(plan)}


def moved(signal: Any) -> list[Fragment]:
    """The action that changed, as it is now, in the open pages of the plan. Three queries."""
    action = queries.action_now(signal.object_id)
    if action is None:
        return []
    writes = action.plan.is_open and rules.writes(acting.current(), action.person_id)
    html = render_to_string(
        "careplans/_action.html", {"action": action, "screen": {"writes": writes}}
    )
    return [Fragment(f"careplan:{action.person_id}", html, "none")]


def sentence(entry: Any, person: Any) -> str:
    """A notification inside the application."""
    of = f"de {person.short_name}"
    said = {
        "plan.opened": f"{entry.actor_label} ouvre un plan pour {person.short_name}",
        "plan.to_validate": f"Le plan {of} attend votre validation",
        "plan.validated": f"Le plan {of} est validé par {entry.actor_label}",
        "plan.returned": f"{entry.actor_label} demande de reprendre le plan {of}",
        "plan.unanswered": f"Le plan {of} s’applique : transmis, sans réponse",
        "plan.started": f"Le plan {of} est en vigueur",
        "plan.agreed": f"{person.short_name} est d’accord avec son plan",
        "plan.not_agreed": f"{person.short_name} n’est pas d’accord avec son plan",
        "plan.words": f"De nouveaux mots dans le plan {of}",
        "plan.review_due": f"Le plan {of} est à réviser",
        "plan.closed": f"Le plan {of} est clos",
    }
    return said[entry.kind]


def link(entry: Any) -> str:
    """Where it leads."""
    if acting.present() and not acting.is_owner() and acting.current().role in PORTAL_ROLES:
        return "/portail/plan/"
    return f"/personnes/{entry.person_id}/plan/"
