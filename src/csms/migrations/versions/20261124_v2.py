# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What OCPP 2.x tells beside 1.6: transactions that chargers name and number, reports in parts, events, notices."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261124_v2"
down_revision: str | None = "20261123_work"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
ALTER TABLE transactions
    ADD COLUMN charger_ref VARCHAR,
    ADD COLUMN phase VARCHAR,
    ADD COLUMN token_type VARCHAR,
    ADD COLUMN remote_start_id INTEGER,
    ADD COLUMN seq_seen INT8MULTIRANGE;
CREATE TABLE transaction_events (
    transaction UUID NOT NULL,
    seq_no BIGINT NOT NULL,
    organization_id UUID NOT NULL,
    stage VARCHAR NOT NULL,
    trigger VARCHAR NOT NULL,
    phase VARCHAR,
    id_tag VARCHAR,
    offline BOOLEAN NOT NULL,
    details JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_transaction_events PRIMARY KEY (transaction, seq_no),
    CONSTRAINT fk_transaction_events_transaction FOREIGN KEY(transaction) REFERENCES transactions (id) ON DELETE CASCADE
);
CREATE INDEX ix_transaction_events_organization_id ON transaction_events (organization_id);
CREATE TABLE charger_reports (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    request_id INTEGER NOT NULL,
    status VARCHAR NOT NULL,
    parts INTEGER NOT NULL,
    last_seq INTEGER,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_charger_reports PRIMARY KEY (id),
    CONSTRAINT fk_charger_reports_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_charger_reports_status CHECK (status in ('collecting', 'complete', 'timed_out'))
);
CREATE UNIQUE INDEX uq_charger_reports ON charger_reports (charger_id, kind, request_id);
CREATE INDEX ix_charger_reports_organization_id_charger_id ON charger_reports (organization_id, charger_id, started_at);
CREATE INDEX ix_charger_reports_collecting ON charger_reports (updated_at) WHERE status = 'collecting';
CREATE TABLE charger_report_parts (
    report UUID NOT NULL,
    seq_no INTEGER NOT NULL,
    organization_id UUID NOT NULL,
    items JSONB NOT NULL,
    text VARCHAR,
    at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_charger_report_parts PRIMARY KEY (report, seq_no),
    CONSTRAINT fk_charger_report_parts_report FOREIGN KEY(report) REFERENCES charger_reports (id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_report_parts_organization_id ON charger_report_parts (organization_id);
CREATE TABLE device_events (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    event_id BIGINT NOT NULL,
    key VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    trigger VARCHAR NOT NULL,
    notification VARCHAR NOT NULL,
    cause BIGINT,
    tech_code VARCHAR,
    tech_info VARCHAR,
    cleared BOOLEAN,
    transaction_ref VARCHAR,
    monitor_id BIGINT,
    severity INTEGER,
    at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_device_events PRIMARY KEY (id),
    CONSTRAINT fk_device_events_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_device_events ON device_events (charger_id, event_id, at) NULLS NOT DISTINCT;
CREATE INDEX ix_device_events_organization_id_charger_id ON device_events (organization_id, charger_id, received_at);
CREATE TABLE charger_notices (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    evse_id SMALLINT,
    transaction_ref VARCHAR,
    data JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_charger_notices PRIMARY KEY (id),
    CONSTRAINT fk_charger_notices_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_notices_organization_id_charger_id ON charger_notices (organization_id, charger_id, received_at);
ALTER TABLE configurations ADD COLUMN details JSONB;
CREATE SEQUENCE request_number_seq AS INTEGER MINVALUE 1;
"""
NEW = ("transaction_events", "charger_reports", "charger_report_parts", "device_events", "charger_notices")


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
        op.execute(f"CREATE POLICY ingest ON {table} TO csms_ingest USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY owner ON {table} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO csms_app")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO csms_ingest")
    op.execute("GRANT SELECT, INSERT, UPDATE ON configurations TO csms_ingest")
    op.execute("GRANT USAGE ON SEQUENCE request_number_seq TO csms_app")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP SEQUENCE request_number_seq")
    op.execute("REVOKE ALL ON configurations FROM csms_ingest")
    for table in reversed(NEW):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE configurations DROP COLUMN details")
    op.execute(
        "ALTER TABLE transactions DROP COLUMN charger_ref, DROP COLUMN phase, DROP COLUMN token_type,"
        " DROP COLUMN remote_start_id, DROP COLUMN seq_seen"
    )
