"""The territory: structures, professionals and the personas who play them.

Identifiers are invented but well formed (keys right). `HOSPITAL_AUTHORITY` is what the hospital's
messages must name for its patients' numbers: see docs/guide/demonstration.md.
"""

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from liane.accounts.models import User
from liane.demo.names import ident, username
from liane.directory import communes, territories
from liane.directory.identifiers import luhn_key
from liane.directory.index import index_organisations, index_professionals
from liane.directory.models import Commune, Duty, Organisation, Post, Practice, Professional

HOSPITAL_AUTHORITY = "1.2.250.1.999.40.1"
"""OID of the demo hospital's patient numbers (IPP): CX-4 ``CHDAX&1.2.250.1.999.40.1&ISO``."""


def _finess(start: str) -> str:
    return start + luhn_key(start)


def _rpps(number: int) -> str:
    digits = f"99700{number:05d}"
    return digits + luhn_key(digits)


@dataclass(frozen=True)
class Structure:
    """One organisation of the territory."""

    key: str
    name: str
    kind: str
    city: tuple[str, str, str]
    line: str
    phone: str
    finess: str = ""
    authority: str = ""


DAX = ("40100", "Dax", "40088")
SAINT_PAUL = ("40990", "Saint-Paul-lès-Dax", "40279")
TARTAS = ("40400", "Tartas", "40313")
STRUCTURES = (
    Structure("dac", "DAC des Landes", "dac", DAX, "3 rue des Carmes", "0558000001"),
    Structure("msp", "MSP de l’Adour", "msp", DAX, "12 quai du Sablar", "0558000002",
              _finess("40099001")),
    Structure("cpts", "CPTS du Grand Dax", "cpts", DAX, "12 quai du Sablar", "0558000003"),
    Structure("hospital", "Centre hospitalier de Dax", "hospital", DAX,
              "boulevard Yves-du-Manoir", "0558000004", _finess("40099002"), HOSPITAL_AUTHORITY),
    Structure("ssiad", "SSIAD de l’Adour", "ssiad", SAINT_PAUL, "5 avenue de la Liberté",
              "0558000005", _finess("40099003")),
    Structure("saad", "SAAD des Pins", "saad", SAINT_PAUL, "8 allée des Pins", "0558000006"),
    Structure("meals", "Repas du Luy", "meals", DAX, "21 chemin du Luy", "0558000007"),
    Structure("pharmacy", "Pharmacie du Marché", "pharmacy", DAX, "2 place du Marché",
              "0558000008", _finess("40099004")),
    Structure("tilleuls", "Cabinet des Tilleuls", "practice", DAX, "4 impasse des Tilleuls",
              "0558000009"),
    Structure("kine", "Cabinet de kinésithérapie du Sablar", "practice", DAX,
              "30 quai du Sablar", "0558000010"),
    Structure("capbreton", "Cabinet infirmier de Capbreton", "practice",
              ("40130", "Capbreton", "40065"), "1 rue du Port", "0558000011"),
    Structure("tartas", "Cabinet médical de Tartas", "practice", TARTAS, "7 rue du Moulin",
              "0558000012"),
    Structure("lab", "Laboratoire de l’Adour", "laboratory", DAX, "9 rue Cazade", "0558000013"),
    Structure("operator", "Liane Landes", "operator", DAX, "3 rue des Carmes", "0558000014"),
)  # fmt: skip


@dataclass(frozen=True)
class Worker:
    """A professional; a persona has an account. ``places``: (structure, role, function)."""

    name: str
    profession: str
    places: tuple[tuple[str, str, str], ...]
    specialty: str = ""
    title: str = ""
    persona: bool = False
    registered: bool = True


def _one(
    structure: str, role: str = "care", function: str = ""
) -> tuple[tuple[str, str, str], ...]:
    return ((structure, role, function),)


