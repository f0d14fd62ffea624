"""What the journal tells of pathways: kinds of entries, and how they become notifications."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from liane.circle import rules as circle_rules
from liane.core.areas import Area
from liane.core.registry import EntryKind, NoticeKind, add_kinds, add_notices
from liane.core.routes import PORTAL_ROLES
from liane.pathways import clashes, queries, slot_reads
from liane.pathways.models import Clash
from liane.pathways.services import following

READERS = frozenset(
    role
    for role, rights in circle_rules.RIGHTS.items()
    if "r" in rights.get(Area.INTERVENTION, "") and role not in PORTAL_ROLES
)
LIFE = {
    "pathway.proposed": "Parcours proposé",
    "pathway.included": "Entrée dans un parcours",
    "pathway.validated": "Parcours prescrit",
    "pathway.refused": "Parcours non engagé",
    "pathway.suspended": "Parcours suspendu",
    "pathway.resumed": "Parcours repris",
    "pathway.ended": "Fin d’un parcours",
}
SAID = {
    "pathway.included": "{who} a inclus {name} dans un parcours",
    "pathway.ended": "{who} a mis fin au parcours de {name}",
    "pathway.suspended": "{who} a suspendu le parcours de {name}",
    "pathway.assigned": "{who} vous confie le parcours de {name}",
    "pathway.reminder": "Séance à faire pour {name}",
    "pathway.to_confirm": "{who} a noté une séance en votre nom pour {name}",
    "pathway.contested": "{who} conteste une séance notée pour {name}",
    "pathway.clash": "Une autre prise en charge, incompatible, est en cours pour {name}",
    "pathway.barred": "{who} allait facturer à l’acte, pour {name}, ce que votre forfait paie",
    "pathway.slot": "{who} vous propose un créneau pour {name}",
    "pathway.slot_refused": "Un créneau proposé pour {name} ne convient pas",
    "pathway.slot_withdrawn": "{who} retire un créneau proposé pour {name}",
    "pathway.slot_planned": "Tous d’accord : le créneau pour {name} est planifié",
}


def register() -> None:
    """Called once, when the application starts."""
    for kind, label in LIFE.items():
        add_kinds(EntryKind(kind, label, "pathway", "heart", load=queries.by_ids))
    add_kinds(
        EntryKind("pathway.project", "Projet de parcours", "pathway", "heart", in_timeline=False),
        EntryKind("pathway.assigned", "Parcours confié", "pathway", "people", in_timeline=False,
                  told=_told(following.told_of_enrolment)),
        EntryKind("pathway.reminder", "Séance à faire", "pathway", "bell", in_timeline=False,
                  told=_told(following.told_of)),
        EntryKind("pathway.to_confirm", "Séance à confirmer", "pathway", "check",
                  in_timeline=False, told=_confirmer),
        EntryKind("pathway.contested", "Séance contestée", "pathway", "alert", in_timeline=False,
                  told=_writer),
        EntryKind("pathway.clash", "Prises en charge incompatibles", "pathway", "alert",
                  in_timeline=False, told=_clashing),
        EntryKind("pathway.barred", "Acte refusé à l’acte", "pathway", "alert", in_timeline=False,
                  told=_answering),
        EntryKind("pathway.slot", "Créneau proposé", "pathway", "calendar", in_timeline=False,
                  told=_told(slot_reads.asked)),
        EntryKind("pathway.slot_refused", "Créneau refusé", "pathway", "calendar",
                  in_timeline=False, told=_told(slot_reads.concerned)),
        EntryKind("pathway.slot_withdrawn", "Créneau retiré", "pathway", "calendar",
                  in_timeline=False, told=_told(slot_reads.concerned)),
        EntryKind("pathway.slot_planned", "Créneau planifié", "pathway", "calendar",
                  in_timeline=False, told=_told(slot_reads.concerned)),
    )  # fmt: skip
    quiet = {"pathway.suspended", "pathway.slot_withdrawn"}
    for kind in SAID:
        label = LIFE.get(kind) or LABELS[kind]
        add_notices(
            NoticeKind(kind, label, _sentence, _link, push=kind not in quiet, escalates=False)
        )


LABELS = {
    "pathway.assigned": "Parcours confiés",
    "pathway.reminder": "Relances de séances",
    "pathway.to_confirm": "Séances à confirmer",
    "pathway.contested": "Séances contestées",
    "pathway.clash": "Prises en charge incompatibles",
    "pathway.barred": "Actes refusés à l’acte",
    "pathway.slot": "Créneaux proposés",
    "pathway.slot_refused": "Créneaux refusés",
    "pathway.slot_withdrawn": "Créneaux retirés",
    "pathway.slot_planned": "Créneaux planifiés",
}


def _told(find: Callable[[Collection[UUID]], Any]) -> Callable[[Any], Collection[UUID]]:
    return lambda entry: find([entry.object_id]).get(entry.object_id, [])


def _confirmer(entry: Any) -> Collection[UUID]:
    found = following.told_of_confirmation([entry.object_id], author=False)
    return found.get(entry.object_id, [])


def _writer(entry: Any) -> Collection[UUID]:
    found = following.told_of_confirmation([entry.object_id], author=True)
    return found.get(entry.object_id, [])


def _clashing(entry: Any) -> Collection[UUID]:
    from liane.core import acting

    with acting.acting(acting.system("cumul des forfaits")):
        row = Clash.objects.filter(pk=entry.object_id).first()
        return clashes.told_of([row.enrolment_id])[row.enrolment_id] if row is not None else []


def _answering(entry: Any) -> Collection[UUID]:
    from liane.core import acting

    with acting.acting(acting.system("acte à l’acte : forfaits")):
        return clashes.told_of([entry.object_id]).get(entry.object_id, [])


def _sentence(entry: Any, person: Any) -> str:
    name = person.short_name if person is not None else "quelqu’un"
    return SAID[entry.kind].format(who=entry.actor_label, name=name)


def _link(entry: Any) -> str:
    if entry.kind in {"pathway.to_confirm", "pathway.slot"}:
        return "/parcours/seances/"
    return f"/personnes/{entry.person_id}/parcours/"
