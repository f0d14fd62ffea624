"""The DAC's partners, their conventions, its campaigns, and the needs that nobody answered."""

import datetime as dt

from django.utils import timezone

from liane.demo.chronicle import Chronicle, Voice, at, voice
from liane.demo.names import ident
from liane.demo.territory import Territory
from liane.directory.models import Commune, Organisation
from liane.followups.models import Contact
from liane.partners.models import (
    Attempt,
    Campaign,
    CampaignStep,
    Convention,
    Partnership,
    PartnershipStep,
    Target,
    UnmetNeed,
    UnmetStep,
)
from liane.referrals.models import Referral

DAY = dt.timedelta(days=1)
RELATIONS = {
    "hospital": (("talking", 500, ""), ("partner", 420, "convention : Sorties complexes")),
    "ssiad": (("to_meet", 400, ""), ("talking", 380, ""), ("partner", 330, "convention")),
    "saad": (("talking", 300, ""), ("partner", 290, "convention")),
    "msp": (("partner", 600, ""),),
    "halte": (("to_meet", 120, ""), ("talking", 95, "rencontre avec la directrice")),
    "bosquet": (("talking", 210, ""), ("partner", 200, "convention"),
                ("paused", 40, "travaux, pas d’entrée avant l’automne")),
    "glycines": (("to_meet", 30, ""),),
    "habitat": (("partner", 250, ""),),
    "marensin": (("talking", 150, ""),),
    "alarme": (("talking", 320, ""), ("ended", 100, "ne couvre plus le nord du département")),
}  # fmt: skip
"""Each step: the state, how many days ago, why."""
CONVENTIONS = (
    ("hospital", "Sorties complexes : appel dès le mercredi", 420, 460, False),
    ("ssiad", "Relais des situations intensives", 330, 730, True),
    ("saad", "Échanges autour des personnes suivies", 290, 365, False),
    ("bosquet", "Accueil d’urgence de week-end", 200, 240, False),
    ("habitat", "Visites du logement", 250, None, False),
)  # fmt: skip
"""With whom, about what, signed how many days ago, for how many days, tacitly renewed."""
CALLS = (
    ("halte", (("yes", 3, "Deux semaines en août, une personne à la fois."),)),
    ("bosquet", (("no_answer", 5, ""), ("no", 2, "Travaux jusqu’en septembre."))),
    ("glycines", (("reached", 1, "La directrice rappelle après le conseil de la vie sociale."),)),
    ("ssiad", (("yes", 4, "Renfort de deux places."),)),
    ("marensin", (("no_answer", 2, ""),)),
    ("saad", ()),
    ("chalosse", ()),
)  # fmt: skip
MAILED = ("hospital", "ssiad", "saad", "msp", "habitat", "halte")
UNMET = (
    ("short_stay", "full", "Trois établissements appelés, rien avant deux mois.", "40088", 6,
     "", "open"),
    ("respite", "nothing", "Rien au-delà de 18 h ni le week-end.", "40233", 2, "aidant", "open"),
    ("respite", "price", "Reste 180 € par mois après l’APA.", "40279", 31, "", "open"),
    ("transport", "far", "Pas de navette hors de l’agglomération.", "40313", 12, "", "open"),
    ("transport", "far", "Rendez-vous à Bordeaux.", "40313", 44, "", "open"),
    ("doctor", "full", "Cinq cabinets, aucun ne prend.", "40088", 20, "medecin", "met"),
    ("night", "nothing", "Garde itinérante inexistante ici.", "40065", 15, "", "open"),
    ("housing", "full", "Quatre mois d’attente pour l’ergothérapeute.", "40088", 45, "logement",
     "open"),
    ("psychology", "full", "Huit mois pour un premier rendez-vous.", "40088", 53, "", "open"),
    ("long_stay", "full", "", "40279", 70, "", "dropped"),
    ("home_help", "nothing", "Personne le dimanche.", "40224", 27, "", "open"),
    ("respite", "full", "Liste d’attente de six mois.", "40088", 80, "", "open"),
)  # fmt: skip
"""What was missing, why, in which words, where, how many days ago, of which request, what then."""


def load(land: Territory) -> None:
    """All of it, once."""
    if Partnership.objects.filter(pk=ident("partnership", "hospital")).exists():
        return
    book, house = Chronicle(), land.structures["dac"]
    isabelle = voice(land.of("Isabelle Lafitte"))
    florence = voice(land.of("Florence Dubroca"))
    for key, steps in RELATIONS.items():
        _relation(book, house, land.structures[key], key, steps, florence)
    for one in CONVENTIONS:
        _convention(book, *one, by=florence)
    _calls(book, land, house, isabelle)
    _mails(book, land, house, florence)
    _unmet(book, house, isabelle)
    book.save()


def _relation(
    book: Chronicle,
    house: Organisation,
    partner: Organisation,
    key: str,
    steps: tuple[tuple[str, int, str], ...],
    by: Voice,
) -> None:
    row = Partnership(
        pk=ident("partnership", key), organisation=house, partner=partner, status=steps[-1][0],
        version=len(steps), created_at=at(steps[0][1]), **by.author,
    )  # fmt: skip
    book.add(row)
    before = ""
    for state, days, reason in steps:
        when = at(days)
        book.add(PartnershipStep(partnership=row, before=before, after=state, reason=reason,
                                 at=when, created_at=when, **by.author))  # fmt: skip
        before = state


