"""Mme Dupont, her nurse Claire, the physiotherapist Karim, the meal service, her daughter Julie."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from liane.agenda.models import Appointment
from liane.core import acting
from liane.directory.models import Organisation, Practice
from liane.patients.models import Contact, Patient
from liane.stays import queries, services
from liane.stays.models import Stay, StayNotice
from liane.stays.movement import Action, Kind, Movement, Ward
from liane.stays.services import Effect, Source
from tests import factories

CARDIO = Ward("Cardiologie", "6101")


@dataclass
class Circle:
    """The people of a story."""

    odette: Patient
    claire: Practice
    karim: Practice
    meals: Organisation
    sonia: Practice
    julie: Contact


def circle() -> Circle:
    """Odette's circle: care team, home help with an account, meals without one, a daughter."""
    odette = factories.patient()
    claire = factories.practice("claire", name="Claire Aubert", phone="06 11 22 33 44")
    karim = factories.practice("karim", name="Karim Lahlou", phone="05 58 00 00 01")
    meals = factories.organisation("Portage des Landes", "meals", phone="05 58 00 00 02")
    sonia = factories.practice(
        "sonia",
        name="Sonia Petit",
        role="social",
        of=factories.organisation("Aide du Marensin", "saad"),
        phone="06 99 88 77 66",
    )
    factories.member(odette, claire)
    factories.member(odette, karim)
    factories.member(odette, meals, outside_team=True)
    factories.member(odette, sonia, outside_team=True)
    return Circle(
        odette, claire, karim, meals, sonia, factories.contact(odette, access="carer_write")
    )


def hours(count: float) -> datetime:
    """So many hours from now."""
    return timezone.now() + timedelta(hours=count)


def visit(who: Circle, practice: Practice, at: float) -> Appointment:
    """A home visit planned at so many hours from now."""
    with acting.owner():
        return Appointment.objects.create(
            person=who.odette,
            practice=practice,
            starts_at=hours(at),
            ends_at=hours(at + 0.5),
        )


def status(appointment: Appointment) -> str:
    with acting.acting(acting.system("test")):
        return Appointment.objects.get(pk=appointment.pk).status


_made = iter(range(10_000))


def say(kind: Kind, at: float = -1, number: str = "", **more) -> Movement:
    """A hospital's statement about so many hours from now."""
    number = number or f"m{next(_made)}"
    action = more.pop("action", Action.INSERT)
    recorded = more.pop("recorded_at", timezone.now())
    key = more.pop("key", f"{kind}{action}{at}{number}{next(_made)}")
    return Movement(key, hours(at), recorded, kind, action, number, **more)


def admission(at: float = -2, number: str = "a", **more) -> Movement:
    more.setdefault("ward", CARDIO)
    return say(Kind.ADMIT, at, number, **{"event": "A01", "class_code": "I", **more})


def hear(who: Circle, *statements: Movement, visit: str = "SEJ1") -> Stay:
    """The hospital of Dax says these, one after the other."""
    stay, _ = hear_one(who, statements[0], visit=visit)
    for statement in statements[1:]:
        stay, _ = hear_one(who, statement, visit=visit)
    return stay


def hear_one(who: Circle, statement: Movement, *, visit: str = "SEJ1") -> tuple[Stay, Effect]:
    with acting.acting(acting.system("test")):
        return services.hear(who.odette.pk, Source(visit, None, "CH de Dax"), statement)


def as_(practice: Practice | str):
    """Act as somebody."""
    return acting.acting(factories.actor(practice))


def told(stay: Stay, holder_id: UUID) -> list[str]:
    """The facts that a member was told, in order."""
    with acting.acting(acting.system("test")):
        notices = StayNotice.objects.filter(stay=stay, holder_id=holder_id).order_by("id")
        return [notice.fact.kind for notice in notices.select_related("fact")]


def fresh(stay: Stay) -> Stay:
    with acting.acting(acting.system("test")):
        return Stay.objects.get(pk=stay.pk)


def sentences(stay: Stay, practice: Practice) -> list[str]:
    """What the care team reads of a stay, in order."""
    with as_(practice):
        told_in_order = stay.facts.order_by("id").values_list("pk", flat=True)
        return [queries.fact_sentence(pk, place=True) for pk in told_in_order]
