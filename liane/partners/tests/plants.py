"""Relations in the access matrix: the DAC's and another house's; unmet needs with canaries."""

import datetime as dt

from django.utils import timezone

from liane.core.models import StoredFile
from liane.partners.models import (
    Campaign,
    Convention,
    ConventionFile,
    Partnership,
    Target,
    UnmetNeed,
    UnmetStep,
)
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """The DAC's relation with the SSIAD for A, the MSP's for B; needs of both for each person."""
    for name, place in (("A", "dac"), ("B", "msp")):
        _relation(world, name, place)
    for name in ("A", "B"):
        for place, who in (("msp", "coordinator"), ("other", "outsider"), ("dac", "case_manager")):
            _unmet(world, name, place, who)


def _relation(world: World, name: str, place: str) -> None:
    today = timezone.localdate()
    house, partner = world.organisations[place], world.organisations["ssiad"]
    row = Partnership.objects.create(organisation=house, partner=partner, status="partner")
    world.add("partnership_id", name, row.pk)
    agreed = Convention.objects.create(
        partnership=row, title="Convention", signed_on=today, starts_on=today,
        remind_on=today, ends_on=today + dt.timedelta(days=9),
    )  # fmt: skip
    world.add("convention_id", name, agreed.pk)
    stored = StoredFile.objects.create(
        content_type="text/plain", size=1, digest="x", wrapped_key=b"x", path=f"relation-{name}"
    )
    attached = ConventionFile.objects.create(convention=agreed, file=stored)
    world.add("convention_file_id", name, attached.pk)
    campaign = Campaign.objects.create(
        organisation=house, title="Campagne", message="x", status="running"
    )
    world.add("campaign_id", name, campaign.pk)
    target = Target.objects.create(campaign=campaign, partner=partner)
    world.add("target_id", name, target.pk)


def _unmet(world: World, name: str, place: str, who: str) -> None:
    author = {"author_holder_id": world.practices[who].pk,
              "author_organisation_id": world.organisations[place].pk}  # fmt: skip
    made = UnmetNeed(
        organisation=world.organisations[place], person=world.persons[name], need="respite",
        why="full", insee="40088", city="Dax", **author,
    )  # fmt: skip
    made.what = world.canary("working_file", name, organisation=place)
    made.save(force_insert=True)
    reason = world.canary("working_file", name, organisation=place)
    UnmetStep.objects.create(unmet=made, after="open", reason=reason, **author)
    world.add("unmet_id", name, made.pk)
