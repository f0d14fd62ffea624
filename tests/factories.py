"""Rows for tests, made as the owner of the tables. People have names: they read as a story."""

import datetime as dt
from typing import Any

from liane.accounts.models import User
from liane.circle.compile import compile_grants
from liane.circle.models import Membership
from liane.circle.seats import actor_for, seats_of
from liane.core.acting import Actor, owner
from liane.directory.models import Organisation, Post, Practice, Professional
from liane.patients.models import Contact, Patient


def user(username: str = "alice", name: str = "") -> User:
    """An account."""
    return User.objects.create_user(username, name=name or username.title())


def organisation(
    name: str = "Cabinet des Tilleuls", kind: str = "practice", **more: Any
) -> Organisation:
    """A structure."""
    return Organisation.objects.create(name=name, kind=kind, **more)


def practice(
    username: str = "claire",
    *,
    role: str = "care",
    of: Organisation | None = None,
    profession: str = "60",
    name: str = "",
    **more: Any,
) -> Practice:
    """Somebody who works for an organisation, with an account named ``username``."""
    account = User.objects.filter(username=username).first() or user(username, name)
    professional, _ = Professional.objects.get_or_create(
        user=account,
        defaults={
            "given": account.name.split(" ")[0],
            "family": account.name.split(" ")[-1],
            "profession": profession,
        },
    )
    return Practice.objects.create(
        professional=professional, organisation=of or organisation(), role=role, **more
    )


def post(name: str = "Accueil", of: Organisation | None = None) -> Post:
    """A post of an organisation."""
    return Post.objects.create(name=name, organisation=of or organisation())


def patient(birth_name: str = "LABORDE", given_names: str = "Odette", **more: Any) -> Patient:
    """A person; used name Dupont unless told otherwise."""
    values = {"used_name": "DUPONT", "sex": "F", "birth_date": dt.date(1941, 3, 7), **more}
    with owner():
        person = Patient.objects.create(birth_name=birth_name, given_names=given_names, **values)
        if person.user_id:
            compile_grants(person.pk)
        return person


def member(person: Patient, holder: Practice | Organisation | Post, **more: Any) -> Membership:
    """An active member of the person's circle."""
    field = type(holder).__name__.lower()
    values: dict[str, Any] = {"ground": "team", "status": "active", **more}
    with owner():
        membership = Membership.objects.create(
            person=person, holder_id=holder.pk, **{field: holder}, **values
        )
        compile_grants(person.pk)
        return membership


def contact(
    person: Patient, username: str = "julie", access: str = "carer_read", **more: Any
) -> Contact:
    """A carer with an account and, unless told otherwise, the right to see."""
    account = user(username)
    with owner():
        made = Contact.objects.create(
            person=person, name=account.name, access=access, user=account, is_carer=True, **more
        )
        compile_grants(person.pk)
        return made


def actor(account: User | Practice | str, seat: int = 0) -> Actor:
    """The actor that an account is, in its first seat unless told otherwise."""
    if isinstance(account, Practice):
        wanted = f"practice:{account.pk}"
        person = account.professional.user
        assert person is not None
        seats = seats_of(person)
        chosen = next(item for item in seats if item.key == wanted)
        return actor_for(person, chosen, seats)
    person = User.objects.get(username=account) if isinstance(account, str) else account
    seats = seats_of(person)
    return actor_for(person, seats[seat], seats)
