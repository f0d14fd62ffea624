"""Row-level security on PostgreSQL: the backstop under Reach, compiled from the same grants.

Each guarded table gets one policy. The default asks for a grant, in force and not denied, between
one of the actor's holders and the row's person, through a scope that reads the table's area. A
model may give its own expression with ``rls_using`` (``{t}`` is the table), and with ``rls_past``
what else stays readable, never writable, to whoever has left the circle.
"""

from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from liane.core.areas import Area
from liane.core.database import APPLICATION_ROLE
from liane.patients.models import Patient

FUNCTIONS = """
CREATE OR REPLACE FUNCTION liane_all() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT coalesce(current_setting('liane.system', true), '') = 'on' $$;
CREATE OR REPLACE FUNCTION liane_holders() RETURNS uuid[] LANGUAGE sql STABLE AS
$$ SELECT coalesce(string_to_array(nullif(current_setting('liane.holders', true), ''), ',')::uuid[],
                   '{}'::uuid[]) $$;
CREATE OR REPLACE FUNCTION liane_scopes(area text) RETURNS text[] LANGUAGE sql STABLE AS
$$ SELECT coalesce(string_to_array(nullif(current_setting('liane.read_' || area, true), ''), ','),
                   '{}'::text[]) $$;
CREATE OR REPLACE FUNCTION liane_somebody() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT liane_all() OR coalesce(current_setting('liane.user', true), '') <> ''
          OR coalesce(current_setting('liane.client', true), '') = 'on' $$;
"""

ROLE = f"""
DO $$ BEGIN
  CREATE ROLE {APPLICATION_ROLE} NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
  IF NOT pg_has_role(current_user, '{APPLICATION_ROLE}', 'MEMBER') THEN
    EXECUTE format('GRANT {APPLICATION_ROLE} TO %I', current_user);
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE};
"""


def reaches(person: str, area: Area | str) -> str:
    """SQL: the actor reaches the person of this column, for ``area``: one of :class:`Area`, or the
    column that names it (``{t}.area``).

    One look at the grants that join them, by row and through the index: a plan that hashed every
    grant for a list, or asked twice, would cost more than the page.
    """
    scopes = f"liane_scopes({area})" if "." in area else f"(SELECT liane_scopes('{area}'))"
    return (
        "(SELECT liane_all()) OR coalesce((SELECT NOT bool_or(g.deny) AND bool_or("
        f"g.scope = ANY ({scopes}::text[])"
        " AND g.starts_at <= statement_timestamp()"
        " AND (g.ends_at IS NULL OR g.ends_at > statement_timestamp()))"
        f" FROM circle_grant g WHERE g.person_id = {person}"
        " AND g.holder_id = ANY ((SELECT liane_holders())::uuid[])), false)"
    )


def been(person: str, at: str, area: Area, *, house: str = "") -> str:
    """SQL: the actor was in this person's circle at ``at``, and has left it; its role reads
    ``area``. ``house``: only where this organisation was the member."""
    return (
        f"(cardinality((SELECT liane_scopes('{area}'))::text[]) > 0"
        " AND EXISTS (SELECT 1 FROM circle_grant b"
        f" WHERE b.person_id = {person} AND b.scope = 'past'"
        " AND b.holder_id = ANY ((SELECT liane_holders())::uuid[])"
        " AND b.ends_at <= statement_timestamp()"
        f" AND {at} BETWEEN b.starts_at AND b.ends_at"
        + (f" AND b.holder_id = {house}" if house else "")
        + " OFFSET 0))"
    )


def denied(person: str) -> str:
    """SQL: the person of this column opposes the actor."""
    return (
        f"EXISTS (SELECT 1 FROM circle_grant o WHERE o.person_id = {person} AND o.deny"
        " AND o.holder_id = ANY ((SELECT liane_holders())::uuid[]) OFFSET 0)"
    )


OWN = {
    "core.Entry": "{t}.person_id IS NULL OR " + reaches("{t}.person_id", Area.TIMELINE),
    "circle.Membership": "{t}.holder_id = ANY ((SELECT liane_holders())::uuid[]) OR "
    + reaches("{t}.person_id", Area.CIRCLE),
    "patients.PersonLink": reaches("{t}.survivor_id", Area.IDENTITY)
    + " OR "
    + reaches("{t}.duplicate_id", Area.IDENTITY),
    "circle.MembershipEvent": "EXISTS (SELECT 1 FROM circle_membership m"
    " WHERE m.id = {t}.membership_id)",
}
"""Policies of tables that the default does not fit. An entry holds no clinical text."""

PAST = {
    "circle.Mask": "EXISTS (SELECT 1 FROM circle_grant b WHERE b.person_id = {t}.person_id"
    " AND b.scope = 'past' AND b.holder_id = ANY ((SELECT liane_holders())::uuid[]) OFFSET 0)",
}
"""The same for whoever has left: a mask must be seen to hide, from their own past as well."""


def using(model: type[models.Model]) -> str:
    """The policy expression of a guarded model."""
    table = f'"{model._meta.db_table}"'
    own = OWN.get(model._meta.label) or getattr(model, "rls_using", None)
    if own is not None:
        return str(own).format(t=table)
    area = getattr(model, "scope_area", Area.IDENTITY)
    column = "id" if model is Patient else "person_id"
    return reaches(f"{table}.{column}", area)


def guarded() -> list[type[models.Model]]:
    """The models that row-level security watches."""
    return [model for model in apps.get_models() if getattr(model, "guarded", False)]


def install_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Install role, functions and policies once migrations are done."""
    if sender.name == "liane.circle" and connections[using].vendor == "postgresql":
        install(connections[using])


def install(connection: BaseDatabaseWrapper) -> None:
    """(Re)install everything; safe to run again."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        cursor.execute(FUNCTIONS)
        for model in guarded():
            table = model._meta.db_table
            if table not in existing:
                continue
            expression = using(model)
            cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
            for policy in ("liane_read", "liane_past", "liane_add", "liane_change", "liane_remove"):
                cursor.execute(f'DROP POLICY IF EXISTS {policy} ON "{table}"')
            cursor.execute(f'CREATE POLICY liane_read ON "{table}" FOR SELECT USING ({expression})')
            past = PAST.get(model._meta.label) or getattr(model, "rls_past", None)
            if past is not None:
                kept = str(past).format(t=f'"{table}"')
                cursor.execute(f'CREATE POLICY liane_past ON "{table}" FOR SELECT USING ({kept})')
            cursor.execute(
                f'CREATE POLICY liane_add ON "{table}" FOR INSERT'
                " WITH CHECK ((SELECT liane_somebody()))"
            )
            cursor.execute(
                f'CREATE POLICY liane_change ON "{table}" FOR UPDATE USING ({expression})'
                " WITH CHECK (true)"
            )
            cursor.execute(
                f'CREATE POLICY liane_remove ON "{table}" FOR DELETE USING ({expression})'
            )
