"""A small world: two persons, every kind of actor, canaries in every column that tells something.

Rooms plant their own rows: a function in ``PLANTERS`` gets the world and adds objects and canaries.
A room keeps its planters in ``liane/<room>/tests/plants.py``, which is loaded here.
``objects`` maps the name of a URL parameter to identifiers, one for each person.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.apps import apps
from django.utils import timezone

from liane.accounts.models import User
from liane.circle.compile import compile_grants
from liane.circle.models import BreakGlass, Opposition
from liane.core.acting import owner
from liane.directory.models import Duty, Locum, Organisation, Practice, Professional
from liane.patients.models import AttendingDoctor, Contact, Patient
from tests import factories as make
from tests.access.expectations import TEAM, Canary, Kind

SOCIAL = "social or home-help member (circle and outside the care team)"
EVERYBODY = frozenset({"team", "outside", "person", "carers"})

KINDS = [
    Kind("doctor", TEAM, organisation="msp"),
    Kind("nurse", TEAM, organisation="practice"),
    Kind("home_help", SOCIAL, organisation="saad"),
    Kind("coordinator", "coordinator of the responsible organisation", organisation="msp"),
    Kind("case_manager", "case manager of a DAC following the person", organisation="dac"),
    Kind("duty_nurse", "duty staff of a post that is a member", organisation="ssiad"),
    Kind("locum", "locum", organisation="other"),
    Kind("secretary", "secretary of a member organisation", organisation="msp"),
    Kind("billing", "billing officer of the responsible organisation", organisation="msp"),
    Kind("manager", "manager of a member organisation", organisation="msp"),
    Kind("person", "person (patient)"),
    Kind("carer_read", "carer with right to see"),
    Kind("carer_write", "carer with right to write"),
    Kind("legal", "legal representative"),
    Kind("outsider", "professional outside the circle", in_circle=False, organisation="other"),
    Kind("by_link", "outsider by signed link"),
    Kind("break_glass", "break-glass user", organisation="other"),
    Kind("ex_member", "ex-member", in_circle=False, organisation="other"),
    Kind("opposed", "member the person opposed", in_circle=False, organisation="practice"),
    Kind("dpo", "data protection officer", organisation="msp"),
    Kind("technical", "technical administrator", in_circle=False, organisation="operator"),
    Kind("other_person", "person (patient)", own="B"),
    Kind("anonymous", "anonymous", in_circle=False),
]


@dataclass
class World:
    """What the matrix walks over."""

    persons: dict[str, Patient] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    practices: dict[str, Practice] = field(default_factory=dict)
    canaries: list[Canary] = field(default_factory=list)
    objects: dict[str, dict[str, UUID]] = field(default_factory=dict)
    doors: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    """(address, link) of each sort of signed link, by person."""
    past: dt.datetime = field(default_factory=lambda: timezone.now() - dt.timedelta(days=5))
    """A moment at which the ex-member and the opposed member were in A's circle."""

    def canary(
        self,
        area: str,
        person: str,
        *,
        groups: frozenset[str] = frozenset({"team"}),
        **more: object,
    ) -> str:
        """A new token, remembered with what it stands for. Letters only: it survives any filter."""
        number = len(self.canaries) + 1
        letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:04d}")
        token = f"Zqx{letters}"
        self.canaries.append(Canary(token, area, person, groups=groups, **more))  # type: ignore[arg-type]
        return token

    def add(self, parameter: str, person: str, identifier: UUID) -> None:
        """An object that URLs name by ``parameter``."""
        self.objects.setdefault(parameter, {})[person] = identifier

    def door(self, person: str, path: str, link: Any) -> None:
        """A signed link about this person: its token fills its own routes, no other's."""
        prefix, token = path.strip("/").rsplit("/", 1)
        self.add(f"{prefix}/token", person, token)  # type: ignore[arg-type]
        self.doors.setdefault(person, []).append((path, link))


Planter = Callable[[World], None]
PLANTERS: list[Planter] = []


def planter(function: Planter) -> Planter:
    """Register a room's rows."""
    PLANTERS.append(function)
    return function


def build() -> World:
    """Make the world, as owner of the tables."""
    world = World()
    _load_planters()
    with owner():
        _organisations(world)
        for name in ("A", "B"):
            _person(world, name)
        _actors(world)
        for plant in PLANTERS:
            plant(world)
    return world


def _load_planters() -> None:
    for app in apps.get_app_configs():
        name = f"{app.name}.tests.plants"
        tests = app.name.startswith("liane.") and find_spec(f"{app.name}.tests")
        if tests and find_spec(name) is not None:
            import_module(name)


