# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What chargers hold: reservations, local lists, charging profiles; and the charging profiles of the library."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_holdings"
down_revision: str | None = "20261124_v2_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CHARGER = "FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE"
TABLES = f"""
CREATE TABLE reservations (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    reservation_id INTEGER NOT NULL,
    evse_id SMALLINT,
    connector_type VARCHAR,
    id_tag VARCHAR,
    "group" VARCHAR,
    status VARCHAR NOT NULL,
    transaction UUID,
    expires_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_reservations PRIMARY KEY (id),
    CONSTRAINT fk_reservations_organization_id_charger_id {_CHARGER},
    CONSTRAINT ck_reservations_status CHECK (status in ('active', 'used', 'cancelled', 'expired', 'removed'))
);
CREATE UNIQUE INDEX uq_reservations ON reservations (charger_id, reservation_id);
CREATE INDEX ix_reservations_organization_id_charger_id ON reservations (organization_id, charger_id, created_at);
CREATE INDEX ix_reservations_active ON reservations (expires_at) WHERE status = 'active';
CREATE TABLE local_lists (
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    version INTEGER NOT NULL,
    entries JSONB,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_local_lists PRIMARY KEY (charger_id),
    CONSTRAINT fk_local_lists_organization_id_charger_id {_CHARGER}
);
CREATE INDEX ix_local_lists_organization_id_charger_id ON local_lists (organization_id, charger_id);
CREATE TABLE charging_profiles (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    profile JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_charging_profiles PRIMARY KEY (id),
    CONSTRAINT fk_charging_profiles_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_charging_profiles_organization_id_name ON charging_profiles (organization_id, lower(name));
CREATE TABLE installed_charging_profiles (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    evse_id SMALLINT NOT NULL,
    profile_id INTEGER NOT NULL,
    purpose VARCHAR NOT NULL,
    stack_level INTEGER NOT NULL,
    transaction_ref VARCHAR,
    limit_source VARCHAR,
    profile JSONB NOT NULL,
    charging_profile UUID,
    command UUID,
    installed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_installed_charging_profiles PRIMARY KEY (id),
    CONSTRAINT fk_installed_charging_profiles_organization_id_charger_id {_CHARGER},
    CONSTRAINT fk_installed_charging_profiles_charging_profile FOREIGN KEY(charging_profile) REFERENCES charging_profiles (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_installed_charging_profiles ON installed_charging_profiles (charger_id, evse_id, profile_id);
CREATE INDEX ix_installed_charging_profiles_organization_id_charger_id ON installed_charging_profiles (organization_id, charger_id, installed_at);
CREATE INDEX ix_installed_charging_profiles_charging_profile ON installed_charging_profiles (charging_profile);
CREATE TABLE charging_profile_assignments (
    command UUID NOT NULL,
    organization_id UUID NOT NULL,
    charging_profile UUID NOT NULL,
    CONSTRAINT pk_charging_profile_assignments PRIMARY KEY (command),
    CONSTRAINT fk_charging_profile_assignments_charging_profile FOREIGN KEY(charging_profile) REFERENCES charging_profiles (id) ON DELETE CASCADE
);
CREATE INDEX ix_charging_profile_assignments_organization_id ON charging_profile_assignments (organization_id);
CREATE INDEX ix_charging_profile_assignments_charging_profile ON charging_profile_assignments (charging_profile);
"""
NEW = (
    "reservations",
    "local_lists",
    "charging_profiles",
    "installed_charging_profiles",
    "charging_profile_assignments",
)
INGESTED = ("reservations",)


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in NEW:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        own = "organization_id = csms_organization()"
        op.execute(f"CREATE POLICY app ON {table} TO csms_app USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY owner ON {table} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO csms_app")
    for table in INGESTED:
        op.execute(f"CREATE POLICY ingest ON {table} TO csms_ingest USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO csms_ingest")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in reversed(NEW):
        op.execute(f"DROP TABLE {table}")
