# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Changes to many chargers or tokens."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_bulk_changes"
down_revision: str | None = "20261128_verified"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("bulk_changes", "bulk_change_targets")
TABLES = """
CREATE TABLE bulk_changes (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    filter JSONB,
    change JSONB NOT NULL,
    status VARCHAR DEFAULT 'running' NOT NULL,
    round INTEGER DEFAULT 0 NOT NULL,
    total INTEGER NOT NULL,
    counts JSONB,
    error JSONB,
    job UUID NOT NULL,
    actor_kind VARCHAR NOT NULL,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    address VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_bulk_changes PRIMARY KEY (id),
    CONSTRAINT ck_bulk_changes_kind CHECK (kind in ('chargers', 'tokens')),
    CONSTRAINT ck_bulk_changes_status CHECK (status in ('running', 'done', 'cancelled', 'failed'))
);
CREATE INDEX ix_bulk_changes_organization_id ON bulk_changes (organization_id, kind, created_at);
CREATE TABLE bulk_change_targets (
    bulk UUID NOT NULL,
    number INTEGER NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR,
    token_id UUID,
    status VARCHAR DEFAULT 'waiting' NOT NULL,
    reason VARCHAR,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_bulk_change_targets PRIMARY KEY (bulk, number),
    CONSTRAINT fk_bulk_change_targets_bulk FOREIGN KEY(bulk) REFERENCES bulk_changes (id) ON DELETE CASCADE,
    CONSTRAINT fk_bulk_change_targets_token_id FOREIGN KEY(token_id) REFERENCES tokens (id) ON DELETE CASCADE,
    CONSTRAINT fk_bulk_change_targets_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_bulk_change_targets_one CHECK ((charger_id is null) <> (token_id is null)),
    CONSTRAINT ck_bulk_change_targets_status CHECK (status in ('waiting', 'changed', 'unchanged', 'refused'))
);
CREATE INDEX ix_bulk_change_targets_bulk_status ON bulk_change_targets (bulk, status, number);
CREATE INDEX ix_bulk_change_targets_organization_id_charger_id ON bulk_change_targets (organization_id, charger_id);
CREATE INDEX ix_bulk_change_targets_token_id ON bulk_change_targets (token_id)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    own = "organization_id = csms_organization()"
    for name in NAMES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app ON {name} TO csms_app USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY owner ON {name} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")
    # who sees a part sees what is for a charger there; tokens are of the whole organization
    seen = "EXISTS (SELECT FROM chargers c WHERE c.id = charger_id)"
    op.execute(
        f"CREATE POLICY limited ON bulk_change_targets AS RESTRICTIVE TO csms_limited USING ({seen}) WITH CHECK ({seen})"
    )
    # its targets are chosen among what is seen, after it was written
    op.execute(
        "CREATE POLICY limited ON bulk_changes AS RESTRICTIVE TO csms_limited"
        " USING (EXISTS (SELECT FROM bulk_change_targets t WHERE t.bulk = id)) WITH CHECK (true)"
    )


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP POLICY limited ON bulk_changes")
    op.execute("DROP TABLE bulk_change_targets")
    op.execute("DROP TABLE bulk_changes")
