"""Verbs of the directory: contact data, absences, posts and their duty, locums, staff."""

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from liane.accounts import services as accounts
from liane.accounts.adapter import has_second_factor
from liane.accounts.models import User
from liane.accounts.services import Invited
from liane.core import acting, registry
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.directory import identifiers, rules
from liane.directory.index import index_organisations, index_professionals
from liane.directory.models import (
    Absence,
    Change,
    Duty,
    Locum,
    Organisation,
    Post,
    Practice,
    Professional,
)

CONTACT_FIELDS = {
    "phone": "téléphone",
    "email": "messagerie",
    "line": "adresse",
    "postcode": "code postal",
    "city": "commune",
}
Reachable = Organisation | Practice | Post


def _note(object_id: UUID, what: str, before: str = "", after: str = "") -> None:
    Change.objects.create(
        object_id=object_id,
        what=what,
        before=before[:300],
        after=after[:300],
        **author_of(acting.current()),
    )


def correct_contact(thing: Reachable, values: Mapping[str, str]) -> list[str]:
    """Correct how somebody is reached; each change keeps who, when and what stood before.

    Any professional may: the national directory lacks three telephones in four. Returns the names
    of the fields changed. A later import leaves a corrected field alone.
    """
    rules.require(
        rules.is_professional(acting.current()), "Les professionnels tiennent l’annuaire à jour."
    )
    email = values.get("email", "").strip()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise Refused("Cette adresse de messagerie est incomplète.", field="email") from None
    phone = "".join(char for char in values.get("phone", "") if char.isdigit() or char == "+")
    if phone and not 8 <= len(phone) <= 15:
        raise Refused("Ce numéro de téléphone est incomplet.", field="phone")
    changed = []
    with transaction.atomic():
        for field, label in CONTACT_FIELDS.items():
            if field not in values:
                continue
            before = str(getattr(thing, field))
            after = phone if field == "phone" else values[field].strip()
            if after != before:
                setattr(thing, field, after)
                _note(thing.pk, label, before, after)
                changed.append(field)
        if changed:
            thing.save(update_fields=changed)
        if "city" in changed:
            _reindex(thing)
    return changed


def _reindex(thing: Reachable) -> None:
    if isinstance(thing, Organisation):
        index_organisations([thing.pk])
        index_professionals(thing.practices.values_list("professional_id", flat=True))
    elif isinstance(thing, Practice):
        index_professionals([thing.professional_id])


# ------------------------------------------------------------------ absences
def declare_absence(
    practice: Practice,
    *,
    starts_on: dt.date,
    ends_on: dt.date,
    replaced_by: Practice | None = None,
) -> Absence:
    """Say that a professional is away, and who answers for them. Opens no record to anybody.

    ``said`` on the answer: what followed, in sentences (`registry.absence_steps`).
    """
    actor = acting.current()
    rules.require(
        rules.is_self(actor, practice) or rules.keeps_house(actor, practice.organisation_id),
        "Vous ne pouvez déclarer que vos absences, ou celles de votre structure.",
    )
    _check_dates(starts_on, ends_on)
    if replaced_by is not None and replaced_by.professional_id == practice.professional_id:
        raise Refused("On ne se remplace pas soi-même.", field="replaced_by")
    if practice.absences.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Refused("Une absence est déjà notée à ces dates.", field="starts_on")
    with transaction.atomic():
        absence = Absence.objects.create(
            practice=practice, starts_on=starts_on, ends_on=ends_on, replaced_by=replaced_by
        )
        _note(practice.pk, "absence", "", f"du {starts_on:%d/%m/%Y} au {ends_on:%d/%m/%Y}")
        said = [step(absence) for step in registry.absence_steps]
        absence.said = [sentence for sentence in said if sentence]  # type: ignore[attr-defined]
    return absence


def cancel_absence(absence: Absence) -> None:
    """Take back an absence; its trace stays in the history."""
    actor, practice = acting.current(), absence.practice
    rules.require(
        rules.is_self(actor, practice) or rules.keeps_house(actor, practice.organisation_id),
        "Cette absence n’est ni la vôtre ni celle de votre structure.",
    )
    with transaction.atomic():
        before = f"du {absence.starts_on:%d/%m/%Y} au {absence.ends_on:%d/%m/%Y}"
        absence.delete()
        _note(practice.pk, "absence", before, "annulée")


