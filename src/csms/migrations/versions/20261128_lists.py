# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists at size: texts in any letter case are looked up by functions that indices serve; what a bulk command came to is kept."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_lists"
down_revision: str | None = "20261128_retention"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Row-level security lets no index serve lower(): it is not leakproof, and only a superuser could say that it is. These
# run as the owner and look at the caller's organization only.
FUNCTIONS = (
    """
CREATE FUNCTION csms_charger_named(p_name text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT c.id FROM public.chargers c
    WHERE lower(c.id) = lower(p_name) AND c.organization_id = public.csms_organization()
$$
""",
    # From one spelling to the next by the index, however many rows have each; NULL where there are more than 200.
    """
CREATE FUNCTION csms_spellings(p_of text, p_values text[], p_prefix boolean) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_most constant integer := 200;
    v_table text := split_part(p_of, '.', 1);
    v_column text := split_part(p_of, '.', 2);
    v_value text; v_some text[]; v_found text[] := '{}';
BEGIN
    IF p_of NOT IN ('chargers.id', 'chargers.name', 'transactions.id_tag', 'reservations.id_tag',
                    'security_events.charger_id', 'audit_log.actor_name', 'audit_log.subject_id') THEN
        RAISE EXCEPTION 'no spellings are kept of %', p_of;
    END IF;
    FOREACH v_value IN ARRAY p_values LOOP
        EXECUTE replace(replace($query$
            WITH RECURSIVE s(folded, spelled) AS (
                (SELECT lower(COLUMN), COLUMN::text FROM public.TABLE WHERE organization_id = $1
                    AND lower(COLUMN) COLLATE "C" >= $2 AND lower(COLUMN) COLLATE "C" <= $3
                    ORDER BY lower(COLUMN) COLLATE "C", COLUMN LIMIT 1)
                UNION ALL
                SELECT n.folded, n.spelled FROM s CROSS JOIN LATERAL (
                    SELECT lower(COLUMN) AS folded, COLUMN::text AS spelled FROM public.TABLE
                    WHERE organization_id = $1 AND lower(COLUMN) COLLATE "C" <= $3
                        AND (lower(COLUMN) COLLATE "C", COLUMN) > (s.folded COLLATE "C", s.spelled)
                    ORDER BY lower(COLUMN) COLLATE "C", COLUMN LIMIT 1) n)
            SELECT array_agg(spelled) FROM (SELECT spelled FROM s LIMIT $4) AS l$query$,
            'TABLE', quote_ident(v_table)), 'COLUMN', quote_ident(v_column))
        INTO v_some
        USING public.csms_organization(), lower(v_value),
            CASE WHEN p_prefix THEN lower(v_value) || chr(1114111) ELSE lower(v_value) END,
            v_most + 1 - cardinality(v_found);
        v_found := v_found || coalesce(v_some, '{}');
        IF cardinality(v_found) > v_most THEN
            RETURN NULL;
        END IF;
    END LOOP;
    RETURN v_found;
END $$
""",
)
SIGNATURES = ("csms_charger_named(text)", "csms_spellings(text, text[], boolean)")


def upgrade() -> None:
    """Expand only: an older version does not ask for them."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE bulk_commands ADD COLUMN counts JSONB")
    for function in FUNCTIONS:
        op.execute(function)
    for signature in SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO csms_app")


def downgrade() -> None:
    """Take them away again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE bulk_commands DROP COLUMN counts")
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
