"""« Vos versements » behind the month's signed link: who has no account confirms each cent too."""

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils import timezone

from liane.bundles import payments, queries, sheets
from liane.bundles.models import InvoiceLine, PayeeWord
from liane.bundles.queries import LineView
from liane.bundles.returns.reading import cents_of
from liane.bundles.states import LineState
from liane.core import acting, ledger, pdf
from liane.core.errors import Refused
from liane.core.ids import parse
from liane.directory.models import Practice
from liane.messaging import links as doors

ASKED_FOR = dt.timedelta(days=90)
"""Lines issued longer ago are not asked about any more."""
MOST = 100
SETTLED = frozenset({LineState.REISSUED, LineState.CANCELLED, LineState.REJECTED})


def shown() -> list[LineView]:
    """The lines that pay whoever reads and of which they said nothing yet, newest first."""
    actor = acting.current()
    # Their lines alone: the invoice is not theirs to read, and a join would find none.
    rows = InvoiceLine.objects.within(queries.reach()).filter(payee_holder_id=actor.holder_id)
    pks = list(rows.order_by("-id").values_list("pk", flat=True)[:MOST])
    since = timezone.now() - ASKED_FOR
    found = [
        one
        for one in queries.own_views(pks, actor)
        if one.word is None and one.state not in SETTLED and one.line.invoice.issued_at >= since
    ]
    ledger.read({one.line.person_id for one in found}, "money")
    return found


def answer(data: Mapping[str, str], practice: Practice) -> bool:
    """Their word on one line, acting in their name; False when the form was another one."""
    line_id = parse(data.get("line", ""))
    if line_id is None:
        return False
    with acting.acting(doors.reader(practice), read_only=True):
        if line_id not in {one.line.pk for one in shown()}:
            raise Http404
    typed = data.get("amount", "").strip()
    try:
        cents = cents_of(typed) if typed else None
    except ValueError:
        raise Refused(f"Montant « {typed[:20]} » illisible : écrivez par exemple 67,50.") from None
    payments.say(line_id, data.get("answer", ""), cents=cents, via="link")
    return True


def years() -> list[int]:
    """The years of which whoever reads may take their statement."""
    return sheets.years() if pdf.available() else []


def waiting() -> Collection[UUID]:
    """The professionals without an account who have a line to say a word of. Read by a machine."""
    said = PayeeWord.objects.filter(line_id=OuterRef("pk"))
    lines = InvoiceLine.objects.filter(
        ~Exists(said), role="professional", invoice__issued_at__gte=timezone.now() - ASKED_FOR,
        replaced_by=None,
    )  # fmt: skip
    outside = Practice.objects.filter(professional__user=None, ended_on=None)
    return set(outside.filter(pk__in=lines.values("payee_holder_id")).values_list("pk", flat=True))
