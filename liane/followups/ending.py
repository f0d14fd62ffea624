"""What an accompaniment says back to the request it came from, and to those who asked.

Its level and whoever has it in hand are those of the request; its exit ends the request, whose last
words go to the requester and to the attending doctor.
"""

from uuid import UUID

from liane.circle.reach import Reach
from liane.core import acting, journal, registry
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.clock import today
from liane.directory.models import Practice
from liane.followups.models import Accompaniment
from liane.patients.queries import attending_doctor
from liane.referrals import rules as request_rules
from liane.referrals import services as requests
from liane.referrals import telling
from liane.referrals.models import Referral
from liane.referrals.states import Status
from liane.timeline import services as timeline


def tell(row: Accompaniment, text: str) -> None:
    """End the request it came from with these words; without one, tell the attending doctor."""
    actor = acting.current()
    request = _request(row)
    if request is not None and request_rules.may(actor, request, Status.DONE):
        requests.close(request.pk, text=text)
        return
    if Reach.of(actor).may_write(Area.CLINICAL_NOTE, row.person_id):
        timeline.write_note(row.person_id, kind="liaison", text=f"Fin d’accompagnement. {text}")
    journal.append(
        "followup.ended", person_id=row.person_id, object_id=row.pk, to=Audience(team=False)
    )
    doctor = doctor_of(row)
    if doctor is not None and doctor.professional.user_id is None:
        for letter in registry.letters:
            if letter(doctor.pk, "Fin d’accompagnement", text):
                return


def relevel(row: Accompaniment, reason: str) -> None:
    """The request shows the new level, where the actor answers for it."""
    request = _request(row)
    if request is not None and request_rules.may(acting.current(), request, row.level):
        requests.relevel(request.pk, row.level, reason=reason)


def entrust(row: Accompaniment, practice_id: UUID, reason: str) -> None:
    """The request is in the same hands. The colleague is told once, by the accompaniment."""
    request = _request(row)
    if request is not None and request.assigned_id != practice_id:
        telling.assigned(request, Practice.objects.get(pk=practice_id), reason=reason)


def doctor_of(row: Accompaniment) -> Practice | None:
    """The attending doctor's place of practice."""
    with acting.acting(acting.system("file active : médecin traitant")):
        found = attending_doctor(row.person_id, today())
        return found.practice if found is not None else None


def _request(row: Accompaniment) -> Referral | None:
    rows = Referral.objects.within(Reach.of(acting.current())).filter(pk__in=[row.request_id])
    found: Referral | None = rows.first()
    return found if found is not None and found.is_followed else None
