"""Who is paid: practices and organisations by identifier, with the names that people know."""

from collections.abc import Collection, Iterable
from uuid import UUID

from liane.directory.models import Organisation, Practice


def names_of(holders: Collection[UUID]) -> dict[UUID, str]:
    """The names of practices (the professional's) and of organisations. Two queries."""
    wanted = list(holders)
    practices = Practice.objects.filter(pk__in=wanted).select_related("professional")
    found = {one.pk: one.professional.name for one in practices}
    houses = Organisation.objects.filter(pk__in=[pk for pk in wanted if pk not in found])
    return found | {one.pk: one.name for one in houses}


def professions_of(holders: Collection[UUID]) -> dict[UUID, str]:
    """What each practice's professional is, in words. One query."""
    practices = Practice.objects.filter(pk__in=list(holders)).select_related("professional")
    return {one.pk: one.professional.profession_label for one in practices}


class Names(dict[str, tuple[UUID, str]]):
    """Payees by the text of their identifier, with their names: each read once in a run."""

    def learn(self, payees: Iterable[str]) -> None:
        """Read the names of those that are not known yet. Two queries at most."""
        new = {payee: UUID(payee) for payee in set(payees) - self.keys()}
        if new:
            found = names_of(new.values())
            self.update({payee: (pk, found.get(pk, "")) for payee, pk in new.items()})

    def written(self, payee: str) -> tuple[str, str]:
        """One that was learnt as its rows say it: identifier, name."""
        pk, name = self[payee]
        return pk.hex, name