WORKERS = (
    Worker("Hélène Roussel", "10", _one("msp", function="médecin généraliste"), "SM54", "Dr", True),
    Worker("Claire Aubert", "60", _one("tilleuls", function="infirmière libérale"), persona=True),
    Worker("Anne Capdeville", "21", _one("pharmacy", function="pharmacienne"), persona=True),
    Worker(
        "Karim Lasserre",
        "70",
        (("kine", "care", "kinésithérapeute"), ("msp", "care", "kinésithérapeute")),
        persona=True,
    ),
    Worker("Maïté Darrigrand", "AD", _one("saad", "social", "aide à domicile"), persona=True,
           registered=False),
    Worker("Bernard Destouesse", "PR", _one("meals", "social", "portage de repas"), persona=True,
           registered=False),
    Worker("Nathalie Cazenave", "CO", _one("msp", "coordinator", "coordinatrice de la MSP"),
           persona=True, registered=False),
    Worker("Isabelle Lafitte", "SO", _one("dac", "case_manager", "gestionnaire de cas"),
           persona=True, registered=False),
    Worker("Sarah Dumora", "SE", _one("msp", "secretary", "secrétaire"), persona=True,
           registered=False),
    Worker("Philippe Labat", "", _one("msp", "billing", "facturation"), persona=True,
           registered=False),
    Worker("Vincent Castets", "", _one("msp", "manager", "direction"), persona=True,
           registered=False),
    Worker("Florence Dubroca", "", _one("dac", "manager", "direction"), persona=True,
           registered=False),
    Worker("Agnès Tauzin", "", _one("dac", "dpo", "protection des données"), persona=True,
           registered=False),
    Worker("Marc Bergeron", "", _one("dac", "identity", "identitovigilance"), persona=True,
           registered=False),
    Worker("Léo Fontaine", "", _one("operator", "technical_admin", "administration technique"),
           persona=True, registered=False),
    Worker("Béatrice Salles", "60", _one("hospital", function="infirmière de sortie"),
           persona=True),
    Worker("Patrick Dulucq", "60", _one("ssiad", function="infirmier coordinateur"), persona=True),
    Worker("Sophie Lagarde", "60", _one("capbreton", function="infirmière libérale"),
           persona=True),
    Worker("Anne Duhart", "60", _one("tilleuls", function="infirmière libérale")),
    Worker("Zoé Garat", "60", _one("tilleuls", function="infirmière libérale")),
    Worker("Étienne Lesbats", "10", _one("tartas"), "SM54", "Dr"),
    Worker("Nadia Bordenave", "10", _one("msp"), "SM54", "Dr"),
    Worker("Paul Hontang", "10", _one("msp"), "SM54", "Dr"),
    Worker("Catherine Mora", "10", _one("hospital"), "SM04", "Dr"),
    Worker("Julien Vignau", "10", _one("hospital"), "SM32", "Dr"),
    Worker("Elena Goyhenex", "10", _one("hospital"), "SM54", "Dr"),
    Worker("Rachid Brettes", "10", _one("tartas"), "SM42", "Dr"),
    Worker("Sylvain Poyanne", "21", _one("pharmacy")),
    Worker("Aurélie Camiade", "70", _one("kine")),
    Worker("Thomas Ladonne", "70", _one("kine")),
    Worker("Lucie Cloup", "91", _one("msp")),
    Worker("Margaux Dagès", "94", _one("dac")),
    Worker("Bruno Larrieu", "80", _one("msp")),
    Worker("Élodie Maisonnave", "95", _one("msp"), persona=True),
    Worker("Mathieu Sarrade", "AP", _one("kine", function="enseignant en activité physique"),
           registered=False),
    Worker("Inès Harispe", "93", _one("dac"), persona=True),
    Worker("Olivier Cassagne", "40", _one("msp"), "", "Dr"),
    Worker("Camille Bidart", "50", _one("msp")),
    Worker("Pauline Etchart", "60", _one("hospital")),
    Worker("David Nogaro", "60", _one("ssiad")),
    Worker("Fatima Prat", "35", _one("ssiad", function="aide-soignante"), registered=False),
    Worker("Christelle Peyré", "CO", _one("cpts", "coordinator", "coordinatrice de la CPTS"),
           registered=False),
)  # fmt: skip
"""Forty-two professionals."""


@dataclass
class Territory:
    """What was made, by key and by name."""

    structures: dict[str, Organisation] = field(default_factory=dict)
    practices: dict[str, Practice] = field(default_factory=dict)
    """First practice of each worker, by name."""
    posts: dict[str, Post] = field(default_factory=dict)

    def personas(self) -> list[Practice]:
        """Every practice of the workers with an account. One query."""
        rows = Practice.objects.filter(professional__user__is_persona=True)
        return list(rows.select_related("professional"))

    def of(self, name: str) -> Practice:
        """The first practice of a worker."""
        return self.practices[name]