def _check_dates(starts_on: dt.date, ends_on: dt.date) -> None:
    if ends_on < starts_on:
        raise Refused("La fin vient avant le début.", field="ends_on")
    if ends_on < timezone.localdate():
        raise Refused("Ces dates sont passées.", field="ends_on")


# ------------------------------------------------------------------ posts
def create_post(organisation: Organisation, name: str, phone: str = "") -> Post:
    """A post that can be a member of circles, held in turn."""
    rules.require(
        rules.keeps_house(acting.current(), organisation.pk),
        "Seule la structure crée ses postes.",
    )
    name = name.strip()
    if not name:
        raise Refused("Donnez un nom au poste, par exemple « Infirmière de garde ».", field="name")
    if Post.objects.filter(organisation=organisation, name__iexact=name, active=True).exists():
        raise Refused("Un poste de la structure porte déjà ce nom.", field="name")
    with transaction.atomic():
        post = Post.objects.create(organisation=organisation, name=name[:200], phone=phone[:20])
        _note(post.pk, "poste", "", post.name)
    return post


def put_on_duty(
    post: Post,
    practice: Practice,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None = None,
    deputy: bool = False,
) -> Duty:
    """Somebody of the organisation holds the post for a time: they see what the post sees."""
    rules.require(
        rules.keeps_house(acting.current(), post.organisation_id),
        "Le calendrier d’un poste est tenu par sa structure.",
    )
    if practice.organisation_id != post.organisation_id:
        raise Refused("Un poste est tenu par le personnel de sa structure.", field="practice")
    if ends_at is not None and ends_at <= starts_at:
        raise Refused("La fin vient avant le début.", field="ends_at")
    with transaction.atomic():
        duty = Duty.objects.create(
            post=post, practice=practice, starts_at=starts_at, ends_at=ends_at, deputy=deputy
        )
        _note(post.pk, "garde", "", f"{practice.professional} dès le {starts_at:%d/%m/%Y %H:%M}")
    return duty


def end_duty(duty: Duty, at: dt.datetime | None = None) -> None:
    """End a turn now (or remove one that has not begun): effective on the next request."""
    rules.require(
        rules.keeps_house(acting.current(), duty.post.organisation_id),
        "Le calendrier d’un poste est tenu par sa structure.",
    )
    now = at or timezone.now()
    with transaction.atomic():
        _note(duty.post_id, "garde", str(duty.practice.professional), "terminée")
        if duty.starts_at >= now:
            duty.delete()
        else:
            duty.ends_at = now
            duty.save(update_fields=["ends_at"])


# ------------------------------------------------------------------ locums
def sign_locum(
    replaced: Practice, locum: Professional, *, starts_on: dt.date, ends_on: dt.date
) -> Locum:
    """A locum contract: ``locum`` works under their own identity in place of ``replaced``.

    For its dates alone they reach the persons of the one they replace. They get a practice of
    their own in the organisation for those dates. A registered professional of the same profession.
    """
    actor = acting.current()
    rules.require(
        rules.is_self(actor, replaced) or rules.manages(actor, replaced.organisation_id),
        "Un contrat de remplacement se signe par la personne remplacée ou sa direction.",
    )
    _check_dates(starts_on, ends_on)
    if locum.pk == replaced.professional_id:
        raise Refused("On ne se remplace pas soi-même.", field="locum")
    if locum.rpps is None or not locum.active:
        raise Refused("Un remplaçant a un numéro RPPS en cours de validité.", field="locum")
    if locum.profession != replaced.professional.profession:
        raise Refused("Un remplaçant exerce la même profession.", field="locum")
    with transaction.atomic():
        practice = Practice.objects.create(
            professional=locum,
            organisation_id=replaced.organisation_id,
            role=replaced.role,
            function="remplacement",
            started_on=starts_on,
            ended_on=ends_on,
            line=replaced.line,
            postcode=replaced.postcode,
            city=replaced.city,
        )
        contract = Locum.objects.create(
            replaced=replaced, locum=practice, starts_on=starts_on, ends_on=ends_on
        )
        _note(
            replaced.pk,
            "remplacement",
            "",
            f"{locum} du {starts_on:%d/%m/%Y} au {ends_on:%d/%m/%Y}",
        )
    return contract


