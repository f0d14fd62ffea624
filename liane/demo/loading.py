"""Loading the demo: the territory, the three stories, the crowd. Again changes nothing."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from liane.accounts.models import User
from liane.circle.compile import compile_many
from liane.core import acting, dispatcher
from liane.demo import (
    activity,
    assessing,
    bundles,
    concertations,
    crowd,
    followups,
    offered,
    pathways,
    plans,
    relations,
    requests,
    stories,
)
from liane.demo.chronicle import Chronicle
from liane.demo.names import ident
from liane.demo.territory import Territory, build, known, persona
from liane.directory.models import Professional
from liane.patients.models import Patient
from liane.tasks import services as tasks

STORIES = {"michelle": stories.michelle, "simon": stories.simon, "dupont": stories.dupont}
SMALLEST = len(STORIES) + 1
"""The three stories, and Mme Castagnet, whom `pathways` tells."""


class NotForDemo(RuntimeError):
    """Real people live here: the demo does not mix with them."""


@dataclass(frozen=True)
class Loaded:
    """What was made now, and what there is."""

    persons_made: int
    persons: int
    professionals: int
    personas: int


def load(persons: int = 300, seed: int = 1) -> Loaded:
    """Make what is missing of a territory of ``persons`` persons, the three stories included.

    Raises :class:`NotForDemo` where a real account or an unknown person exists.
    """
    with acting.acting(acting.system("demo", channel="command")):
        _only_fictitious()
        with transaction.atomic():
            land = build()
            made = _stories(land)
            requests.load(land, land.personas())
            requests.years(land)
            followups.load(land, ident("story", "simon"))
            offered.load(land)
            relations.load(land)
        made += crowd.load(land, max(0, persons - SMALLEST), seed)
        requests.crowd(land, max(0, persons - SMALLEST), seed)
        followups.crowd(land, max(0, persons - SMALLEST), seed)
        assessing.opinions(land)
        pathways.load(land)
        bundles.load(land)
        activity.load(land)
        dispatcher.publish_all()
        return Loaded(
            made,
            Patient.objects.count(),
            Professional.objects.count(),
            User.objects.filter(is_persona=True).count(),
        )


def _only_fictitious() -> None:
    if User.objects.filter(is_persona=False).exists():
        raise NotForDemo("Un compte réel existe ici : la démonstration ne s’y mélange pas.")
    loaded = User.objects.filter(is_persona=True).exists()
    if not loaded and Patient.objects.exists():
        raise NotForDemo("Des dossiers existent ici : la démonstration ne s’y mélange pas.")


def _stories(land: Territory) -> int:
    there = known([ident("story", key) for key in STORIES])
    persona("Jeanne Michelle")
    persona("Julie Dupont")
    persona("Pierre Simon")
    made = []
    staff = land.personas()
    for key, tell in STORIES.items():
        if ident("story", key) in there:
            continue
        book = Chronicle(staff=staff)
        one = tell(land, book)
        book.save()
        made.append(one)
    compile_many([one.pk for one in made])
    for one in made:
        key = next(key for key in STORIES if ident("story", key) == one.pk)
        _ask(land, one, key)
        assessing.assess(land, one, key)
        plans.tell(land, one, key)
        concertations.tell(land, one, key)
    return len(made)


TASKS = {
    "michelle": (
        ("Hélène Roussel", "Claire Aubert", "Peser Mme Michelle et m’appeler si plus de 63 kg", 0),
        ("Nathalie Cazenave", "Hélène Roussel", "Renouveler l’ordonnance de soins infirmiers", 5),
    ),
    "simon": (
        ("Isabelle Lafitte", "Claire Aubert", "Être présente à la visite d’évaluation APA", 3),
        ("Claire Aubert", "Isabelle Lafitte", "Rappeler le fils de M. Simon à Bordeaux", 1),
    ),
    "dupont": (
        ("Hélène Roussel", "Anne Capdeville", "Préparer le pilulier avec la nouvelle dose", 1),
        ("Claire Aubert", "Hélène Roussel", "Revoir le diurétique de Mme Dupont", 0),
    ),
}
"""Who asks, whom, what, due in how many days."""


def _ask(land: Territory, one: Patient, key: str) -> None:
    """What is to be done now, asked with the tasks' own verb."""
    for asker, asked, title, days in TASKS[key]:
        with acting.acting(stories.acting_as(land.of(asker))):
            tasks.create_task(
                tasks.Asked(
                    title,
                    person_id=one.pk,
                    practice_id=land.of(asked).pk,
                    due_on=timezone.localdate() + dt.timedelta(days=days),
                )
            )
