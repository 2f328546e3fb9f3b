# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The first tables, the four roles' rights, row-level security and the partitions made ahead.

Over 400 lines because it is the whole first schema, written out so that it never changes with the models.
"""

from collections.abc import Mapping, Sequence

from alembic import op

revision: str = "20261123_first"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DEFAULT_ORGANIZATION = "00000000-0000-7000-8000-000000000001"

TABLES = """
CREATE TABLE audit_log (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_kind VARCHAR NOT NULL,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    subject_kind VARCHAR NOT NULL,
    subject_id VARCHAR NOT NULL,
    before JSONB,
    after JSONB,
    address VARCHAR,
    request_id VARCHAR,
    CONSTRAINT pk_audit_log PRIMARY KEY (id)
);
CREATE INDEX ix_audit_log_organization_id_at ON audit_log (organization_id, at);
CREATE INDEX ix_audit_log_subject ON audit_log (organization_id, subject_kind, subject_id, at);
CREATE TABLE gateway_nodes (
    id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_gateway_nodes PRIMARY KEY (id)
);
CREATE TABLE meter_values (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    evse_id SMALLINT NOT NULL,
    connector_id SMALLINT NOT NULL,
    transaction UUID,
    reported_ref VARCHAR,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    measured_at TIMESTAMP WITH TIME ZONE,
    context SMALLINT NOT NULL,
    energy_wh NUMERIC(18, 3),
    codes SMALLINT[] NOT NULL,
    values NUMERIC[] NOT NULL,
    raw VARCHAR[],
    flags VARCHAR[]
)
 PARTITION BY RANGE (received_at);
CREATE INDEX ix_meter_values_charger_id_received_at ON meter_values (charger_id, received_at);
CREATE INDEX ix_meter_values_transaction ON meter_values (transaction, measured_at) WHERE transaction is not null;
CREATE TABLE ocpp_messages (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    epoch BIGINT NOT NULL,
    direction VARCHAR NOT NULL,
    message_id VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    protocol VARCHAR NOT NULL,
    request VARCHAR,
    response VARCHAR,
    outcome VARCHAR NOT NULL,
    error_code VARCHAR
)
 PARTITION BY RANGE (received_at);
CREATE INDEX ix_ocpp_messages_charger_id_at ON ocpp_messages (charger_id, at DESC);
CREATE INDEX ix_ocpp_messages_organization_id ON ocpp_messages (organization_id, at DESC);
CREATE TABLE organizations (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    time_zone VARCHAR DEFAULT 'UTC' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_organizations PRIMARY KEY (id),
    CONSTRAINT ck_organizations_owns_itself CHECK (organization_id = id)
);
CREATE TABLE security_events (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR,
    kind VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    address VARCHAR,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_security_events PRIMARY KEY (id)
);
CREATE INDEX ix_security_events_charger_id_at ON security_events (charger_id, at);
CREATE INDEX ix_security_events_organization_id_at ON security_events (organization_id, at);
CREATE TABLE status_history (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    evse_id SMALLINT NOT NULL,
    connector_id SMALLINT NOT NULL,
    status VARCHAR NOT NULL,
    error_code VARCHAR,
    info VARCHAR,
    status_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL
)
 PARTITION BY RANGE (received_at);