def _organisations(world: World) -> None:
    kinds = {
        "msp": "msp", "practice": "practice", "dac": "dac", "saad": "saad", "ssiad": "ssiad",
        "hospital": "hospital", "other": "practice", "operator": "operator",
    }  # fmt: skip
    for name, kind in kinds.items():
        world.organisations[name] = make.organisation(f"Structure {name}", kind)


def _person(world: World, name: str) -> None:
    def strict() -> str:
        # All but the outside members (« r usual name and address ») read the whole identity.
        return world.canary("identity", name, part="strict", groups=EVERYBODY - {"outside"})

    def usual() -> str:
        return world.canary("identity", name, part="usual", groups=EVERYBODY)

    account = make.user("person" if name == "A" else "other_person")
    person = make.patient(
        birth_name=strict().upper(),
        given_names=strict(),
        used_name=usual(),
        used_given=usual(),
        birth_place_name=strict(),
        address_line=usual(),
        city=usual(),
        phone="0558000001" if name == "A" else "0558000002",
        birth_date=dt.date(1941, 3, 7) if name == "A" else dt.date(1950, 1, 2),
        user=account,
    )
    world.persons[name] = person
    for parameter in ("person_id", "patient_id", "pk"):
        world.add(parameter, name, person.pk)


def _practice(world: World, name: str, organisation: str, role: str = "care") -> Practice:
    made = make.practice(name, role=role, of=world.organisations[organisation])
    world.practices[name] = made
    return made


def _actors(world: World) -> None:
    person, now = world.persons["A"], timezone.now()
    today = timezone.localdate()
    member = make.member
    member(person, _practice(world, "doctor", "msp"))
    member(person, _practice(world, "nurse", "practice"))
    member(
        person, _practice(world, "home_help", "saad", "social"), outside_team=True, ground="consent"
    )
    member(person, world.organisations["msp"], responsible=True)
    member(person, world.organisations["dac"])
    for name, organisation, role in [
        ("coordinator", "msp", "coordinator"),
        ("secretary", "msp", "secretary"),
        ("billing", "msp", "billing"),
        ("manager", "msp", "manager"),
        ("dpo", "msp", "dpo"),
        ("case_manager", "dac", "case_manager"),
        ("technical", "operator", "technical_admin"),
        ("outsider", "other", "care"),
    ]:
        _practice(world, name, organisation, role)
    inbox = make.post("Accueil", world.organisations["ssiad"])
    duty = _practice(world, "duty_nurse", "ssiad")
    Duty.objects.create(post=inbox, practice=duty, starts_at=now - dt.timedelta(hours=1))
    member(person, inbox)
    locum = _practice(world, "locum", "other")
    Locum.objects.create(
        replaced=world.practices["nurse"], locum=locum, starts_on=today, ends_on=today
    )
    urgent = _practice(world, "break_glass", "other")
    BreakGlass.objects.create(
        person=person,
        practice=urgent,
        reason="vital",
        text="x",
        ends_at=now + dt.timedelta(hours=1),
    )
    before, left = now - dt.timedelta(days=9), now - dt.timedelta(days=1)
    gone = _practice(world, "ex_member", "other")
    member(person, gone, starts_at=before, ends_at=left)
    opposed = _practice(world, "opposed", "practice")
    member(person, opposed, starts_at=before)
    Opposition.objects.create(person=person, practice=opposed)
    for name, access in [
        ("carer_read", "carer_read"),
        ("carer_write", "carer_write"),
        ("legal", "legal"),
    ]:
        make.contact(person, name, access=access, relationship="fille")
    zoe = _practice(world, "zoe", "hospital")
    member(world.persons["B"], zoe)
    for name, family in (("A", "Garat"), ("B", "Etchegaray")):
        _doctor_outside(world, name, family)
    for name in ("A", "B"):
        compile_grants(world.persons[name].pk)
        contact = Contact.objects.filter(person=world.persons[name]).first()
        if contact is not None:
            world.add("contact_id", name, contact.pk)
    User.objects.update(is_persona=False)


def _doctor_outside(world: World, name: str, family: str) -> None:
    """The attending doctor, who has no account: comes in by signed links."""
    who = Professional.objects.create(given="Hélène", family=family, profession="10")
    practice = Practice.objects.create(
        professional=who, organisation=world.organisations["other"], role="care"
    )
    world.practices[f"outside_{name}"] = practice
    make.member(world.persons[name], practice)
    AttendingDoctor.objects.create(
        person=world.persons[name], practice=practice, started_on=timezone.localdate()
    )
