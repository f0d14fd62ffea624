"""What a stay is called, for whom: the care team reads where, the others only that she is away."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from liane.core.templatetags.liane import day_words, hour, moment
from liane.patients.models import Patient
from liane.stays.facts import FactKind
from liane.stays.models import Stay, StayFact
from liane.stays.movement import Outcome, StayClass
from liane.stays.state import Status, StayState

NEUTRAL_AWAY = "Ne passez pas avant nouvel avis"
NEUTRAL_BACK = "Vous pouvez de nouveau passer"
_HOLIDAYS: dict[str, tuple[str, str, str]] = {
    Stay.Kind.RESPITE: ("En répit", "Séjour de répit", "de son séjour de répit"),
    Stay.Kind.HOLIDAY: ("En vacances", "Vacances", "de vacances"),
}
"""While away, named, once back."""
_PLANNED = {
    Stay.Kind.HOSPITAL: "Hospitalisation prévue",
    Stay.Kind.RESPITE: "Séjour de répit prévu",
    Stay.Kind.HOLIDAY: "Vacances prévues",
}
_OUTCOMES = {
    Outcome.TRANSFER: "partie vers un autre établissement",
    Outcome.HOME_HOSPITAL: "rentrée en hospitalisation à domicile",
    Outcome.DEATH: "décédée",
}


def agree(person: Patient, feminine: str, masculine: str) -> str:
    """The form that fits the person."""
    return masculine if person.sex == Patient.Sex.MALE else feminine


def where(stay: Stay) -> str:
    """« CH de Dax, cardiologie », for the care team only."""
    return ", ".join(part for part in (stay.hospital_name, stay.ward) if part)


def since(at: datetime | None) -> str:
    """« ce matin 8 h 12 », « hier 17 h 40 », « le 12 mars »."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    distance = (local.date() - timezone.localdate()).days
    if distance == 0:
        return f"{'ce matin' if local.hour < 12 else 'aujourd’hui'} {hour(at)}"
    return moment(at) if abs(distance) <= 6 else f"le {day_words(at)}"


def headline(stay: Stay, person: Patient) -> str:
    """The first words of the banner, for the care team."""
    at = since(stay.starts_at)
    if stay.status == Status.CANCELLED:
        return f"{_HOLIDAYS.get(stay.kind, ('', 'Hospitalisation'))[1]} {at} : annulation"
    if stay.kind in _HOLIDAYS:
        return _holiday(stay, person, at)
    if stay.status == Status.PLANNED:
        return f"Hospitalisation prévue {at}"
    if stay.stay_class == StayClass.EMERGENCY:
        return f"Aux urgences depuis {at}"
    if stay.status == Status.ON_LEAVE:
        return f"En permission, {agree(person, 'hospitalisée', 'hospitalisé')} depuis {at}"
    if stay.status == Status.ENDED:
        return f"{agree(person, 'Sortie', 'Sorti')} {since(stay.ends_at)}"
    return f"{agree(person, 'Hospitalisée', 'Hospitalisé')} depuis {at}"


def _holiday(stay: Stay, person: Patient, at: str) -> str:
    """An absence that is no hospital's: its own words, from the first day to the last."""
    away, _, back = _HOLIDAYS[stay.kind]
    if stay.status == Status.ENDED:
        return f"{agree(person, 'Rentrée', 'Rentré')} {back} {since(stay.ends_at)}"
    if stay.away:
        return f"{away} depuis {at}"
    return f"{_PLANNED[Stay.Kind(stay.kind)]} {at}"


def neutral_headline(stay: Stay) -> str:
    """The first words of the banner, for everybody else."""
    if stay.status == Status.ENDED:
        return NEUTRAL_BACK if stay.resumption else NEUTRAL_AWAY
    return NEUTRAL_AWAY


@dataclass(frozen=True)
class Absence:
    """An absence as told to the person and to carers: neither place nor reason."""

    stay_id: UUID
    title: str
    text: str