CREATE INDEX ix_status_history_charger_id_received_at ON status_history (charger_id, received_at);
CREATE INDEX ix_status_history_organization_id ON status_history (organization_id, received_at);
CREATE TABLE chargers (
    id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR,
    vendor VARCHAR,
    model VARCHAR,
    serial_number VARCHAR,
    firmware_version VARCHAR,
    details JSONB DEFAULT '{}' NOT NULL,
    status VARCHAR DEFAULT 'unknown' NOT NULL,
    error_code VARCHAR,
    status_at TIMESTAMP WITH TIME ZONE,
    last_heartbeat TIMESTAMP WITH TIME ZONE,
    security_profile SMALLINT DEFAULT 1 NOT NULL,
    secret_hash BYTEA,
    validation VARCHAR DEFAULT 'advisory' NOT NULL,
    default_protocol VARCHAR,
    ping BOOLEAN DEFAULT true NOT NULL,
    heartbeat_interval_s INTEGER,
    boot_status VARCHAR DEFAULT 'none' NOT NULL,
    registration VARCHAR DEFAULT 'accepted' NOT NULL,
    boot_at TIMESTAMP WITH TIME ZONE,
    clock_offset_ms BIGINT,
    retired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_chargers PRIMARY KEY (id),
    CONSTRAINT fk_chargers_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_chargers_security_profile CHECK (security_profile between 0 and 3),
    CONSTRAINT ck_chargers_validation CHECK (validation in ('advisory', 'strict')),
    CONSTRAINT ck_chargers_boot_status CHECK (boot_status in ('none', 'accepted', 'pending', 'rejected')),
    CONSTRAINT ck_chargers_registration CHECK (registration in ('accepted', 'pending', 'rejected'))
);
CREATE INDEX ix_chargers_organization_id_created_at ON chargers (organization_id, created_at);
CREATE INDEX ix_chargers_organization_id_status ON chargers (organization_id, status);
CREATE UNIQUE INDEX uq_chargers_id_lower ON chargers (lower(id));
CREATE UNIQUE INDEX uq_chargers_organization_id_id ON chargers (organization_id, id);
CREATE TABLE pending_chargers (
    id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    secret_hash BYTEA,
    address VARCHAR,
    protocol VARCHAR,
    vendor VARCHAR,
    model VARCHAR,
    serial_number VARCHAR,
    firmware_version VARCHAR,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_pending_chargers PRIMARY KEY (id),
    CONSTRAINT fk_pending_chargers_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE INDEX ix_pending_chargers_last_seen_at ON pending_chargers (last_seen_at);
CREATE INDEX ix_pending_chargers_organization_id ON pending_chargers (organization_id, last_seen_at);
CREATE UNIQUE INDEX uq_pending_chargers_id_lower ON pending_chargers (lower(id));
CREATE TABLE settings (
    organization_id UUID NOT NULL,
    key VARCHAR NOT NULL,
    value JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT fk_settings_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_settings_organization_id_key ON settings (organization_id, key);
CREATE TABLE tokens (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    value VARCHAR NOT NULL,
    normalized VARCHAR NOT NULL,
    type VARCHAR DEFAULT 'rfid' NOT NULL,
    status VARCHAR DEFAULT 'accepted' NOT NULL,
    "group" VARCHAR,
    note VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_tokens PRIMARY KEY (id),
    CONSTRAINT fk_tokens_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_tokens_status CHECK (status in ('accepted', 'blocked', 'expired', 'invalid'))
);
CREATE INDEX ix_tokens_organization_id_created_at ON tokens (organization_id, created_at);
CREATE UNIQUE INDEX uq_tokens_organization_id_normalized ON tokens (organization_id, normalized);
CREATE TABLE users (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    username VARCHAR NOT NULL,
    email VARCHAR,
    password_hash VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    must_change_password BOOLEAN DEFAULT false NOT NULL,
    password_changed_at TIMESTAMP WITH TIME ZONE,
    last_login_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT fk_users_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT ck_users_role CHECK (role in ('admin'))
);
CREATE INDEX ix_users_organization_id ON users (organization_id);
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));
CREATE UNIQUE INDEX uq_users_username ON users (lower(username));
CREATE TABLE charger_connections (
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    node_id VARCHAR NOT NULL,
    epoch BIGINT NOT NULL,
    online BOOLEAN NOT NULL,
    protocol VARCHAR,
    address VARCHAR,
    connected_at TIMESTAMP WITH TIME ZONE,
    seen_at TIMESTAMP WITH TIME ZONE,
    disconnected_at TIMESTAMP WITH TIME ZONE,
    close_code INTEGER,
    close_reason VARCHAR,
    CONSTRAINT pk_charger_connections PRIMARY KEY (charger_id),
    CONSTRAINT fk_charger_connections_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_connections_node_id ON charger_connections (node_id);
CREATE INDEX ix_charger_connections_organization_id_charger_id ON charger_connections (organization_id, charger_id);
CREATE TABLE charger_hardware (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    vendor VARCHAR,
    model VARCHAR,
    serial_number VARCHAR,
    firmware_version VARCHAR,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_charger_hardware PRIMARY KEY (id),
    CONSTRAINT fk_charger_hardware_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_hardware_organization_id_charger_id ON charger_hardware (organization_id, charger_id, seen_at);
CREATE TABLE commands (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    body JSONB NOT NULL,
    status VARCHAR DEFAULT 'pending' NOT NULL,
    reason VARCHAR,
    result JSONB,
    effect VARCHAR,
    transaction_id UUID,
    idempotency_key VARCHAR,
    actor_id VARCHAR,
    actor_name VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_commands PRIMARY KEY (id),
    CONSTRAINT fk_commands_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_commands_status CHECK (status in ('pending', 'accepted', 'rejected', 'not_supported', 'timed_out', 'unreachable', 'expired', 'error'))
);
CREATE INDEX ix_commands_awaited ON commands (charger_id) WHERE effect = 'awaited';
CREATE INDEX ix_commands_organization_id_charger_id ON commands (organization_id, charger_id, created_at);
CREATE INDEX ix_commands_organization_id_created_at ON commands (organization_id, created_at);
CREATE INDEX ix_commands_pending ON commands (expires_at) WHERE status = 'pending';
CREATE UNIQUE INDEX uq_commands_idempotency_key ON commands (organization_id, idempotency_key);
CREATE TABLE configurations (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    value VARCHAR,
    readonly BOOLEAN,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_configurations PRIMARY KEY (id),
    CONSTRAINT fk_configurations_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_configurations_organization_id_charger_id ON configurations (organization_id, charger_id);
CREATE UNIQUE INDEX uq_configurations_charger_id_key ON configurations (charger_id, key);
CREATE TABLE conformance_findings (
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    count BIGINT NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT fk_conformance_findings_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_conformance_findings_organization_id_charger_id ON conformance_findings (organization_id, charger_id);
CREATE UNIQUE INDEX uq_conformance_findings ON conformance_findings (charger_id, action, code, path);
CREATE TABLE connectors (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    evse_id SMALLINT NOT NULL,
    connector_id SMALLINT NOT NULL,
    status VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    phase VARCHAR,
    error_code VARCHAR,
    info VARCHAR,
    vendor_id VARCHAR,
    vendor_error_code VARCHAR,
    status_at TIMESTAMP WITH TIME ZONE,
    last_status_update TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_connectors PRIMARY KEY (id),
    CONSTRAINT fk_connectors_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_connectors_organization_id_charger_id ON connectors (organization_id, charger_id);
CREATE UNIQUE INDEX uq_connectors_charger_id_evse_id_connector_id ON connectors (charger_id, evse_id, connector_id);
CREATE TABLE refresh_tokens (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    family_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    address VARCHAR,
    user_agent VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
    CONSTRAINT fk_refresh_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_refresh_tokens_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);
CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id);
CREATE INDEX ix_refresh_tokens_organization_id ON refresh_tokens (organization_id);
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE TABLE transactions (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    charger_name VARCHAR,
    evse_id SMALLINT NOT NULL,
    connector_id SMALLINT NOT NULL,
    transaction_id INTEGER,
    reported_ref VARCHAR,
    id_tag VARCHAR,
    "authorization" VARCHAR NOT NULL,
    meter_start NUMERIC(18, 3),
    meter_stop NUMERIC(18, 3),
    energy_wh NUMERIC(18, 3),
    start_timestamp TIMESTAMP WITH TIME ZONE,
    stop_timestamp TIMESTAMP WITH TIME ZONE,
    start_received_at TIMESTAMP WITH TIME ZONE,
    stop_received_at TIMESTAMP WITH TIME ZONE,
    status VARCHAR NOT NULL,
    reason VARCHAR,
    stop_id_tag VARCHAR,
    flags VARCHAR[] DEFAULT '{}' NOT NULL,
    reservation_id INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_transactions PRIMARY KEY (id),
    CONSTRAINT fk_transactions_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id),
    CONSTRAINT ck_transactions_status CHECK (status in ('active', 'completed', 'suspect')),
    CONSTRAINT ck_transactions_transaction_id CHECK (transaction_id > 0)
);
CREATE INDEX ix_transactions_active ON transactions (charger_id, connector_id) WHERE status = 'active';
CREATE INDEX ix_transactions_organization_id_charger_id ON transactions (organization_id, charger_id, created_at);
CREATE INDEX ix_transactions_organization_id_created_at ON transactions (organization_id, created_at);
CREATE INDEX ix_transactions_organization_id_id_tag ON transactions (organization_id, id_tag);
CREATE UNIQUE INDEX uq_transactions_start ON transactions (charger_id, connector_id, id_tag, start_timestamp, meter_start) NULLS NOT DISTINCT WHERE transaction_id is not null and start_timestamp >= '2015-01-01 00:00:00+00';
CREATE UNIQUE INDEX uq_transactions_start_without_clock ON transactions (charger_id, connector_id, id_tag, start_timestamp, meter_start) NULLS NOT DISTINCT WHERE transaction_id is not null and status = 'active' and (start_timestamp is null or start_timestamp < '2015-01-01 00:00:00+00');
CREATE UNIQUE INDEX uq_transactions_transaction_id ON transactions (transaction_id);
CREATE UNIQUE INDEX uq_transactions_unknown_stop ON transactions (charger_id, reported_ref, stop_timestamp, meter_stop, stop_id_tag) NULLS NOT DISTINCT WHERE transaction_id is null;
CREATE TABLE installation (
    id BOOLEAN DEFAULT true NOT NULL,
    organization_id UUID NOT NULL,
    transaction_number_key BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_installation PRIMARY KEY (id),
    CONSTRAINT ck_installation_one_row CHECK (id)
);
CREATE SEQUENCE transaction_number_seq AS INTEGER MINVALUE 1;
"""

FIRST_ROWS = f"""
INSERT INTO organizations (id, organization_id, name) VALUES ('{DEFAULT_ORGANIZATION}', '{DEFAULT_ORGANIZATION}', 'CSMS Lite');
INSERT INTO installation (organization_id, transaction_number_key)
    VALUES ('{DEFAULT_ORGANIZATION}', ('x' || translate(substr(gen_random_uuid()::text, 25, 12), '-', ''))::bit(48)::bigint);
"""

PARTITIONED = ("meter_values", "status_history", "ocpp_messages")
PLAIN = (
    "organizations",
    "users",
    "refresh_tokens",
    "audit_log",
    "settings",
    "chargers",
    "charger_hardware",
    "charger_connections",
    "gateway_nodes",
    "pending_chargers",
    "connectors",
    "conformance_findings",
    "security_events",
    "tokens",
    "commands",
    "transactions",
    "configurations",
    "installation",
)

# What each role may do. csms_app has parents of partitioned tables only; csms_ingest writes partitions directly, because
# PostgreSQL refuses COPY into a table whose row-level security applies to the role.
APP = {
    "SELECT, INSERT, UPDATE, DELETE": (
        "users",
        "refresh_tokens",
        "settings",
        "chargers",
        "charger_hardware",
        "charger_connections",
        "pending_chargers",
        "connectors",
        "conformance_findings",
        "security_events",
        "tokens",
        "commands",
        "transactions",
        "configurations",
    ),
    "SELECT, UPDATE": ("organizations",),
    "SELECT": ("audit_log", "gateway_nodes", "installation", *PARTITIONED),
}
INGEST = {
    "SELECT, INSERT, UPDATE": (
        "charger_connections",
        "connectors",
        "conformance_findings",
        "transactions",
        "charger_hardware",
        "chargers",
    ),
    "SELECT, INSERT, UPDATE, DELETE": ("gateway_nodes", "pending_chargers"),
    "SELECT, INSERT": ("security_events",),
    "SELECT, UPDATE": ("commands",),
    "SELECT": ("organizations", "tokens", "settings", "installation", *PARTITIONED),
}
AUDIT = {"INSERT": ("audit_log",)}
# Read before the organization of the caller is known, and without one that would mean anything.
INSTALLATION_WIDE = ("gateway_nodes", "installation")

FUNCTIONS = (
    """
CREATE FUNCTION csms_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('csms.organization_id', true), '')::uuid $$
""",
    # Partitions are made ahead by the application, which owns nothing: hence SECURITY DEFINER, fixed names, fixed path.
    """
CREATE FUNCTION csms_make_partitions(p_now timestamptz, p_days integer DEFAULT 7, p_months integer DEFAULT 2)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    v_base timestamp; v_from timestamp; v_to timestamp; v_name text; v_table text; v_made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('csms_make_partitions'));
    FOREACH v_table IN ARRAY ARRAY['meter_values', 'status_history', 'ocpp_messages'] LOOP
        FOR i IN 0 .. CASE WHEN v_table = 'ocpp_messages' THEN p_days ELSE p_months END LOOP
            IF v_table = 'ocpp_messages' THEN
                v_base := date_trunc('day', p_now AT TIME ZONE 'UTC');
                v_from := v_base + make_interval(days => i);
                v_to := v_from + interval '1 day';
                v_name := v_table || '_' || to_char(v_from, 'YYYYMMDD');
            ELSE
                v_base := date_trunc('month', p_now AT TIME ZONE 'UTC');
                v_from := v_base + make_interval(months => i);
                v_to := v_from + interval '1 month';
                v_name := v_table || '_' || to_char(v_from, 'YYYYMM');
            END IF;
            IF to_regclass('public.' || v_name) IS NULL THEN
                EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                               v_name, v_table, v_from::text || '+00', v_to::text || '+00');
                EXECUTE format('GRANT INSERT ON public.%I TO csms_ingest', v_name);
                v_made := v_made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN v_made;
