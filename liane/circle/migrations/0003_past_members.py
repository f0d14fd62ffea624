"""Who has left a circle keeps a grant of their past: those who left before are written here."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

from liane.core.acting import owner


def write_pasts(apps: Any, schema_editor: Any) -> None:
    """A grant for each membership that has ended, on its record and on those linked to it."""
    membership, link = (
        apps.get_model("circle", "Membership"), apps.get_model("patients", "PersonLink")
    )  # fmt: skip
    grant = apps.get_model("circle", "Grant")
    with owner():
        rows = membership.objects.filter(
            status__in=["active", "left", "removed"], contact=None, ends_at__isnull=False
        )
        for row in rows.iterator():
            persons = {row.person_id}
            pairs = link.objects.filter(
                Q(survivor_id=row.person_id) | Q(duplicate_id=row.person_id), ended_at=None
            )
            for pair in pairs.values_list("survivor_id", "duplicate_id"):
                persons |= set(pair)
            grant.objects.bulk_create(
                grant(
                    holder_id=row.holder_id, person_id=person_id, scope="past",
                    ground="ancien membre du cercle", starts_at=min(row.starts_at, row.ends_at),
                    ends_at=row.ends_at,
                )
                for person_id in persons
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("circle", "0002_denials"), ("patients", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="grant",
            name="scope",
            field=models.CharField(
                choices=[
                    ("care", "Care"), ("outside", "Outside"), ("person", "Person"),
                    ("carer_read", "Carer Read"), ("carer_write", "Carer Write"),
                    ("legal", "Legal"), ("break_glass", "Break Glass"), ("past", "Past"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("scope", "past")),
                fields=["holder_id", "person_id"],
                name="grant_pasts",
            ),
        ),
        migrations.RunPython(write_pasts, migrations.RunPython.noop, elidable=True),
    ]  # fmt: skip
