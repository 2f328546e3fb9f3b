# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware images, files of chargers, links to them, and how far chargers are."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_files"
down_revision: str | None = "20261124_protocols"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = ("firmware_images", "charger_files", "file_links", "charger_progress")
TABLES = """
CREATE TABLE firmware_images (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    version VARCHAR,
    vendor VARCHAR,
    model VARCHAR,
    notes VARCHAR,
    size_bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    md5 VARCHAR NOT NULL,
    signature VARCHAR,
    signing_certificate VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_firmware_images PRIMARY KEY (id)
);
CREATE INDEX ix_firmware_images_organization_id ON firmware_images (organization_id, created_at);
CREATE TABLE charger_files (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    command UUID NOT NULL,
    request_id INTEGER,
    name VARCHAR NOT NULL,
    content_type VARCHAR,
    size_bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_charger_files PRIMARY KEY (id),
    CONSTRAINT fk_charger_files_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_files_organization_id_charger_id ON charger_files (organization_id, charger_id, created_at);
CREATE INDEX ix_charger_files_created_at ON charger_files (created_at);
CREATE TABLE file_links (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    command UUID NOT NULL,
    kind VARCHAR NOT NULL,
    firmware UUID,
    request_id INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_file_links PRIMARY KEY (id),
    CONSTRAINT fk_file_links_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_file_links_kind CHECK (kind in ('firmware', 'diagnostics', 'security', 'data_collector'))
);
CREATE UNIQUE INDEX uq_file_links_command ON file_links (command);
CREATE INDEX ix_file_links_organization_id_charger_id ON file_links (organization_id, charger_id);
CREATE INDEX ix_file_links_expires_at ON file_links (expires_at);
CREATE TABLE charger_progress (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    request_id INTEGER,
    info VARCHAR,
    details JSONB DEFAULT '{}' NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_charger_progress PRIMARY KEY (id),
    CONSTRAINT fk_charger_progress_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_progress_organization_id_charger_id ON charger_progress (organization_id, charger_id, at)
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
    op.execute("CREATE POLICY ingest ON charger_progress TO csms_ingest USING (true) WITH CHECK (true)")
    op.execute("GRANT INSERT ON charger_progress TO csms_ingest")


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in NAMES:
        op.execute(f"DROP TABLE {name}")