END $$
""",
    """
CREATE FUNCTION csms_drop_partitions(p_table text, p_before timestamptz)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    v_name text; v_upper timestamptz; v_dropped integer := 0;
BEGIN
    IF p_table NOT IN ('meter_values', 'status_history', 'ocpp_messages') THEN
        RAISE EXCEPTION 'no partitioned table %', p_table;
    END IF;
    FOR v_name, v_upper IN
        SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = ('public.' || p_table)::regclass
    LOOP
        IF v_upper <= p_before THEN
            EXECUTE format('DROP TABLE public.%I', v_name);
            v_dropped := v_dropped + 1;
        END IF;
    END LOOP;
    RETURN v_dropped;
END $$
""",
    # For work that belongs to nobody's request: the worker goes through the organizations one by one.
    """
CREATE FUNCTION csms_organizations() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$ SELECT id FROM public.organizations ORDER BY id $$
""",
    """
CREATE FUNCTION csms_find_login(p_username text)
RETURNS TABLE (id uuid, organization_id uuid, username text, password_hash text, role text, is_active boolean,
               must_change_password boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
    SELECT u.id, u.organization_id, u.username, u.password_hash, u.role, u.is_active, u.must_change_password
    FROM public.users u WHERE lower(u.username) = lower(p_username)
$$
""",
)


def run(script: str) -> None:
    """Run statements one at a time: the driver prepares each."""
    for statement in script.split(";\n"):
        if statement.strip():
            op.execute(statement)


def grant(role: str, rights: Mapping[str, tuple[str, ...]]) -> None:
    """Give a role its rights."""
    for right, tables in rights.items():
        op.execute(f"GRANT {right} ON {', '.join(tables)} TO {role}")


def secure(table: str) -> None:
    """Row-level security: the application sees its organization, the gateway what it is granted, the owner all."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    own = "true" if table in INSTALLATION_WIDE else "organization_id = csms_organization()"
    op.execute(f"CREATE POLICY app ON {table} TO csms_app USING ({own}) WITH CHECK ({own})")
    op.execute(f"CREATE POLICY ingest ON {table} TO csms_ingest USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY owner ON {table} TO csms_owner USING (true) WITH CHECK (true)")


def upgrade() -> None:
    """Make everything."""
    run(TABLES)
    for function in FUNCTIONS:
        op.execute(function)
    for table in (*PLAIN, *PARTITIONED):
        secure(table)
    op.execute("CREATE POLICY audit ON audit_log TO csms_audit WITH CHECK (true)")
    grant("csms_app", APP)
    grant("csms_ingest", INGEST)
    grant("csms_audit", AUDIT)
    op.execute("GRANT USAGE ON SEQUENCE transaction_number_seq TO csms_ingest")
    for function, roles in (
        ("csms_organization()", "csms_app, csms_ingest, csms_audit"),
        ("csms_make_partitions(timestamptz, integer, integer)", "csms_app, csms_ingest"),
        ("csms_drop_partitions(text, timestamptz)", "csms_app"),
        ("csms_find_login(text)", "csms_app"),
        ("csms_organizations()", "csms_app"),
    ):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {roles}")
    # Whoever connects may ask how new the schema is, before taking on a role.
    op.execute("GRANT SELECT ON alembic_version TO PUBLIC")
    run(FIRST_ROWS)
    op.execute("SELECT csms_make_partitions(now())")


def downgrade() -> None:
    """Take everything away again; data is lost."""
    for table in (*PARTITIONED, *reversed(PLAIN)):
        op.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
    op.execute("DROP SEQUENCE transaction_number_seq")
    for function in (
        "csms_make_partitions(timestamptz, integer, integer)",
        "csms_drop_partitions(text, timestamptz)",
        "csms_find_login(text)",
        "csms_organizations()",
        "csms_organization()",
    ):
        op.execute(f"DROP FUNCTION {function}")
