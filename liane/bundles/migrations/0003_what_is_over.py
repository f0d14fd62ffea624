"""Sequences that wait for nothing any more say so, as those settled from now on do."""

from django.db import migrations


def say_so(apps, schema_editor):
    """Those that an ended enrolment never opened; those that are never billed themselves."""
    sequences = apps.get_model("bundles", "Sequence").objects
    steps = apps.get_model("bundles", "SequenceStep").objects
    never = sequences.filter(
        state="waiting", status="waiting", enrolment__status="ended",
        enrolment__ended_on__isnull=False,
    )
    parts = sequences.filter(
        state__in=["complete", "partial"], status="check", blocks="", billable=False
    )
    for rows, values in ((never, {"state": "never"}), (parts, {})):
        found = list(rows.values_list("pk", "status"))
        steps.bulk_create(
            [
                steps.model(
                    sequence_id=pk, before=status, after="closed", author_label="mise à niveau"
                )
                for pk, status in found
            ],
            batch_size=500,
        )
        for start in range(0, len(found), 500):
            some = [pk for pk, _ in found[start : start + 500]]
            sequences.filter(pk__in=some).update(status="closed", **values)


class Migration(migrations.Migration):
    dependencies = [("bundles", "0002_fewer_indexes"), ("pathways", "0006_keys_by_two")]
    operations = [migrations.RunPython(say_so, migrations.RunPython.noop, elidable=True)]
