"""What the accounts of a structure wait for, for the Aujourd’hui of whoever keeps them."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Sum

from liane.bundles.models import Sequence
from liane.bundles.queries import VIEWS, reach


@dataclass(frozen=True)
class ToDo:
    """One thing that the accounts wait for: the view of the work list that shows and settles it."""

    view: str
    count: int
    words: str
    act: str
    cents: int

    @property
    def summary(self) -> str:
        """« 3 séquences à facturer »."""
        return f"{self.count}\N{NO-BREAK SPACE}{self.words.split(',')[self.count > 1]}"

    @property
    def blocked(self) -> bool:
        """Something stands in the way before it can be billed."""
        return self.view in {"verifier", "rejets"}


TO_DO = (
    ("pretes", "séquence à facturer,séquences à facturer", "Préparer"),
    ("preparees", "facture à relire et émettre,factures à relire et émettre", "Émettre"),
    ("verifier", "séquence bloquée,séquences bloquées", "Débloquer"),
    ("rejets", "rejet du payeur à traiter,rejets du payeur à traiter", "Traiter"),
    ("rectifier", "facture à rectifier,factures à rectifier", "Rectifier"),
)
"""What somebody must do, in the order of the money: what can leave now, then what stops."""


def to_do(house_id: UUID) -> list[ToDo]:
    """What waits in each view, and for how much. One query."""
    rows = Sequence.objects.within(reach()).filter(organisation_id=house_id)
    found = rows.order_by().values_list("status").annotate(Count("pk"), Sum("amount_cents"))
    by = {status: (count, cents or 0) for status, count, cents in found}
    return [
        ToDo(view, by[stage][0], words, act, by[stage][1])
        for view, words, act in TO_DO
        for stage in VIEWS[view][1]
        if stage in by
    ]
