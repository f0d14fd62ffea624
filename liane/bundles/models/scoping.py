"""Whose money it is: the structure that answers for the bundle, the payee of a line, the person.

An invoice is a piece of accounts that its structure must keep (code de commerce, L.123-22): its
billing roles read it even when the person has left the circle. A professional reads the lines that
pay them, whatever became of their place around the person; a person reads their own.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from liane.circle.reach import Reach
from liane.circle.rls import reaches
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.directory.models import Organisation

HOLDERS = "ANY ((SELECT liane_holders())::uuid[])"
_SCOPES = "((SELECT liane_scopes('money'))::text[])"
KEEPS = f"('care' = ANY {_SCOPES} AND NOT ARRAY['person', 'legal'] && {_SCOPES})"
"""Who bills reads money through « care » alone; a person, through their own scope besides."""
HOUSE_SQL = (
    f"(SELECT liane_all()) OR ({{t}}.organisation_id = {HOLDERS} AND {KEEPS})"
    f" OR (NOT {KEEPS} AND ({reaches('{t}.person_id', Area.MONEY)}))"
)
LINE_SQL = (
    f"(SELECT liane_all()) OR ({{t}}.organisation_id = {HOLDERS} AND {KEEPS})"
    f" OR {{t}}.payee_holder_id = {HOLDERS}"
)
"""The parts of others are not the person's to read: their invoice says their own share."""
HEAD_SQL = (
    f"{HOUSE_SQL} OR EXISTS (SELECT 1 FROM bundles_invoiceline l"
    f" WHERE l.invoice_id = {{t}}.id AND l.payee_holder_id = {HOLDERS})"
)
"""Whom a line pays reads of which invoice it is: nothing else of the invoice is shown to them."""


def of_row(table: str, column: str) -> str:
    """Row-level security of a row that is read with the one it belongs to."""
    return f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = {{t}}.{column})"


class MoneyQuerySet(ScopedQuerySet[Any]):
    """Rows of the structures whose accounts one keeps, and a person's own."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read."""
        return self if reach.everything else self.filter(self._mine(reach))

    def _mine(self, reach: Reach) -> Q:
        from liane.bundles import rules

        if rules.keeps_accounts(reach.actor):
            return Q(organisation_id__in=reach.actor.holders)
        return reach.condition(Area.MONEY, "person_id", frozenset())


class LineQuerySet(MoneyQuerySet):
    """Lines: those of the structure, and those that pay the reader."""

    def _mine(self, reach: Reach) -> Q:
        from liane.bundles import rules

        mine = Q(payee_holder_id=reach.actor.holder_id) if reach.actor.holder_id else Q(pk__in=[])
        if rules.keeps_accounts(reach.actor):
            mine |= Q(organisation_id__in=reach.actor.holders)
            mine |= Q(payee_holder_id__in=reach.actor.holders)
        return mine


class Owned(Scoped):
    """A row about one person's bundle, in the accounts of one structure."""

    rls_using: ClassVar[str] = HOUSE_SQL
    scope_area = Area.MONEY

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = MoneyQuerySet.as_manager()

    class Meta:
        abstract = True


class OwnedLine(Owned):
    """The part of one payee: a professional, their employer, or the structure itself.

    Money is in integer cents. ``payee_holder_id`` is the practice, or the organisation, that gets
    the money: the situation of the day of the act, resolved by the project.
    """

    rls_using: ClassVar[str] = LINE_SQL

    payee_holder_id = models.UUIDField(editable=False)
    payee_label = models.CharField("bénéficiaire", max_length=200)
    cents = models.BigIntegerField("montant en centimes")
    amo_cents = models.BigIntegerField(default=0)
    amc_cents = models.BigIntegerField(default=0)
    patient_cents = models.BigIntegerField(default=0)

    objects: ClassVar[Any] = LineQuerySet.as_manager()

    class Meta:
        abstract = True
