"""In without signing in: a signed link that expires, bound to one professional, and a code.

The link travels by mail; the code by text message, or spoken by somebody of the team. Behind it
acts the professional as the circle knows them: their own reach decides at each request, so a
removal or an opposition closes the link on the next one. Sources: CSP L.1110-4, L.1470-5.
"""

import hmac
import secrets
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from liane.circle import rules as circle_rules
from liane.circle.reach import Reach
from liane.core import acting, journal, keys, ledger, sms
from liane.core.acting import Actor, system
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.ids import parse
from liane.directory.models import Practice
from liane.messaging import rules
from liane.messaging.models import CodedLink, SignedLink, Thread

PURPOSE = "thread-link"


def path_of(link: SignedLink) -> str:
    """The address of a link: its number, signed."""
    return f"/lien/{link.pk.hex}.{keys.sign(_signed(link), purpose=PURPOSE)}/"


def _signed(link: SignedLink) -> str:
    return f"{link.pk}:{link.thread_id}:{link.holder_id}"


def link_for(thread: Thread, practice: Practice) -> SignedLink:
    """A living link of this professional to this thread, with a day left at least; or a new one."""
    now = timezone.now()
    living = SignedLink.objects.filter(
        thread=thread,
        holder_id=practice.pk,
        revoked_at=None,
        wrong__lt=2 * SignedLink.TRIES,
        expires_at__gt=now + SignedLink.LIFE / 7,
    )
    found: SignedLink | None = living.order_by("-expires_at").first()
    return found or SignedLink.objects.create(
        thread=thread,
        holder_id=practice.pk,
        label=practice.professional.name,
        expires_at=now + SignedLink.LIFE,
    )


def resolve(token: str) -> SignedLink | None:
    """The living link of ``token``, whose professional still reaches the thread. Else None."""
    number, _, signature = token.partition(".")
    pk = parse(number)
    if pk is None:
        return None
    with acting.acting(system("lien signé")):
        link = SignedLink.objects.select_related("thread__person").filter(pk=pk).first()
        if link is None or not keys.signature_holds(_signed(link), signature, purpose=PURPOSE):
            return None
        practice = practice_of(link.holder_id)
    if practice is None or not link.living or not still_reads(practice, link.thread_id):
        return None
    found: SignedLink = link
    return found


def practice_of(holder_id: UUID) -> Practice | None:
    """The professional behind a holder, if they still work there."""
    return (
        Practice.objects.filter(pk=holder_id, ended_on=None, professional__active=True)
        .select_related("professional", "organisation")
        .first()
    )


def reader(practice: Practice) -> Actor:
    """The professional as an actor: reads by the grants of the circle, like anybody signed in."""
    who = practice.professional
    return Actor(
        kind="outside",
        label=f"{who.name} (lien signé)",
        holder_id=practice.pk,
        professional_id=who.pk,
        organisation_id=practice.organisation_id,
        role=practice.role,
        holders=(practice.pk, practice.organisation_id, who.pk),
        read={area: found for area in Area if (found := _scopes(practice.role, area, "r"))},
        write={area: found for area in Area if (found := _scopes(practice.role, area, "w"))},
        channel="link",
    )


def _scopes(role: str, area: Area, letter: str) -> frozenset[str]:
    return circle_rules.scopes(role, area, letter)


def writer(practice: Practice, channel: str = "link") -> Actor:
    """Writes in the professional's name, once :func:`reader` was let in (they have no account)."""
    who = practice.professional
    return Actor(
        kind="system",
        label=who.name,
        holder_id=practice.pk,
        professional_id=who.pk,
        organisation_id=practice.organisation_id,
        role=practice.role,
        channel=channel,
    )


def still_reads(practice: Practice, thread_id: UUID) -> bool:
    """True when the professional may read the thread now."""
    actor = reader(practice)
    with acting.acting(actor):
        return bool(Thread.objects.within(Reach.of(actor)).filter(pk=thread_id).exists())


def still_writes(practice: Practice, thread: Thread) -> bool:
    """True when the professional may write in the thread now."""
    actor = reader(practice)
    with acting.acting(actor):
        return rules.may_write(thread, actor)


# ------------------------------------------------------------------ the code


def _rows(link: CodedLink) -> Any:
    """The table of this sort of link."""
    return type(link)._default_manager


