"""Tables partitioned by month on PostgreSQL, plain on SQLite, from the same model.

A UUIDv7 begins with its millisecond, so ``PARTITION BY RANGE (id)`` is by time with a plain key.
"""

import datetime as dt
from typing import Any

from django.db import connection
from django.db.migrations.operations import CreateModel

from liane.core.ids import first_at

TABLES = ["core_entry", "core_accessrow", "notifications_notification"]


class CreatePartitionedModel(CreateModel):
    """`CreateModel` whose table is partitioned by range of its key on PostgreSQL."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the table and its default partition."""
        model = to_state.apps.get_model(app_label, self.name)
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        sql, params = schema_editor.table_sql(model)
        table = model._meta.db_table
        schema_editor.execute(f"{sql} PARTITION BY RANGE (id)", params or None)
        schema_editor.execute(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT')
        for index in schema_editor._model_indexes_sql(model):
            schema_editor.execute(index, params=None)


def ensure(months_ahead: int = 2, today: dt.date | None = None) -> list[str]:
    """Create the partitions of the coming months; returns the names of those made.

    Months already begun stay in the default partition: a partition is made ahead of its month.
    """
    if connection.vendor != "postgresql":
        return []
    made = []
    month = (today or dt.date.today()).replace(day=1)
    for _ in range(months_ahead):
        month = (month + dt.timedelta(days=32)).replace(day=1)
        after = (month + dt.timedelta(days=32)).replace(day=1)
        low, high = (
            first_at(dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)) for day in (month, after)
        )
        for table in TABLES:
            name = f"{table}_{month:%Y_%m}"
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass(%s), to_regclass(%s)", [table, name])
                parent, present = cursor.fetchone()
                if parent is None or present is not None:
                    continue
                cursor.execute(
                    f'CREATE TABLE "{name}" PARTITION OF "{table}" '
                    f"FOR VALUES FROM ('{low}') TO ('{high}')"
                )
            made.append(name)
    return made
