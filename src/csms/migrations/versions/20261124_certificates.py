# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Certificates that chargers ask for."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_certificates"
down_revision: str | None = "20261124_tls"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
CREATE TABLE charger_certificates (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    csr VARCHAR NOT NULL,
    request_id INTEGER,
    reason VARCHAR,
    command UUID,
    serial VARCHAR,
    subject VARCHAR,
    chain VARCHAR,
    not_before TIMESTAMP WITH TIME ZONE,
    not_after TIMESTAMP WITH TIME ZONE,
    renewal_asked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_charger_certificates PRIMARY KEY (id),
    CONSTRAINT fk_charger_certificates_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_charger_certificates_status CHECK (status in ('requested', 'refused', 'issued', 'accepted', 'rejected', 'revoked'))
);
CREATE INDEX ix_charger_certificates_organization_id_charger_id ON charger_certificates (organization_id, charger_id, created_at);
CREATE INDEX ix_charger_certificates_expiry ON charger_certificates (not_after) WHERE status = 'accepted';
CREATE INDEX ix_charger_certificates_revoked ON charger_certificates (charger_id) WHERE status = 'revoked';
CREATE UNIQUE INDEX uq_charger_certificates_requested ON charger_certificates (charger_id, md5(csr)) WHERE status = 'requested';
CREATE UNIQUE INDEX uq_charger_certificates_command ON charger_certificates (command)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    op.execute("ALTER TABLE charger_certificates ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE charger_certificates FORCE ROW LEVEL SECURITY")
    own = "organization_id = csms_organization()"
    op.execute(f"CREATE POLICY app ON charger_certificates TO csms_app USING ({own}) WITH CHECK ({own})")
    op.execute("CREATE POLICY ingest ON charger_certificates TO csms_ingest USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY owner ON charger_certificates TO csms_owner USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON charger_certificates TO csms_app")
    op.execute("GRANT SELECT, INSERT ON charger_certificates TO csms_ingest")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE charger_certificates")
