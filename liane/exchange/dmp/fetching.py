"""Finding the documents of the DMP about a person, and bringing one in to be filed."""

from uuid import UUID

from liane.circle.access import require_write
from liane.core import ledger
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.exchange import dmp
from liane.exchange.cda import gather
from liane.exchange.cda.facts import Number
from liane.exchange.dmp.pdsm import Found
from liane.exchange.models import ReceivedDocument
from liane.exchange.outside import Unreachable
from liane.exchange.received.services import take_in
from liane.patients.models import Patient


def search(person_id: UUID) -> list[Found]:
    """The documents of the DMP about the person. Raises `Refused`, `NotAllowed`, Http404."""
    _, number = _person(person_id)
    ledger.wrote(person_id, "dmp_search", action="read", purpose="consultation du DMP")
    try:
        return dmp.client().search(number)
    except Unreachable as error:
        raise Refused(f"{error.why} Réessayez plus tard.") from None


def fetch(person_id: UUID, found_id: str) -> ReceivedDocument:
    """Bring in one of them; it waits to be filed. Raises `Refused`, `NotAllowed`, Http404."""
    person, number = _person(person_id)
    try:
        content = dmp.client().fetch(found_id, number)
    except Unreachable as error:
        raise Refused(f"{error.why} Réessayez plus tard.") from None
    return take_in(person, content, via=ReceivedDocument.Via.DMP)


def _person(person_id: UUID) -> tuple[Patient, Number]:
    require_write(person_id, Area.DOCUMENT)
    if not dmp.ready():
        raise Refused("Le raccordement au DMP n’est pas configuré sur cette installation.")
    person = Patient.objects.get(pk=person_id)
    number = gather.subject(person).matricule
    if number is None:
        raise Refused("L’identité de la personne doit être qualifiée (INS) pour consulter le DMP.")
    return person, number
