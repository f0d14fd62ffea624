"""What hospital feeds and national services say of themselves on the page of the service."""

import datetime as dt

from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone

from liane.core import signs
from liane.core.registry import ServiceLine
from liane.core.service import queue
from liane.exchange import unseen
from liane.exchange.models import IdentityCase, RawMessage, Sending

HOSPITALS, OUTSIDE = "Messages d’hôpitaux", "Services nationaux"
LISTENER = "adt"
PATIENCE = dt.timedelta(days=1)


def lines() -> list[ServiceLine]:
    """The listener, the last message of each hospital, what was set aside, what nobody settles."""
    return [_listener(), *_heard(), _failed(), *_identities(), *_national()]


def _listener() -> ServiceLine:
    known = signs.of(LISTENER)
    alive = [one for one in known if one.at > timezone.now() - signs.FRESH]
    if alive:
        return ServiceLine(HOSPITALS, "Écoute MLLP", "ok", f"en marche sur {alive[0].words}")
    if known:
        return ServiceLine(
            HOSPITALS,
            "Écoute MLLP",
            "bad",
            "arrêtée",
            at=known[0].at,
            help="Lancez liane listen adt : les hôpitaux gardent leurs messages.",
        )
    return ServiceLine(HOSPITALS, "Écoute MLLP", "off", "jamais lancée", help="liane listen adt")


def _heard() -> list[ServiceLine]:
    rows = RawMessage.objects.exclude(hospital=None).values("hospital__name")
    found = rows.annotate(last=Max("created_at")).order_by("hospital__name")[:20]
    return [
        ServiceLine(HOSPITALS, row["hospital__name"], "ok", "dernier message", at=row["last"])
        for row in found
    ]


def _failed() -> ServiceLine:
    rows = RawMessage.objects.filter(status=RawMessage.Status.FAILED)
    count, oldest = rows.count(), rows.aggregate(at=Min("created_at"))["at"]
    return ServiceLine(
        HOSPITALS,
        "Mis de côté après des échecs",
        "bad" if count else "ok",
        f"{count} en attente" if count else "aucun",
        at=oldest,
        help="Réessayés toutes les demi-heures ; l’identitovigilance peut le faire aussitôt."
        if count
        else "",
    )


def _identities() -> list[ServiceLine]:
    waiting = IdentityCase.objects.filter(status=IdentityCase.Status.OPEN).order_by("created_at")
    first = waiting.values_list("created_at", flat=True).first()
    found = [queue(HOSPITALS, "Identités à vérifier", waiting.count() if first else 0, first,
                   PATIENCE)]  # fmt: skip
    left = unseen.stuck()
    if left is not None:
        names = ", ".join(one.name for one in left.structures)
        found.append(
            ServiceLine(
                HOSPITALS,
                "Identités que personne ne peut vérifier",
                "bad",
                f"{left.count} en attente",
                at=left.since,
                help="Demandez à une structure de nommer une identitovigilance"
                + (f" : {names}." if names else "."),
            )
        )
    return found


def _national() -> list[ServiceLine]:
    waiting = Sending.objects.filter(status=Sending.Status.WAITING).order_by("created_at")
    first = waiting.values_list("created_at", flat=True).first()
    named = {"DMP": settings.LIANE_DMP_URL, "INSi": settings.LIANE_INSI_URL}
    found = [
        ServiceLine(OUTSIDE, label, "ok" if url else "off",
                    "configuré" if url else "non configuré",
                    help="" if url else f"LIANE_{label.upper()}_URL")
        for label, url in named.items()
    ]  # fmt: skip
    count = waiting.count() if first else 0
    return [*found, queue(OUTSIDE, "Documents à envoyer", count, first, dt.timedelta(hours=1))]
