# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers of a place are looked up by an index, which row-level security lets no query of the application use."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261130_placed"
down_revision: str | None = "20261130_alert_severity"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The chargers of the organization at one of the places; NULL where there are more than p_most.
FUNCTION = """
CREATE FUNCTION csms_placed(p_places uuid[], p_most integer) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_found text[];
BEGIN
    SELECT array_agg(id) INTO v_found FROM (
        SELECT id::text FROM public.chargers
        WHERE organization_id = public.csms_organization() AND places && p_places LIMIT p_most + 1) AS f;
    RETURN CASE WHEN cardinality(v_found) > p_most THEN NULL ELSE coalesce(v_found, '{}') END;
END $$
"""
SIGNATURE = "csms_placed(uuid[], integer)"


def upgrade() -> None:
    """Expand only: an older version does not ask for it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(FUNCTION)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO csms_app")


def downgrade() -> None:
    """Take the function away."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"DROP FUNCTION {SIGNATURE}")
