"""Money of the health centre's pathway: settled, some of it issued, paid, rejected, and blocked.

Made by the verbs themselves, as the coordinator and the billing officer: one prepares, the other
issues. Insured's numbers are invented, their keys are right.
"""

import datetime as dt
from uuid import UUID

from django.utils import timezone

from liane.accounts.models import User
from liane.bundles import coverage, invoicing, settling
from liane.bundles.coverage import Said
from liane.bundles.models import Invoice, Sequence, Settled
from liane.bundles.returns import importing
from liane.bundles.states import Stage
from liane.circle.seats import actor_for, seats_of
from liane.core import acting
from liane.core.acting import Actor
from liane.demo import after_cancer
from liane.demo.names import ident
from liane.demo.territory import Territory
from liane.directory.models import Practice
from liane.pathways.models import Enrolment
from liane.patients import ins
from liane.patients.models import Patient

WITHOUT_RIGHTS = ident("after cancer enrolment", 2)
"""Three professionals, and rights that nobody typed yet: the bill is blocked, with its button."""
LEFT = 1
"""Sequences left ready, for whoever tries the demo."""


def load(land: Territory) -> int:
    """Once. Returns how many invoices were issued."""
    if Settled.objects.exists():
        return 0
    after_cancer.load(land)
    lead, biller = _actor(land.of("Nathalie Cazenave")), _actor(land.of("Philippe Labat"))
    rows = Enrolment.objects.filter(organisation=land.structures["msp"], included_on__isnull=False)
    people = rows.exclude(pk=WITHOUT_RIGHTS).order_by("-included_on", "pk")
    for number, person in enumerate(list(people.values_list("person_id", flat=True))):
        with acting.acting(biller):
            coverage.enter(person, _rights(person, number))
    settling.run(timezone.localdate())
    ready = Sequence.objects.filter(status=Stage.READY).order_by("closed_on", "pk")
    issued = [_issue(lead, biller, pk) for pk in list(ready.values_list("pk", flat=True))[LEFT:]]
    _answers(biller, issued)
    return len(issued)


def _actor(practice: Practice) -> Actor:
    user = practice.professional.user
    assert isinstance(user, User)  # noqa: S101  (a persona)
    seats = seats_of(user)
    seat = next(one for one in seats if one.holder_id == practice.pk)
    return actor_for(user, seat, seats)


def _rights(person_id: UUID, number: int) -> Said:
    person = Patient.objects.get(pk=person_id)
    born = person.birth_date or dt.date(1970, 1, 1)
    plain = f"{2 if person.sex == 'F' else 1}{born:%y%m}40088{number + 1:03d}"
    return Said(
        number=plain + ins.key_of(plain), quality="self", rank=1, amo="014010001",
        amo_name="CPAM des Landes", amc="" if number % 4 == 3 else "99999997",
        amc_name="" if number % 4 == 3 else "Mutuelle de démonstration",
        starts_on=timezone.localdate() - dt.timedelta(400),
        exemption="ald" if number % 3 == 0 else "",
        exemption_from=timezone.localdate() - dt.timedelta(400) if number % 3 == 0 else None,
    )  # fmt: skip


def _issue(lead: Actor, biller: Actor, sequence_id: UUID) -> Invoice:
    with acting.acting(lead):
        draft = invoicing.prepare(sequence_id)
    with acting.acting(biller):
        return invoicing.issue(draft.pk)


def _answers(biller: Actor, issued: list[Invoice]) -> None:
    """The fund paid the first invoice whole, rejected one line of the second."""
    day = timezone.localdate().isoformat()
    rows = [f"{one.number};;paye;;{day};;;VIR-DEMO-1" for one in issued[:1]]
    rows += [
        f"{one.number};1;rejete;;{day};R12;Numéro de bénéficiaire inconnu;VIR-DEMO-1"
        for one in issued[1:2]
    ]
    if not rows:
        return
    head = "facture;ligne;statut;montant;date;code;motif;reference"
    with acting.acting(biller):
        importing.receive("\n".join([head, *rows, ""]).encode(), "retour-cpam.csv")
