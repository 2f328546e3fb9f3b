# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Drivers: the people who charge, and whose a token is."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_drivers"
down_revision: str | None = "20261128_api_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE drivers (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    email VARCHAR,
    phone VARCHAR,
    language VARCHAR,
    external_id VARCHAR,
    note VARCHAR,
    status VARCHAR DEFAULT 'active' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_drivers PRIMARY KEY (id),
    CONSTRAINT uq_drivers_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_drivers_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_drivers_status CHECK (status in ('active', 'blocked'))
);
CREATE UNIQUE INDEX uq_drivers_organization_id_external_id ON drivers (organization_id, external_id);
CREATE INDEX ix_drivers_organization_id_name ON drivers (organization_id, name);
CREATE INDEX ix_drivers_organization_id_created_at ON drivers (organization_id, created_at)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLE.split(";\n"):
        op.execute(statement)
    own = "organization_id = csms_organization()"
    op.execute("ALTER TABLE drivers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE drivers FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON drivers TO csms_app USING ({own}) WITH CHECK ({own})")
    op.execute("CREATE POLICY ingest ON drivers FOR SELECT TO csms_ingest USING (true)")
    op.execute("CREATE POLICY owner ON drivers TO csms_owner USING (true) WITH CHECK (true)")
    # people of the whole organization: who sees a part of it sees none
    op.execute("CREATE POLICY limited ON drivers AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON drivers TO csms_app")
    op.execute("GRANT SELECT (id, organization_id, status) ON drivers TO csms_ingest")
    op.execute("ALTER TABLE tokens ADD COLUMN driver_id uuid")
    op.execute(
        "ALTER TABLE tokens ADD CONSTRAINT fk_tokens_organization_id_driver_id FOREIGN KEY (organization_id, driver_id)"
        " REFERENCES drivers (organization_id, id) ON DELETE SET NULL (driver_id) NOT VALID"
    )


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE tokens DROP COLUMN driver_id")
    op.execute("DROP TABLE drivers")
