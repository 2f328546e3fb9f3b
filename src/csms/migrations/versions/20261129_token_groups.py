# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""How many tokens each group has, kept while tokens change: counting all of them takes longer the more there are."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261129_token_groups"
down_revision: str | None = "20261129_heartbeats"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE token_group_sums (
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    tokens BIGINT NOT NULL
)
"""
INDEX = "CREATE INDEX ix_token_group_sums_organization_id_name ON token_group_sums (organization_id, name, status)"
# A row is what was added or taken away. Each statement folds those into one that nobody else is about to fold: it
# waits for nobody, so that two that change tokens of the same groups never wait for each other in a circle.
FUNCTION = """
CREATE FUNCTION csms_sum_token_groups() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public
AS $$
DECLARE
    changes token_group_sums[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        changes := ARRAY(
            SELECT ROW(organization_id, "group", status, count(*))::token_group_sums FROM added
            WHERE "group" IS NOT NULL GROUP BY organization_id, "group", status);
    ELSIF TG_OP = 'DELETE' THEN
        changes := ARRAY(
            SELECT ROW(organization_id, "group", status, -count(*))::token_group_sums FROM gone
            WHERE "group" IS NOT NULL GROUP BY organization_id, "group", status);
    ELSE
        changes := ARRAY(
            SELECT ROW(organization_id, "group", status, sum(n))::token_group_sums FROM (
                SELECT organization_id, "group", status, 1 AS n FROM added
                UNION ALL SELECT organization_id, "group", status, -1 FROM gone) both_sides
            WHERE "group" IS NOT NULL GROUP BY organization_id, "group", status HAVING sum(n) <> 0);
    END IF;
    IF cardinality(changes) > 0 THEN
        WITH folded AS (
            DELETE FROM token_group_sums WHERE ctid = ANY (ARRAY(
                SELECT s.ctid FROM token_group_sums s
                JOIN unnest(changes) c USING (organization_id, name, status)
                FOR UPDATE OF s SKIP LOCKED))
            RETURNING organization_id, name, status, tokens
        )
        INSERT INTO token_group_sums (organization_id, name, status, tokens)
        SELECT organization_id, name, status, sum(tokens) FROM (
            SELECT * FROM folded UNION ALL SELECT organization_id, name, status, tokens FROM unnest(changes)) parts
        GROUP BY organization_id, name, status HAVING sum(tokens) <> 0;
    END IF;
    RETURN NULL;
END $$
"""
TRIGGERS = {
    "sum_added": "AFTER INSERT ON tokens REFERENCING NEW TABLE AS added",
    "sum_changed": "AFTER UPDATE ON tokens REFERENCING OLD TABLE AS gone NEW TABLE AS added",
    "sum_gone": "AFTER DELETE ON tokens REFERENCING OLD TABLE AS gone",
}
OWN = "organization_id = csms_organization()"


def upgrade() -> None:
    """Expand only: what an older version does with tokens is counted too."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(TABLE)
    op.execute(INDEX)
    op.execute("ALTER TABLE token_group_sums ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE token_group_sums FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON token_group_sums TO csms_app USING ({OWN}) WITH CHECK ({OWN})")
    op.execute("CREATE POLICY owner ON token_group_sums TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(
        "CREATE POLICY limited ON token_group_sums AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON token_group_sums TO csms_app")
    op.execute(FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION csms_sum_token_groups() FROM PUBLIC")
    # from here to the commit nobody changes tokens: what is counted below is all there is
    for name, when in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {when} FOR EACH STATEMENT EXECUTE FUNCTION csms_sum_token_groups()")
    # whoever keeps answers hears of the sums now, and of nothing else that happens to tokens
    op.execute("DROP TRIGGER told ON tokens")
    op.execute(
        "CREATE TRIGGER told AFTER INSERT OR DELETE OR UPDATE ON token_group_sums FOR EACH ROW"
        " EXECUTE FUNCTION csms_tell_change()"
    )
    op.execute(
        'INSERT INTO token_group_sums (organization_id, name, status, tokens) SELECT organization_id, "group", status,'
        ' count(*) FROM tokens WHERE "group" IS NOT NULL GROUP BY organization_id, "group", status'
    )


def downgrade() -> None:
    """Count again each time."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON tokens")
    op.execute("DROP FUNCTION csms_sum_token_groups()")
    op.execute("DROP TABLE token_group_sums")
    op.execute(
        'CREATE TRIGGER told AFTER INSERT OR DELETE OR UPDATE OF "group", status ON tokens FOR EACH ROW'
        " EXECUTE FUNCTION csms_tell_change()"
    )
