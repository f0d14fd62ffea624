"""The named stories' visits: who has come since when, at what hour, and what was found."""

from dataclasses import dataclass

from liane.agenda.models import Appointment
from liane.demo.chronicle import Chronicle
from liane.demo.rounds import Place, Round, Skipped, walk
from liane.demo.territory import Territory
from liane.interventions.models import ActKind
from liane.patients.models import Patient


@dataclass(frozen=True)
class Habit:
    """One intervenant's visits. ``since``: how many days ago they began."""

    name: str
    since: int
    place: Place
    worrying: int = 9
    problem: int = -1
    said: str = ""


MICHELLE = (
    Habit("Claire Aubert", 126, Place(9, 0, 3, "Surveillance du traitement", (
        "Poids 62,1 kg, tension 13/7. Rien à signaler.",
        "Poids 62,4 kg, tension 14/8. Pilulier pris.",
        "Fatiguée, a bien dormi. Poids 62,2 kg.",
        "Poids 62 kg. Chevilles fines, souffle calme.",
        "Pilulier oublié samedi soir, revu avec elle.",
        "Tension 12/7. Un peu de vertige au lever, conseillé de se lever en deux temps.",
    ), watch="Poids 63,1 kg, chevilles marquées le soir.")),
)  # fmt: skip
SIMON = (
    Habit("Claire Aubert", 118, Place(10, 0, 7, "Visite hebdomadaire", (
        "Glycémie 1,42. Carnet complété ensemble.",
        "Poids 58,9 kg. A refusé la douche.",
        "Glycémie 1,61 à jeun, a oublié un comprimé.",
        "Marche lente, deux arrêts dans le couloir.",
        "De bonne humeur, a mangé devant moi.",
    ), minutes=30, watch="Poids 58,1 kg, a sauté le dîner."), worrying=4),
    Habit("Maïté Darrigrand", 18, Place(12, 0, 2, "Aide au repas", (
        "A mangé la moitié.", "A tout mangé.", "A tout mangé, et repris du fromage.",
    ), minutes=60, kind=ActKind.HELP), worrying=0, problem=2,
        said="Glissade dans la cuisine, pas de blessure. Claire Aubert prévenue par téléphone."),
)  # fmt: skip
DUPONT = (
    Habit("Claire Aubert", 120, Place(11, 0, 2, "Soins et surveillance", (
        "Poids 69,8 kg, tension 13/7. Bas de contention posés.",
        "Bas de contention posés, jambes souples.",
        "Poids 70,1 kg. Un peu triste, sa sœur est malade.",
        "Rien à signaler, chante en me voyant.",
        "Crème sur les talons, pas de rougeur.",
    ), minutes=30, watch="Poids 70,9 kg, un peu essoufflée.")),
    Habit("Karim Lasserre", 148, Place(15, 0, 4, "Rééducation à domicile", (
        "Équilibre debout, dix levers de chaise.",
        "Marche dans l’allée, 60 m.",
        "Fatiguée, séance douce.",
        "Deux marches montées et descendues.",
    ), minutes=30, kind=ActKind.SESSION, watch="Douleur du genou, séance écourtée.")),
    Habit("Maïté Darrigrand", 138, Place(8, 30, 1, "Lever et toilette", (
        "Bien réveillée.", "", "A mal dormi, sans plus.", "",
    ), minutes=45, kind=ActKind.HELP), worrying=0),
    Habit("Bernard Destouesse", 137, Place(12, 0, 1, "Portage du repas", ("",), minutes=10,
                                           kind=ActKind.HELP), worrying=0),
)  # fmt: skip
KEPT = 90
"""Days that the agendas of the stories still show: Mme Dupont's stay is among them."""
AHEAD = 56


def tell(
    land: Territory,
    book: Chronicle,
    one: Patient,
    habits: tuple[Habit, ...],
    skipped: Skipped = lambda _: False,
) -> list[Appointment]:
    """Write these habits; the visits suspended while the person was away are returned."""
    suspended: list[Appointment] = []
    for habit in habits:
        turned = Round(
            one, land.of(habit.name), habit.place, habit.since, worrying=habit.worrying,
            problem=habit.problem, said=habit.said, kept=KEPT, ahead=AHEAD, skipped=skipped,
        )  # fmt: skip
        suspended += walk(book, turned)
    return suspended
