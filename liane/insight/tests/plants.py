"""The report in the access matrix: acts of two structures, so that its lists have somebody."""

from django.utils import timezone

from liane.insight.models import ReportFile
from liane.interventions.models import Intervention
from tests.access.world import World, planter


@planter
def plant(world: World) -> None:
    """An act of the MSP and of the DAC for each person; the address of the list that counts it."""
    today = timezone.localdate()
    for name in ("A", "B"):
        for house in ("msp", "dac"):
            Intervention.objects.create(
                person=world.persons[name], organisation=world.organisations[house],
                at=timezone.now(),
            )  # fmt: skip
        asked = ReportFile.objects.create(
            organisation=world.organisations["msp"], kind="annee", first=today, last=today,
            definitions="2026",
        )  # fmt: skip
        world.add("report_id", name, asked.pk)
        world.add("figure", name, "active.total")  # type: ignore[arg-type]
        world.add("form", name, "csv")  # type: ignore[arg-type]
