# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A part of a text is looked up by trigrams, which row-level security lets no query of the application do itself."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_search"
down_revision: str | None = "20261128_drivers_checked"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The keys of the rows that have the pattern in one of the columns; NULL where there are more than p_most.
FUNCTION = """
CREATE FUNCTION csms_found(p_table text, p_columns text[], p_pattern text, p_most integer) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_columns constant text[] := CASE p_table
        WHEN 'alerts' THEN ARRAY['title', 'rule_name', 'charger_id', 'assigned_name']
        WHEN 'audit_log' THEN ARRAY['action', 'actor_name', 'subject_id']
        WHEN 'chargers' THEN ARRAY['id', 'name', 'vendor', 'model', 'serial_number']
        WHEN 'commands' THEN ARRAY['charger_id', 'type', 'reason', 'actor_name']
        WHEN 'drivers' THEN ARRAY['name', 'email', 'external_id']
        WHEN 'reservations' THEN ARRAY['charger_id', 'id_tag', 'group']
        WHEN 'security_events' THEN ARRAY['charger_id', 'kind', 'detail', 'address']
        WHEN 'tokens' THEN ARRAY['value', 'group', 'note']
        WHEN 'transactions' THEN ARRAY['charger_id', 'charger_name', 'id_tag', 'charger_ref'] END;
    v_condition text; v_found text[];
BEGIN
    IF v_columns IS NULL OR cardinality(p_columns) = 0 OR NOT p_columns <@ v_columns THEN
        RAISE EXCEPTION 'nothing of % is searched by trigrams', p_table;
    END IF;
    SELECT string_agg(format('%I ILIKE $1', c), ' OR ') INTO v_condition FROM unnest(p_columns) AS c;
    EXECUTE format('SELECT array_agg(id) FROM (SELECT id::text FROM public.%I WHERE organization_id = $2 AND (%s)'
        ' LIMIT $3) AS f', p_table, v_condition)
    INTO v_found USING p_pattern, public.csms_organization(), p_most + 1;
    RETURN CASE WHEN cardinality(v_found) > p_most THEN NULL ELSE coalesce(v_found, '{}') END;
END $$
"""
SIGNATURE = "csms_found(text, text[], text, integer)"


def upgrade() -> None:
    """Expand only: an older version does not ask for it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")  # trusted: whoever owns the database may
    op.execute(FUNCTION)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO csms_app")


def downgrade() -> None:
    """The module stays: it may have been there before, and nothing is changed by it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"DROP FUNCTION {SIGNATURE}")