def new_code(link: CodedLink) -> str:
    """A fresh code of six digits, good for fifteen minutes; the former one dies."""
    code = f"{secrets.randbelow(10**6):06d}"
    with acting.acting(system("lien signé")), transaction.atomic():
        _rows(link).filter(pk=link.pk).update(
            code_digest=_digest(link, code),
            code_until=timezone.now() + CodedLink.CODE_LIFE,
            tries=0,
        )
    return code


def text_code(link: CodedLink, number: str = "") -> str:
    """Send a code by text message to the professional's mobile; returns the number, masked.

    ``number`` where the link is not that of a professional of the directory.
    Raises :class:`Refused` when there is no mobile, no gateway, or too many were sent.
    """
    with acting.acting(system("lien signé")):
        number = number or mobile_of(practice_of(link.holder_id))
        if not number or not sms.enabled():
            raise Refused("Le code ne peut pas partir par SMS : demandez-le à l’équipe.")
        allowed = _rows(link).filter(pk=link.pk, sends__lt=CodedLink.SENDS)
        if not allowed.update(sends=F("sends") + 1):
            raise Refused("Trop de codes demandés : demandez-en un à l’équipe, de vive voix.")
    code = new_code(link)
    try:
        sms.send(number, f"Liane : votre code est {code}. Il vaut 15 minutes.")
    except sms.SmsFailed:
        raise Refused(
            "Le SMS n’est pas parti : réessayez, ou demandez le code à l’équipe."
        ) from None
    return masked(number)


def mobile_of(practice: Practice | None) -> str:
    """The mobile number known for a professional, in this place of practice."""
    return sms.mobile(practice.phone) if practice is not None else ""


def masked(number: str) -> str:
    """``06 •• •• •• 78``: enough to recognise one's own number."""
    plain = sms.mobile(number)
    return f"0{plain[3]} •• •• •• {plain[-2:]}" if plain else ""


def spoken_code(link: SignedLink) -> str:
    """A code for somebody of the team to say: whoever writes in the thread may ask for it."""
    actor = acting.current()
    rules.require_write(link.thread, actor)
    if not link.living:
        raise Refused("Ce lien n’est plus valable : envoyez un nouveau message.")
    with transaction.atomic():
        ledger.wrote(
            link.thread.person_id, "link", object_id=link.pk, purpose="code donné de vive voix"
        )
    return new_code(link)


def check_code(link: CodedLink, code: str) -> None:
    """Spend one try; raises :class:`Refused` unless ``code`` is the one that travelled apart."""
    plain = "".join(code.split())
    with acting.acting(system("lien signé")), transaction.atomic():
        open_to_try = (
            _rows(link)
            .filter(
                pk=link.pk,
                tries__lt=CodedLink.TRIES,
                wrong__lt=2 * CodedLink.TRIES,
                code_until__gt=timezone.now(),
            )
            .exclude(code_digest="")
        )
        if not open_to_try.update(tries=F("tries") + 1, wrong=F("wrong") + 1):
            raise Refused("Ce code ne vaut plus : demandez-en un nouveau.", field="code")
        fresh = _rows(link).get(pk=link.pk)
        good = hmac.compare_digest(fresh.code_digest, _digest(link, plain))
        if good:
            _rows(link).filter(pk=link.pk).update(
                code_digest="", code_until=None, tries=0, wrong=0, used_at=timezone.now()
            )
    if not good:
        raise Refused("Ce n’est pas le bon code.", field="code")


def _digest(link: CodedLink, code: str) -> str:
    return keys.digest(f"{link.pk}:{code}", purpose="link-code")


# ------------------------------------------------------------------ closing


def revoke(link: SignedLink) -> None:
    """Close every link of this professional to this thread, at once."""
    actor = acting.current()
    if not rules.may_write(link.thread, actor):
        raise NotAllowed
    with transaction.atomic():
        SignedLink.objects.filter(
            thread=link.thread_id, holder_id=link.holder_id, revoked_at=None
        ).update(revoked_at=timezone.now(), revoked_by=actor.label)
        ledger.wrote(link.thread.person_id, "link", object_id=link.pk, purpose="lien coupé")
        journal.append(
            "link.revoked",
            person_id=link.thread.person_id,
            object_id=link.thread_id,
            to=link.thread.to,
            announce=False,
        )
