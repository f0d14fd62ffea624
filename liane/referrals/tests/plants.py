"""Rows of requests in the access matrix."""

import datetime as dt

from django.utils import timezone

from liane.core.models import StoredFile
from liane.referrals.models import (
    Decision,
    DecisionPaper,
    Offer,
    Position,
    Quest,
    QuestStep,
    Referral,
    ReferralFile,
    ReferralStep,
    Return,
    ReturnTo,
)
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """A request about each person from her nurse: A's to the DAC of her circle, B's to nobody's."""
    for name, nurse, to in (
        ("A", world.practices["nurse"], "dac"),
        ("B", world.practices["zoe"], "hospital"),
    ):
        author = {
            "author_holder_id": nurse.pk,
            "author_user_id": nurse.professional.user_id,
            "author_label": nurse.professional.name,
        }
        referral = Referral(
            person=world.persons[name], organisation=world.organisations[to], by_circle=True,
            requester_kind="professional", requester_id=nurse.pk, requester_label="infirmière",
            motive="staying_home", consent="agrees",
            consent_note=world.canary("clinical_note", name), status="sustained",
            outcome="sustained", **author,
        )  # fmt: skip
        referral.text = world.canary("clinical_note", name)
        referral.identity = {
            "birth_name": world.canary("clinical_note", name),
            "phone": "0558000000",
        }
        referral.save(force_insert=True)
        world.add("referral_id", name, referral.pk)
        ReferralStep.objects.create(
            referral=referral, after="sent", reason=world.canary("clinical_note", name), **author
        )
        given = Return(referral=referral, step="sustained", **author)
        given.text = world.canary("clinical_note", name)
        given.save(force_insert=True)
        owed = ReturnTo(referral=referral, given=given, role="requester", way="phone")
        owed.label = world.canary("clinical_note", name)
        owed.save(force_insert=True)
        world.add("return_id", name, owed.pk)
        stored = StoredFile.objects.create(
            name="x.txt", content_type="text/plain", size=1, digest="x", wrapped_key=b"x",
            path=f"referral-{name}", person_id=world.persons[name].pk,
        )  # fmt: skip
        row = ReferralFile.objects.create(referral=referral, file=stored)
        world.add("referral_file_id", name, row.pk)
        _decision(world, name, referral, row, author)
        _quest(world, name, author)


def _decision(
    world: World, name: str, referral: Referral, file: ReferralFile, author: dict[str, object]
) -> None:
    """An orientation by an MDPH, its paper, a position said of it."""
    decision = Decision(
        referral=referral, organisation=referral.organisation, digest=f"plant-{name}", agreed=True,
        agreed_on=timezone.localdate(), **author,
    )  # fmt: skip
    decision.number = world.canary("clinical_note", name)
    decision.national = world.canary("clinical_note", name)
    decision.save(force_insert=True)
    position = Position(referral=referral, code="42", on=timezone.localdate(), **author)
    position.comment = world.canary("clinical_note", name)
    position.save(force_insert=True)
    paper = DecisionPaper(referral=referral, kind="57830-2", digest="x", shown=file)
    paper.content = world.canary("clinical_note", name).encode()
    paper.save(force_insert=True)


def _quest(world: World, name: str, author: dict[str, object]) -> None:
    quest = Quest.objects.create(
        person=world.persons[name], profession="60", care=world.canary("clinical_note", name),
        rhythm="tous les jours", starts_on=timezone.localdate() + dt.timedelta(days=2),
        insee="40088", city="Dax", proof=world.canary("clinical_note", name), **author,
    )  # fmt: skip
    QuestStep.objects.create(quest=quest, after="open", **author)
    world.add("quest_id", name, quest.pk)
    offer = Offer.objects.create(quest=quest, practice=world.practices["zoe"], wave=1)
    world.add("offer_id", name, offer.pk)
