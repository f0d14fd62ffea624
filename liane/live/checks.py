"""What the live side says of itself on the page of the service's state."""

from django.utils import timezone

from liane.core import signs
from liane.core.registry import ServiceLine

GROUP = "Pages en direct"


def lines() -> list[ServiceLine]:
    """The processes that hold the open streams, and how many there are. One query."""
    known = signs.of("live")
    alive = [one for one in known if one.at > timezone.now() - signs.FRESH]
    if not alive:
        return [
            ServiceLine(
                GROUP, "Serveur de flux", "bad", "arrêté", at=known[0].at if known else None,
                help="Lancez liane live (ou liane serve sur un seul poste) : les pages ouvertes ne "
                "bougent plus d’elles-mêmes.",
            )
        ]  # fmt: skip
    streams = sum(one.value for one in alive)
    served = f"{len(alive)} processus" if len(alive) > 1 else "en marche"
    open_now = f"{streams} ouverts" if streams > 1 else f"{streams} ouvert"
    return [
        ServiceLine(GROUP, "Serveur de flux", "ok", served),
        ServiceLine(GROUP, "Flux ouverts", "ok", open_now, at=alive[0].at),
    ]