def persona(name: str) -> User:
    """The persona's account, made when missing; never a real account."""
    wanted = username(name)
    user, _ = User.objects.get_or_create(
        username=wanted,
        defaults={
            "pk": ident("user", name),
            "name": name,
            "is_persona": True,
            "email": f"{wanted}@demo.invalid",
        },
    )
    if not user.is_persona:
        raise ValueError(f"The account {wanted} exists and is not a persona.")
    if user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def build() -> Territory:
    """Make what is missing of the territory."""
    land = Territory()
    for item in STRUCTURES:
        land.structures[item.key] = _structure(item)
    land.structures["msp"].parent = None
    for number, worker in enumerate(WORKERS):
        land.practices[worker.name] = _worker(worker, number, land.structures)
    _posts(land)
    _coverage(land)
    index_organisations([item.pk for item in land.structures.values()])
    index_professionals([item.professional_id for item in land.practices.values()])
    return land


def _structure(item: Structure) -> Organisation:
    made, _ = Organisation.objects.get_or_create(
        pk=ident("organisation", item.key),
        defaults={
            "name": item.name,
            "kind": item.kind,
            "finess": item.finess,
            "authority": item.authority,
            "line": item.line,
            "postcode": item.city[0],
            "city": item.city[1],
            "insee": item.city[2],
            "phone": item.phone,
            "external_id": f"demo:{item.key}",
        },
    )
    return made


def _worker(worker: Worker, number: int, structures: dict[str, Organisation]) -> Practice:
    given, _, family = worker.name.partition(" ")
    employer = structures[worker.places[0][0]]
    professional, _ = Professional.objects.get_or_create(
        pk=ident("professional", worker.name),
        defaults={
            "given": given,
            "family": family,
            "title": worker.title,
            "profession": worker.profession,
            "specialty": worker.specialty,
            "rpps": _rpps(number + 1) if worker.registered else None,
            "vouched_by": None if worker.registered else employer,
            "user": persona(worker.name) if worker.persona else None,
        },
    )
    practices = [
        _practice(worker, professional, structures[key], role, function, number)
        for key, role, function in worker.places
    ]
    return practices[0]


def _practice(
    worker: Worker,
    professional: Professional,
    organisation: Organisation,
    role: str,
    function: str,
    number: int,
) -> Practice:
    practice, _ = Practice.objects.get_or_create(
        pk=ident("practice", worker.name, organisation.external_id),
        defaults={
            "professional": professional,
            "organisation": organisation,
            "role": role,
            "function": function,
            "city": organisation.city,
            "postcode": organisation.postcode,
            "phone": f"06399801{number:02d}",
            "email": "" if worker.persona else f"{username(worker.name)}@mssante.demo.invalid",
        },
    )
    return practice


def _posts(land: Territory) -> None:
    week = timezone.now() - dt.timedelta(days=7)
    for key, name, holder in (
        ("msp", "Coordination de la MSP", "Nathalie Cazenave"),
        ("ssiad", "Infirmier de garde du SSIAD", "Patrick Dulucq"),
        ("saad", "Astreinte du SAAD", "Maïté Darrigrand"),
    ):
        organisation = land.structures[key]
        post, _ = Post.objects.get_or_create(
            pk=ident("post", key),
            defaults={"organisation": organisation, "name": name, "phone": organisation.phone},
        )
        Duty.objects.get_or_create(
            pk=ident("duty", key),
            defaults={"post": post, "practice": land.of(holder), "starts_at": week},
        )
        land.posts[key] = post


COVERED = {
    "dac": ("department:40",),
    "cpts": ("epci:244000675",),
    "ssiad": ("epci:244000675",),
    "saad": ("epci:244000675",),
    "meals": ("epci:244000675",),
    "hospital": ("department:40",),
    "tilleuls": ("commune:40088", "commune:40279", "commune:40202"),
}
"""Who answers for which territory (244000675: Grand Dax)."""


def _coverage(land: Territory) -> None:
    """The department's communes, and who covers what."""
    if not Commune.objects.exists():
        communes.load(communes.SHIPPED)
    for key, places in COVERED.items():
        territories.cover(land.structures[key], places)


def known(person_ids: list[UUID]) -> set[UUID]:
    """Those of these persons that exist already."""
    from liane.patients.models import Patient

    found: set[UUID] = set()
    for start in range(0, len(person_ids), 5_000):
        found |= set(
            Patient.objects.filter(pk__in=person_ids[start : start + 5_000]).values_list(
                "pk", flat=True
            )
        )
    return found