def _convention(
    book: Chronicle, key: str, title: str, days: int, length: int | None, tacit: bool, *, by: Voice
) -> None:
    start = timezone.localdate() - days * DAY
    ends = start + length * DAY if length is not None else None
    book.add(
        Convention(
            pk=ident("convention", key), partnership_id=ident("partnership", key), title=title,
            signed_on=start, starts_on=start, ends_on=ends, tacit=tacit,
            remind_on=ends - 90 * DAY if ends is not None else None,
            told_on=timezone.localdate(), created_at=at(days), **by.author,
        )
    )  # fmt: skip


def _calls(book: Chronicle, land: Territory, house: Organisation, by: Voice) -> None:
    """A campaign of calls under way; each answer is also a contact of the log."""
    row = _campaign(book, house, "ete", "Places de répit cet été", "call", "running", 8, by,
                    "Combien de places en juillet et en août ? Accueil d’urgence possible ? "
                    "Qui appeler le week-end ?")  # fmt: skip
    for key, attempts in CALLS:
        target = Target(
            pk=ident("target", "ete", key), campaign=row, partner=land.structures[key],
            outcome=attempts[-1][0] if attempts else "to_reach", created_at=at(8),
        )  # fmt: skip
        book.add(target)
        for number, (outcome, days, answer) in enumerate(attempts):
            when = at(days, 11)
            contact = Contact(
                pk=ident("campaign contact", key, number), organisation=house,
                partner=target.partner, channel="call", at=when, minutes=5, created_at=when,
                note=f"{row.title} : {answer or 'sans réponse, à rappeler'}", **by.author,
            )  # fmt: skip
            book.add(contact)
            book.add(
                Attempt(
                    pk=ident("attempt", key, number), target=target, outcome=outcome,
                    answer=answer, contact_id=contact.pk, at=when, created_at=when, **by.author,
                )
            )  # fmt: skip


def _mails(book: Chronicle, land: Territory, house: Organisation, by: Voice) -> None:
    """A campaign of mails that is over."""
    row = _campaign(
        book, house, "reunion", "Rencontre des partenaires du territoire", "mail", "closed", 60, by,
        "Nous vous attendons à la rencontre annuelle. Répondez-nous d’un mot.",
    )  # fmt: skip
    for number, key in enumerate(MAILED):
        target = Target(
            pk=ident("target", "reunion", key), campaign=row, partner=land.structures[key],
            outcome="yes" if number < 4 else "mailed", created_at=at(60),
        )  # fmt: skip
        book.add(target)
        for outcome, days in (("mailed", 58), ("yes", 51))[: 2 if number < 4 else 1]:
            book.add(
                Attempt(
                    pk=ident("mail", key, outcome), target=target, outcome=outcome, at=at(days),
                    answer="Sera là." if outcome == "yes" else "", created_at=at(days), **by.author,
                )
            )  # fmt: skip


def _campaign(
    book: Chronicle, house: Organisation, key: str, title: str, way: str, status: str, days: int,
    by: Voice, message: str,
) -> Campaign:  # fmt: skip
    row = Campaign(
        pk=ident("campaign", key), organisation=house, title=title, way=way, message=message,
        status=status, due_on=timezone.localdate() + (14 - days) * DAY, created_at=at(days),
        **by.author,
    )  # fmt: skip
    book.add(row)
    before = ""
    steps = [("draft", days), ("running", days - 1), ("closed", days - 30)]
    for state, then in steps[: 2 if status == "running" else 3]:
        book.add(CampaignStep(campaign=row, before=before, after=state, at=at(then),
                              created_at=at(then), **by.author))  # fmt: skip
        before = state
    return row


def _unmet(book: Chronicle, house: Organisation, by: Voice) -> None:
    towns = Commune.objects.in_bulk({one[3] for one in UNMET})
    asked = set(Referral.objects.filter(
        pk__in=[ident("request", one[5]) for one in UNMET]
    ).values_list("pk", flat=True))  # fmt: skip
    for number, (need, why, what, code, days, request, state) in enumerate(UNMET):
        when, pk = at(days, 15), ident("request", request)
        row = UnmetNeed(
            pk=ident("unmet", number), organisation=house, need=need, why=why, what=what,
            insee=code, city=towns[code].name, referral_id=pk if pk in asked else None, at=when,
            status=state, created_at=when, **by.author,
        )  # fmt: skip
        book.add(row)
        book.add(UnmetStep(unmet=row, after="open", at=when, created_at=when, **by.author))
        if state != "open":
            later = at(days / 2, 15)
            book.add(
                UnmetStep(
                    unmet=row, before="open", after=state, at=later, created_at=later,
                    reason="Cabinet trouvé par la CPTS" if state == "met" else "Reste chez elle",
                    **by.author,
                )
            )  # fmt: skip