def family(stay: Stay, person: Patient, *, me: bool) -> Absence | None:
    """The same facts for the person (``me``) and for carers, who are told nothing of a passage
    that suspends no visit."""
    who = person.short_name
    if stay.status == Status.ENDED:
        title = "Vous êtes de retour." if me else f"{who} est de retour à la maison."
        return Absence(stay.pk, title, "Chacun confirme la reprise de ses visites.")
    if not stay.suspends:
        text = "Vos visites sont maintenues."
        return Absence(stay.pk, "Un passage à l’hôpital est noté.", text) if me else None
    if stay.status == Status.ON_LEAVE:
        text = "Les visites de ces jours peuvent avoir lieu."
        return Absence(stay.pk, f"{'Vous êtes' if me else f'{who} est'} en permission.", text)
    if not stay.away:
        text = "Les visites de ces jours sont suspendues."
        return Absence(stay.pk, f"Absence prévue {since(stay.starts_at)}.", text)
    noted = agree(person, "notée absente", "noté absent")
    title = f"Vous êtes {noted} de la maison." if me else f"{who} n’est pas à la maison."
    return Absence(stay.pk, title, "Les visites sont suspendues.")


def sentence(fact: StayFact, person: Patient, state: StayState) -> str:
    """What is told to the care team: one sentence, without the person's name."""
    place = ", ".join(part for part in (fact.stay.hospital_name, fact.ward) if part)
    at_place = f" · {place}" if place else ""
    when = since(fact.at)
    match FactKind(fact.kind):
        case FactKind.PLANNED:
            told = f"{_PLANNED[Stay.Kind(fact.stay.kind)]} {when}{at_place}"
        case FactKind.EMERGENCY:
            told = f"{agree(person, 'Passée', 'Passé')} aux urgences {when}{at_place}"
        case FactKind.ADMITTED:
            told = _admitted(fact, person, when) + at_place
        case FactKind.LOCATED:
            told = f"Lieu précisé : {place or 'service non précisé'}"
        case FactKind.TRANSFERRED:
            told = f"{agree(person, 'Transférée', 'Transféré')} : {place or 'service non précisé'}"
        case FactKind.EXPECTED_DISCHARGE:
            told = _expected(state)
        case FactKind.ON_LEAVE:
            told = f"En permission depuis {when} : les visites reprennent le temps de la permission"
        case FactKind.RETURNED:
            told = f"De retour à l’hôpital{at_place} : les visites sont de nouveau suspendues"
        case FactKind.DISCHARGED:
            told = _discharged(fact, person, state, when)
        case FactKind.CANCELLED:
            told = "Finalement pas d’absence : les visites suspendues sont rétablies"
        case FactKind.CLASS_CHANGED:
            told = "Pas d’hospitalisation complète : les visites suspendues sont rétablies"
        case FactKind.DIED:
            told = "L’établissement signale un décès, à confirmer"
        case FactKind.ALIVE:
            told = "L’établissement annule le décès signalé par erreur"
    return f"Rectification. {told}" if fact.reverses else told


def neutral_sentence(state: StayState) -> str:
    """What is told to those outside the care team: neither place nor reason."""
    if state.status in (Status.IN_PROGRESS, Status.PLANNED) and not state.suspends:
        return ""
    if state.status is Status.ENDED:
        return NEUTRAL_BACK if state.proposes_resumption else NEUTRAL_AWAY
    if state.status is Status.ON_LEAVE or not state.suspends:
        return NEUTRAL_BACK
    return NEUTRAL_AWAY


def _admitted(fact: StayFact, person: Patient, when: str) -> str:
    if fact.stay.kind not in _HOLIDAYS:
        return f"{agree(person, 'Hospitalisée', 'Hospitalisé')} depuis {when}"
    if fact.at is not None and fact.at > timezone.now():
        return f"{_PLANNED[Stay.Kind(fact.stay.kind)]} {when}"
    return f"{_HOLIDAYS[fact.stay.kind][0]} depuis {when}"


def _expected(state: StayState) -> str:
    if state.expected_discharge is None:
        return "La date de retour annoncée est retirée"
    return f"Retour prévu {since(state.expected_discharge)}"


def _discharged(fact: StayFact, person: Patient, state: StayState, when: str) -> str:
    if fact.stay.kind in _HOLIDAYS:
        back = f"{agree(person, 'Rentrée', 'Rentré')} {_HOLIDAYS[fact.stay.kind][2]} {when}"
        return f"{back} : les visites peuvent reprendre"
    if state.outcome in _OUTCOMES and state.outcome is not None:
        told = _OUTCOMES[state.outcome]
        feminine = {"partie": "parti", "rentrée": "rentré", "décédée": "décédé"}
        first, _, rest = told.partition(" ")
        words = " ".join(part for part in (agree(person, first, feminine[first]), rest) if part)
        return f"{words.capitalize()} {when}"
    back = f"{agree(person, 'Sortie', 'Sorti')} {when}"
    return f"{back} : reprise des visites à confirmer" if state.proposes_resumption else back
