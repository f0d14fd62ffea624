"""Views that bring several tables of ours under one resource type, for search and pages over them.

A view holds nothing and gives no right: who reads it filters by the reach of each table behind it,
and on PostgreSQL the policies of those tables apply to whoever asks (``security_invoker``). They
are dropped before migrations, which may change a table behind them, and made again after.
"""

import datetime as dt
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from liane.core.database import APPLICATION_ROLE
from liane.fhir.protocols import CANONICAL
from liane.pathways.protocols import library

DAY = {"postgresql": "({0} AT TIME ZONE 'Europe/Paris')::date", "sqlite": "date({0})"}
FIRST = {"postgresql": "(array_agg(l.id ORDER BY l.id))[1]", "sqlite": "min(l.id)"}
ID = {"postgresql": "uuid", "sqlite": "text"}
AT = {"postgresql": "timestamptz", "sqlite": "text"}
ON = {"postgresql": "date", "sqlite": "text"}


def _views(vendor: str) -> dict[str, str]:
    day = DAY[vendor].format
    none, never = f"CAST(NULL AS {ID[vendor]})", f"CAST(NULL AS {AT[vendor]})"
    return {
        "fhir_said": f"""
SELECT w.id, w.person_id, 'wish' AS kind, w.topic, w.answer, w.consulted, w.proof AS words, w.at,
       {never} AS ended_at,
       NOT EXISTS (SELECT 1 FROM patients_wish l WHERE l.person_id = w.person_id
                   AND l.topic = w.topic AND (l.at > w.at OR (l.at = w.at AND l.id > w.id)))
       AS last,
       {none} AS practice_id, {none} AS organisation_id, w.author_holder_id,
       w.author_organisation_id, w.author_label
FROM patients_wish w
UNION ALL
SELECT o.id, o.person_id, 'opposition', 'member', 'refuses', '', o.reason, o.created_at, o.ended_at,
       o.ended_at IS NULL, o.practice_id, o.organisation_id, o.author_holder_id,
       o.author_organisation_id, o.author_label
FROM circle_opposition o""",
        "fhir_episode": f"""
SELECT a.id, a.person_id, 'accompaniment' AS kind, a.organisation_id,
       a.case_manager_id AS manager_id, a.status, {day("a.opened_at")} AS starts_on,
       {day("a.closed_at")} AS ends_on, a.created_at
FROM followups_accompaniment a
UNION ALL
SELECT e.id, e.person_id, 'enrolment', e.organisation_id, e.coordinator_id, e.status,
       coalesce(e.included_on, e.proposed_on), e.ended_on, e.created_at
FROM pathways_enrolment e""",
        "fhir_answered": f"""
SELECT {FIRST[vendor]} AS id, l.person_id, l.organisation_id, i.invoice_id, l.file_id,
       max(l."on") AS paid_on, max(f.received_at) AS received_at
FROM bundles_returnline l
JOIN bundles_invoiceline i ON i.id = l.line_id
JOIN bundles_return f ON f.id = l.file_id
GROUP BY l.person_id, l.organisation_id, i.invoice_id, l.file_id""",
        "fhir_plan": f"""
SELECT v.id, v.organisation_id, v.key, v.number, v.title, v.status, v.valid_from,
       CAST(NULL AS {ON[vendor]}) AS valid_to, coalesce(v.published_at, v.created_at) AS said_at
FROM pathways_protocolversion v
UNION ALL
{_shipped(vendor)}""",
    }


def shipped_id(key: str, number: str) -> UUID:
    """The identifier of a definition that comes with Liane: the same everywhere."""
    return uuid5(NAMESPACE_URL, f"{CANONICAL}{key}|{number}")


def _shipped(vendor: str) -> str:
    """The definitions that come with Liane, as rows. Their files change with Liane itself."""
    rows = []
    for one in library.shipped():
        key = shipped_id(one.key, one.version)
        said = max(source.checked for source in one.sources)
        cells = [
            _cell(key.hex if vendor == "sqlite" else str(key), ID[vendor]),
            f"CAST(NULL AS {ID[vendor]})",
            *(_cell(text, "text") for text in (one.key, one.version, one.title, "published")),
            _day(one.valid_from, ON[vendor]),
            _day(one.valid_to, ON[vendor]),
            _cell(f"{said.isoformat()} 00:00:00" + "+00" * (vendor != "sqlite"), AT[vendor]),
        ]
        rows.append(f"SELECT {', '.join(cells)}")
    return "\nUNION ALL ".join(rows)


def _cell(text: str, kind: str) -> str:
    quoted = text.replace("'", "''")
    return f"CAST('{quoted}' AS {kind})"


def _day(day: dt.date | None, kind: str) -> str:
    return f"CAST(NULL AS {kind})" if day is None else _cell(day.isoformat(), kind)


def drop_before_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Let migrations change the tables behind."""
    if sender.name == "liane.fhir":
        with connections[using].cursor() as cursor:
            for name in _views(connections[using].vendor):
                cursor.execute(f"DROP VIEW IF EXISTS {name}")


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make the views, once every table is there."""
    if sender.name == "liane.fhir":
        install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """(Re)make the views; safe to run again."""
    on_server = connection.vendor == "postgresql"
    tables = {
        "patients_wish", "circle_opposition", "followups_accompaniment", "pathways_enrolment",
        "bundles_returnline", "bundles_invoiceline", "bundles_return", "pathways_protocolversion",
    }  # fmt: skip
    with connection.cursor() as cursor:
        if not tables <= set(connection.introspection.table_names(cursor)):
            return
        for name, query in _views(connection.vendor).items():
            options = " WITH (security_invoker = true)" if on_server else ""
            cursor.execute(f"DROP VIEW IF EXISTS {name}")
            cursor.execute(f"CREATE VIEW {name}{options} AS {query}")
            if on_server:
                cursor.execute(f"GRANT SELECT ON {name} TO {APPLICATION_ROLE}")
