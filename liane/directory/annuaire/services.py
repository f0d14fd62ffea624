"""Asking the national directory, and keeping one of its professionals with source and date."""

import re
from hashlib import blake2b

from django.db import transaction
from django.utils import timezone

from liane.core.errors import Refused
from liane.directory.annuaire import client, reading
from liane.directory.importing_rows import Rows
from liane.directory.index import Vocabulary
from liane.directory.models import NationalLine, Practice, Professional
from liane.directory.saying import curates, note

SOURCE = "annuaire national consulté"
_IDENTIFIER = re.compile(r"[A-Za-z0-9.-]{1,64}")


def search(text: str) -> list[reading.Found]:
    """Professionals of that name, or of that RPPS number. Raises `client.Unavailable`."""
    words = " ".join(re.findall(r"[\w’'-]+", text))[:80]
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) >= 11:
        return reading.found(client.practitioners(identifier=digits[-11:]))
    return reading.found(client.practitioners(name=words)) if len(words) >= 3 else []


def keep(identifier: str) -> Professional:
    """Bring one professional in, with their places and MSSanté addresses, source and date noted.

    Asked again from the national directory: nothing is believed of a form. What users corrected
    stays. Raises `Refused`, `client.Unavailable`.
    """
    curates()
    if not _IDENTIFIER.fullmatch(identifier):
        raise Refused("Cette fiche n’existe pas dans l’annuaire national.")
    one = next(iter(reading.found(client.practitioners(_id=identifier))), None)
    if one is None:
        raise Refused("Cette fiche n’existe plus dans l’annuaire national.")
    with transaction.atomic():
        rows = Rows(Vocabulary(), run=0)
        places = {_digest(place): place for place in one.places}
        NationalLine.objects.filter(digest__in=list(places)).delete()
        rows.write([(digest, place.activity) for digest, place in places.items()])
        kept = Professional.objects.get(rpps=one.rpps)
        note(kept.pk, SOURCE, "", f"le {timezone.localdate():%d/%m/%Y}")
        for line in NationalLine.objects.filter(digest__in=list(places)):
            _mailbox(line, places[line.digest].mailbox)
    return kept


def _mailbox(line: NationalLine, mailbox: str) -> None:
    """The MSSanté address of a place, unless somebody wrote one there."""
    if line.practice_id is None or not mailbox:
        return
    place = Practice.objects.filter(pk=line.practice_id, email="").first()
    if place is not None:
        place.email = mailbox
        place.save(update_fields=["email"])
        note(place.pk, SOURCE, "", f"le {timezone.localdate():%d/%m/%Y}")


def _digest(place: reading.Place) -> int:
    site = place.activity.site
    told = f"annuaire\0{place.activity.rpps}\0{site.external_id if site else ''}"
    return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), signed=True)
