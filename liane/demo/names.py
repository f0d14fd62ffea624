"""Invented people of a real landscape: names, streets and towns around Dax."""

import datetime as dt
import hashlib
import random
import unicodedata
from dataclasses import dataclass
from uuid import UUID

from liane.core.ids import first_at
from liane.patients.ins import NIR_TEST, Matricule, key_of


def _words(text: str) -> list[str]:
    return text.split()


SURNAMES = _words(
    """
    Labat Castets Dupouy Lafitte Darrigrand Cazaux Lartigue Dulucq Tauzin Destouesse Lesbats
    Garat Capdeville Bordenave Dumora Duhart Laborde Cazenave Lacoste Despouys Ducasse Lamarque
    Sarrade Bergeron Salles Lagarde Marsan Fontaine Barrère Dubourg Lapeyre Maisonnave Peyré
    Saint-Martin Larrieu Dubosc Laporte Cabannes Lalanne Lassalle Mora Dagès Lafargue Dupin Bats
    Cloup Ladonne Darracq Lataste Duprat Camiade Brettes Fabères Hontang Poyanne Sourbié Vignau
    Bayle Cassagne Etchart Harispe Irigoyen Bidart Goyhenex Nogaro Prat Claverie Laurède
    Dussarrat Labeyrie Moncla
    """
)
WOMEN = _words(
    """
    Jeanne Odette Marie Andrée Suzanne Yvette Paulette Simone Denise Georgette Lucienne Monique
    Jacqueline Ginette Huguette Colette Josette Micheline Françoise Nicole Christiane Arlette
    Bernadette Claudine Éliane Hélène Maïté Danielle Chantal Sylvie
    """
)
MEN = _words(
    """
    Jean Pierre André Marcel Roger René Robert Henri Georges Lucien Raymond Maurice Jacques
    Michel Claude Bernard Gérard Daniel Guy Serge Alain Christian Francis Yves Gilbert Alban
    Fernand Joseph Louis Émile
    """
)
GIVENS = (*WOMEN, *MEN)
STREETS = (
    "rue du Port",
    "allée des Pins",
    "rue de la Fontaine Chaude",
    "avenue Saint-Vincent",
    "chemin du Luy",
    "route de Tercis",
    "rue des Carmes",
    "impasse des Tilleuls",
    "rue du Moulin",
    "quai du Sablar",
    "rue Cazade",
    "avenue Victor-Hugo",
    "chemin de Lestrilles",
    "rue des Écoles",
    "place du Marché",
)
TOWNS = (
    ("40100", "Dax", "40088"),
    ("40990", "Saint-Paul-lès-Dax", "40279"),
    ("40180", "Narrosse", "40202"),
    ("40180", "Tercis-les-Bains", "40314"),
    ("40350", "Pouillon", "40233"),
    ("40400", "Tartas", "40313"),
    ("40300", "Peyrehorade", "40224"),
    ("40380", "Montfort-en-Chalosse", "40194"),
    ("40990", "Mées", "40179"),
    ("40180", "Candresse", "40063"),
)
BIRTH_TOWNS = (*TOWNS, ("40000", "Mont-de-Marsan", "40192"), ("64100", "Bayonne", "64102"))
BEGINNING = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LAST_MONTH = 12


def ident(*words: object) -> UUID:
    """The same identifier for the same words, ordered after those of other kinds by chance only."""
    digest = hashlib.sha256(":".join(str(word) for word in words).encode()).digest()
    base = first_at(BEGINNING).int
    return UUID(int=base | (int.from_bytes(digest[:9], "big") & ((1 << 62) - 1)))


def chance(seed: str) -> random.Random:
    """Chance that gives the same thing for the same seed."""
    return random.Random(seed)  # noqa: S311  (inventing people, guarding nothing)


@dataclass(frozen=True)
class Traits:
    """Who an invented person is."""

    birth_name: str
    given_names: str
    used_name: str
    sex: str
    birth_date: dt.date
    birth_place: str
    birth_place_name: str
    address_line: str
    postcode: str
    city: str
    insee: str
    phone: str


def traits(rng: random.Random, number: int) -> Traits:
    """The traits of the crowd's person ``number``."""
    woman = rng.random() < 0.58
    birth = _surname(rng, number).upper()
    used = _surname(rng, number + 7).upper() if woman and rng.random() < 0.7 else ""
    given = rng.sample(WOMEN if woman else MEN, 2)
    place = rng.choice(BIRTH_TOWNS)
    home = rng.choice(TOWNS)
    day = dt.date(rng.randint(1931, 1962), rng.randint(1, LAST_MONTH), rng.randint(1, 28))
    return Traits(
        birth_name=birth,
        given_names=" ".join(given),
        used_name=used,
        sex="F" if woman else "M",
        birth_date=day,
        birth_place=place[2],
        birth_place_name=place[1],
        address_line=f"{rng.randint(1, 120)} {rng.choice(STREETS)}",
        postcode=home[0],
        city=home[1],
        insee=home[2],
        phone=f"05 58 {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}",
    )


def _surname(rng: random.Random, number: int) -> str:
    """A surname; beyond a few thousand persons, double names keep namesakes rare as in life."""
    name = rng.choice(SURNAMES)
    double = number > 2000 or rng.random() < 0.1
    return f"{name}-{rng.choice(SURNAMES)}" if double else name


def matricule(sex: str, birth: dt.date, insee: str, order: int) -> Matricule:
    """A test matricule with its right key (OID of tests: never a real person's)."""
    digit = "2" if sex == "F" else "1"
    number = f"{digit}{birth.year % 100:02d}{birth.month:02d}{insee}{order % 1000:03d}"
    return Matricule(number, key_of(number), NIR_TEST)


def username(name: str) -> str:
    """``Claire Aubert`` → ``claire.aubert``."""
    folded = unicodedata.normalize("NFKD", name.lower())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return ".".join(plain.replace("-", " ").split())