def end_locum(contract: Locum) -> None:
    """End a contract today: from the next request the locum reaches nobody through it."""
    actor, replaced = acting.current(), contract.replaced
    rules.require(
        rules.is_self(actor, replaced) or rules.manages(actor, replaced.organisation_id),
        "Un contrat de remplacement se termine par la personne remplacée ou sa direction.",
    )
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with transaction.atomic():
        contract.ends_on, contract.changed_at = yesterday, timezone.now()
        contract.save(update_fields=["ends_on", "changed_at"])
        Practice.objects.filter(pk=contract.locum_id).update(ended_on=yesterday)
        _note(replaced.pk, "remplacement", str(contract.locum.professional), "terminé")


# ------------------------------------------------------------------ staff
def invite_staff(
    organisation: Organisation,
    *,
    given: str,
    family: str,
    email: str,
    role: str,
    profession: str = "",
    rpps: str = "",
    function: str = "",
) -> tuple[Practice, Invited | None]:
    """Bring somebody into the organisation, with an invitation unless they have an account.

    Without an RPPS number the organisation vouches for them (recorded as such).
    """
    actor = acting.current()
    rules.require(rules.manages(actor, organisation.pk), "Seule la direction invite le personnel.")
    if role not in Practice.Role.values:
        raise Refused("Choisissez un rôle.", field="role")
    if not given.strip() or not family.strip():
        raise Refused("Indiquez le prénom et le nom.", field="family")
    number = identifiers.rpps(rpps) if rpps.strip() else None
    if number is None and role == Practice.Role.CARE and profession not in UNREGISTERED:
        raise Refused(
            "Cette profession a un numéro RPPS : indiquez-le, il figure sur sa carte.", field="rpps"
        )
    with transaction.atomic():
        professional = _professional(
            organisation, given.strip(), family.strip(), profession, number
        )
        if professional.practices.filter(
            Q(ended_on=None) | Q(ended_on__gte=timezone.localdate()),
            organisation=organisation,
            role=role,
        ).exists():
            raise Refused("Cette personne travaille déjà chez vous dans ce rôle.")
        practice = Practice.objects.create(
            professional=professional,
            organisation=organisation,
            role=role,
            function=function[:100],
            city=organisation.city,
            started_on=timezone.localdate(),
        )
        _note(practice.pk, "personnel", "", f"{professional} ({practice.get_role_display()})")
        index_professionals([professional.pk])
        return practice, _account(professional, organisation, email, actor.label)


UNREGISTERED = frozenset({"35", "36", "AS", "AD", "AP", "SO", "CO", "PR", "SE"})
"""Professions that have no RPPS number: their employer vouches for them."""


def _professional(
    organisation: Organisation, given: str, family: str, profession: str, number: str | None
) -> Professional:
    known = Professional.objects.filter(rpps=number).first() if number else None
    if known is not None:
        if known.family.casefold() != family.casefold():
            raise Refused(
                "Ce numéro RPPS est celui de quelqu’un d’autre dans l’annuaire.", field="rpps"
            )
        return known
    return Professional.objects.create(
        given=given[:100],
        family=family[:100],
        profession=profession,
        rpps=number,
        vouched_by=None if number else organisation,
    )


def _account(
    professional: Professional, organisation: Organisation, email: str, by: str
) -> Invited | None:
    if professional.user is None:
        username = email.strip().lower()
        try:
            validate_email(username)
        except ValidationError:
            raise Refused("Indiquez une adresse de messagerie complète.", field="email") from None
        if User.objects.filter(username=username).exists():
            raise Refused("Cette adresse sert déjà à un autre compte.", field="email")
        user = User.objects.create_user(
            username, name=f"{professional.given} {professional.family}", email=username
        )
        inviter = acting.current().user_id
        if inviter and User.objects.filter(pk=inviter, is_persona=True).exists():
            User.objects.filter(pk=user.pk).update(is_persona=True)
        professional.user = user
        professional.save(update_fields=["user"])
    elif has_second_factor(professional.user) or professional.user.is_persona:
        return None
    return accounts.invite(professional.user, invited_by=by, on_behalf_of=organisation.name)


def end_practice(practice: Practice) -> None:
    """Somebody leaves the organisation: out of it at once, their account stays theirs."""
    rules.require(
        rules.manages(acting.current(), practice.organisation_id),
        "Seule la direction tient la liste du personnel.",
    )
    if rules.is_self(acting.current(), practice):
        raise Refused("Confiez d’abord la direction à quelqu’un : c’est lui qui vous retirera.")
    with transaction.atomic():
        practice.ended_on = timezone.localdate() - dt.timedelta(days=1)
        practice.save(update_fields=["ended_on"])
        _note(practice.pk, "personnel", str(practice.professional), "a quitté la structure")
