"""What the structures of the demo territory offer, and whom to call there. All of it is invented.

Coordinates are those of the towns' centres, to a hundredth of a degree (about a kilometre).
"""

from dataclasses import dataclass, field
from typing import Any

from liane.demo.chronicle import Chronicle, at, voice
from liane.demo.names import ident
from liane.demo.territory import Territory
from liane.directory.index import index_organisations, index_services
from liane.directory.models import (
    Change,
    Commune,
    Correspondent,
    HealthcareService,
    Organisation,
    ServiceArea,
)

POINTS = {
    "40088": (43.71, -1.05), "40279": (43.73, -1.05), "40313": (43.83, -0.81),
    "40065": (43.64, -1.43), "40192": (43.89, -0.50), "40224": (43.54, -1.10),
    "40119": (43.66, -0.59), "40310": (43.75, -1.36), "40282": (43.76, -0.57),
    "40202": (43.70, -1.01), "40233": (43.60, -1.04), "40284": (43.66, -1.31),
    "40194": (43.71, -0.84), "40184": (44.20, -1.23), "40001": (43.70, -0.26),
}  # fmt: skip
"""Latitude and longitude of some communes: distances are shown between these."""

STRUCTURES = (
    ("halte", "La Halte du Luy", "esms", "40088", "6 rue du Tuc d’Eauze", "0558000021"),
    ("glycines", "Accueil de jour Les Glycines", "esms", "40313", "2 allée des Platanes",
     "0558000022"),
    ("bosquet", "Résidence Le Bosquet", "esms", "40279", "18 avenue de la Résistance",
     "0558000023"),
    ("marensin", "SSIAD du Marensin", "ssiad", "40310", "1 place de la Mairie", "0558000024"),
    ("navette", "Navette solidaire du Grand Dax", "other", "40088", "3 rue Cazade", "0558000025"),
    ("ccas", "Action sociale de Dax", "other", "40088", "1 rue Saint-Pierre", "0558000026"),
    ("habitat", "Habitat et Autonomie des Landes", "other", "40192", "22 rue Armand-Dulamon",
     "0558000027"),
    ("alarme", "Téléassistance des Gaves", "other", "40224", "9 quai du Roc", "0558000028"),
    ("materiel", "Matériel médical du Sablar", "other", "40088", "41 quai du Sablar",
     "0558000029"),
    ("soir", "Les Visites du soir", "other", "40065", "4 rue des Pêcheurs", "0558000030"),
    ("chalosse", "Aide à domicile de Chalosse", "saad", "40119", "7 rue Carnot", "0558000031"),
    ("palombe", "Foyer de la Palombe", "esms", "40282", "30 route d’Augreilh", "0558000032"),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One offer: of whom, for what, in which words, with what room, said how long ago (days)."""

    house: str
    need: str
    name: str
    where: str = "home"
    room: tuple[str, int | None, int | None] = ("unknown", None, None)
    """Availability, free places, delay in days."""
    areas: tuple[str, ...] = ()
    days: int = 20
    by: str = "Isabelle Lafitte"
    more: dict[str, Any] = field(default_factory=dict)


DAX, LAND = "epci:244000675", "department:40"
OFFERS = (
    Said("halte", "respite", "Relais à domicile pour les aidants", "home", ("waiting", None, 21),
         (DAX, "epci:200069417"), 12, more={
             "skills": "Troubles cognitifs, jusqu’à trois jours de suite",
             "conditions": "Aidant de plus de 60 ans, évaluation avant",
             "price": "12 € l’heure, APA possible", "referral": "Appel, puis visite sous dix jours",
         }),
    Said("halte", "respite", "Groupe de parole des proches", "site", ("open", 4, 7), (), 12,
         more={"price": "Gratuit", "referral": "Inscription par téléphone", "capacity": 12}),
    Said("glycines", "day_care", "Accueil de jour, trois jours par semaine", "site",
         ("open", 2, 14), ("epci:244000766", DAX), 35, "Margaux Dagès", more={
             "skills": "Maladie d’Alzheimer et apparentées", "capacity": 10,
             "conditions": "Transport organisé dans les 25 km", "price": "38 € la journée",
         }),
    Said("bosquet", "short_stay", "Hébergement temporaire", "site", ("full", 0, 60), (LAND,), 8,
         more={"capacity": 4, "conditions": "GIR 1 à 4, certificat médical",
               "price": "74 € par jour", "referral": "Dossier unique en ligne"}),
    Said("bosquet", "long_stay", "Places d’EHPAD", "site", ("waiting", None, 240), (LAND,), 250),
    Said("ssiad", "nursing", "Soins infirmiers à domicile", "home", ("open", 3, 5), (), 6,
         "Patrick Dulucq", more={"capacity": 48, "conditions": "Ordonnance, plus de 60 ans",
                                 "price": "Pris en charge", "referral": "Messagerie sécurisée"}),
    Said("marensin", "nursing", "Soins infirmiers à domicile", "home", ("full", 0, None),
         ("epci:244000865", "epci:244000857"), 40, more={"capacity": 32}),
    Said("tilleuls", "nursing", "Infirmières libérales", "home", ("open", None, 2), (), 15,
         "Claire Aubert", more={"skills": "Pansements complexes, perfusions"}),
    Said("saad", "home_help", "Aide à domicile", "home", ("open", None, 10), (), 18,
         "Maïté Darrigrand", more={"price": "24 € l’heure avant aide",
                                   "referral": "Devis sous 48 h",
                                   "conditions": "Tous les jours, de 7 h à 20 h"}),
    Said("chalosse", "home_help", "Aide à domicile", "home", ("waiting", None, 30),
         ("epci:200069649", "epci:200069631"), 75),
    Said("meals", "meals", "Repas livrés du lundi au samedi", "home", ("open", None, 3), (), 10,
         "Bernard Destouesse", more={"skills": "Textures mixées, sans sel, diabète",
                                     "price": "9,20 € le repas, selon revenus"}),
    Said("navette", "transport", "Trajets vers les soins", "home", ("open", None, 4), (DAX,), 28,
         more={"conditions": "Appel la veille avant midi", "price": "4 € le trajet"}),
    Said("ccas", "rights", "Permanence d’accès aux droits", "site", ("open", None, 8),
         ("commune:40088",), 50, more={"skills": "APA, aide sociale, domiciliation"}),
    Said("habitat", "housing", "Adaptation du logement", "home", ("waiting", None, 45), (LAND,),
         210, "Margaux Dagès", more={"skills": "Ergothérapeute, plans de financement"}),
    Said("alarme", "alarm", "Téléassistance", "remote", ("open", None, 2), (LAND,), 90,
         more={"price": "21 € par mois, installation comprise"}),
    Said("materiel", "equipment", "Lit médicalisé et fauteuils", "home", ("open", None, 1), (), 33,
         "Anne Capdeville"),
    Said("soir", "social_life", "Visites de bénévoles", "home", ("open", 6, 15),
         ("epci:244000865",), 61),
    Said("palombe", "handicap", "Accompagnement à la vie sociale", "home", ("waiting", None, 120),
         (LAND,), 190),
    Said("kine", "physiotherapy", "Kinésithérapie à domicile", "home", ("waiting", None, 18), (),
         22, "Karim Lasserre"),
    Said("hospital", "palliative", "Équipe mobile de soins palliatifs", "home", ("open", None, 2),
         (LAND,), 14, "Béatrice Salles", more={"referral": "Appel du médecin traitant"}),
    Said("hospital", "specialist", "Consultation mémoire", "site", ("waiting", None, 95), (LAND,),
         44, "Béatrice Salles"),
    Said("msp", "nutrition", "Consultation diététique", "site", ("open", None, 12), (), 26,
         "Nathalie Cazenave"),
)  # fmt: skip
PEOPLE = (
    ("halte", "Mme Sabine Lafargue", "responsable du relais", "Toute nouvelle situation",
     "0639980201", "relais@halte.demo.invalid"),
    ("bosquet", "Bureau des entrées", "", "Places et dossiers", "0558000123",
     "entrees@bosquet.demo.invalid"),
    ("ssiad", "Patrick Dulucq", "infirmier coordinateur", "Places libres", "0639980116", ""),
    ("hospital", "Cellule de sortie", "", "Sorties à préparer", "0558000104",
     "sorties@ch-dax.demo.invalid"),
    ("saad", "Mme Nadège Pomarez", "responsable de secteur", "Devis et plannings", "0639980203",
     ""),
    ("habitat", "M. Gilles Dupuyau", "ergothérapeute", "Visites du logement", "0639980204", ""),
)  # fmt: skip


def load(land: Territory) -> None:
    """Structures around the territory, what they offer, whom to call. Once."""
    _place()
    _structures(land)
    if HealthcareService.objects.filter(pk=ident("offer", 0)).exists():
        return
    book = Chronicle()
    people = {}
    for number, (house, name, function, topic, phone, email) in enumerate(PEOPLE):
        who = voice(land.of("Isabelle Lafitte"))
        people[house] = Correspondent(
            pk=ident("correspondent", number), organisation=land.structures[house], name=name,
            function=function, topic=topic, phone=phone, email=email, created_at=at(30),
            confirmed_at=at(30), confirmed_by=f"{who.label}, DAC des Landes", **who.author,
        )  # fmt: skip
        book.add(people[house])
    for number, said in enumerate(OFFERS):
        _offer(book, land, number, said, people.get(said.house))
    book.save()
    index_services([ident("offer", number) for number in range(len(OFFERS))])


def _place() -> None:
    towns = list(Commune.objects.filter(pk__in=POINTS, latitude=None))
    for town in towns:
        town.latitude, town.longitude = POINTS[town.pk]
    Commune.objects.bulk_update(towns, ["latitude", "longitude"])


def _structures(land: Territory) -> None:
    known = Organisation.objects.in_bulk([ident("organisation", one[0]) for one in STRUCTURES])
    towns = Commune.objects.in_bulk([one[3] for one in STRUCTURES])
    missing = []
    for key, name, kind, code, line, phone in STRUCTURES:
        row = known.get(ident("organisation", key))
        if row is None:
            row = Organisation(
                pk=ident("organisation", key), name=name, kind=kind, line=line,
                city=towns[code].name, postcode=towns[code].postcodes.split()[0], insee=code,
                phone=phone, email=f"contact@{key}.demo.invalid", external_id=f"demo:{key}",
            )  # fmt: skip
            missing.append(row)
        land.structures[key] = row
    Organisation.objects.bulk_create(missing)
    index_organisations([row.pk for row in missing])


def _offer(
    book: Chronicle, land: Territory, number: int, said: Said, person: Correspondent | None
) -> None:
    house, practice = land.structures[said.house], land.of(said.by)
    who, when = voice(practice), at(said.days)
    words = f"{who.label}, {practice.organisation.name}"
    room, free, delay = said.room
    row = HealthcareService(
        pk=ident("offer", number), organisation=house, need=said.need, name=said.name,
        where=said.where, availability=room, free_places=free, delay_days=delay,
        places_at=None if room == "unknown" else at(min(said.days, 45)), places_by=words,
        correspondent=person, created_at=when, confirmed_at=when, confirmed_by=words,
        **said.more, **who.author,
    )  # fmt: skip
    book.add(row)
    book.add(Change(object_id=row.pk, what="offre", after=said.name, at=when, **who.author))
    for key in said.areas:
        level, _, code = key.partition(":")
        book.add(ServiceArea(service=row, level=level, code=code))
