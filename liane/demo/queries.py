"""Who the demo's personas are, and whether their door may open."""

from dataclasses import dataclass

from liane.accounts.models import User
from liane.core import acting
from liane.directory.models import Practice
from liane.patients.models import Contact, Patient

PORTAL = "Personnes et proches"
ROLES = {
    "10": "doctor",
    "21": "pharmacist",
    "60": "nurse",
    "70": "physiotherapist",
    "AD": "home_help",
    "AS": "care_assistant",
    "PR": "meals",
}
"""Role of a caring persona, by profession; other roles go by their own name."""


@dataclass(frozen=True)
class Persona:
    """A demo account: what it is called, what it is there for, for whom it acts."""

    username: str
    name: str
    role: str
    label: str
    organisation: str
    group: str

    def as_row(self) -> dict[str, str]:
        """One line of `liane demo personas`."""
        return {
            "username": self.username,
            "name": self.name,
            "role": self.role,
            "organisation": self.organisation,
            "label": self.label,
        }


def personas() -> list[Persona]:
    """Every persona with its first role. Four queries."""
    with acting.acting(acting.system("demo personas")):
        practices: dict[object, list[Practice]] = {}
        for practice in (
            Practice.objects.filter(professional__user__is_persona=True)
            .select_related("professional", "organisation")
            .order_by("created_at")
        ):
            practices.setdefault(practice.professional.user_id, []).append(practice)
        contacts: dict[object, list[Contact]] = {}
        for contact in Contact.objects.filter(user__is_persona=True, ended_at=None).select_related(
            "person"
        ):
            contacts.setdefault(contact.user_id, []).append(contact)
        patients = {p.user_id: p for p in Patient.objects.filter(user__is_persona=True)}
        found = []
        for user in User.objects.filter(is_persona=True, is_active=True).order_by("date_joined"):
            if user.pk in practices:
                found.append(_worker(user, practices[user.pk]))
            elif user.pk in patients:
                found.append(
                    Persona(user.username, user.name, "person", "la personne elle-même", "", PORTAL)
                )
            elif user.pk in contacts:
                found.append(_carer(user, contacts[user.pk]))
        return found


def _worker(user: User, practices: list[Practice]) -> Persona:
    first = practices[0]
    caring = first.role in {Practice.Role.CARE, Practice.Role.SOCIAL}
    role = ROLES.get(first.professional.profession, first.role) if caring else str(first.role)
    label = first.function or first.professional.profession_label or first.get_role_display()
    places = " et ".join(dict.fromkeys(practice.organisation.name for practice in practices))
    return Persona(user.username, user.name, role, label, places, first.organisation.name)


def _carer(user: User, contacts: list[Contact]) -> Persona:
    contact = contacts[0]
    label = f"{contact.relationship or 'proche'} de {contact.person.short_name}"
    return Persona(user.username, user.name, "carer", label, "", PORTAL)


def door_is_open() -> bool:
    """False where somebody real has an account, or made a person's record. Two queries."""
    if User.objects.filter(is_persona=False).exists():
        return False
    with acting.acting(acting.system("demo door")):
        personas_ids = User.objects.filter(is_persona=True).values("pk")
        return not (
            Patient.objects.exclude(author_user_id=None)
            .exclude(author_user_id__in=personas_ids)
            .exists()
        )


def persona(username: str) -> User | None:
    """The active persona of that name; nobody else, ever."""
    return User.objects.filter(username=username, is_persona=True, is_active=True).first()
