# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The request log: a partition a day, made and dropped with the others."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_requests"
down_revision: str | None = "20261128_answers"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE api_requests (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    method VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    route VARCHAR NOT NULL,
    status SMALLINT NOT NULL,
    actor_kind VARCHAR NOT NULL,
    actor_id VARCHAR NOT NULL,
    actor_name VARCHAR NOT NULL,
    address VARCHAR,
    request_id VARCHAR NOT NULL,
    trace_id VARCHAR NOT NULL,
    took_ms INTEGER NOT NULL,
    sent_bytes BIGINT NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX ix_api_requests_organization_id_at_id ON api_requests (organization_id, at, id);
CREATE INDEX ix_api_requests_by_actor_id ON api_requests (organization_id, actor_id, at, id);
CREATE INDEX ix_api_requests_by_address ON api_requests (organization_id, address, at, id);
CREATE INDEX ix_api_requests_by_route ON api_requests (organization_id, route, at, id);
CREATE INDEX ix_api_requests_by_status ON api_requests (organization_id, status, at, id);
CREATE INDEX ix_api_requests_organization_id_request_id ON api_requests (organization_id, request_id);
CREATE INDEX ix_api_requests_organization_id_trace_id ON api_requests (organization_id, trace_id)
"""
POLICIES = (
    "app ON api_requests TO csms_app USING ({own}) WITH CHECK ({own})",
    "ingest ON api_requests TO csms_ingest USING (true) WITH CHECK (true)",
    "owner ON api_requests TO csms_owner USING (true) WITH CHECK (true)",
    "limited ON api_requests AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)",
)
OLD = {"daily": "'ocpp_messages'", "all": "'meter_values', 'status_history', 'ocpp_messages'"}
NEW = {"daily": "'ocpp_messages', 'api_requests'", "all": f"{OLD['all']}, 'api_requests'"}


def _make(daily: str, every: str) -> str:
    """As the first migration has it, over these tables."""
    return f"""
CREATE OR REPLACE FUNCTION csms_make_partitions(p_now timestamptz, p_days integer DEFAULT 7, p_months integer DEFAULT 2)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    v_base timestamp; v_from timestamp; v_to timestamp; v_name text; v_table text; v_made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('csms_make_partitions'));
    FOREACH v_table IN ARRAY ARRAY[{every}] LOOP
        FOR i IN 0 .. CASE WHEN v_table IN ({daily}) THEN p_days ELSE p_months END LOOP
            IF v_table IN ({daily}) THEN
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
"""


def _drop(every: str) -> str:
    """As the first migration has it, over these tables."""
    return f"""
CREATE OR REPLACE FUNCTION csms_drop_partitions(p_table text, p_before timestamptz)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    v_name text; v_upper timestamptz; v_dropped integer := 0;
BEGIN
    IF p_table NOT IN ({every}) THEN
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
"""


def upgrade() -> None:
    """Expand only: an older version makes and drops the partitions, and writes none."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLE.split(";\n"):
        op.execute(statement)
    op.execute("ALTER TABLE api_requests ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE api_requests FORCE ROW LEVEL SECURITY")
    for policy in POLICIES:
        op.execute(f"CREATE POLICY {policy.format(own='organization_id = csms_organization()')}")
    # the name of a person who is erased becomes a pseudonym, and the address goes
    op.execute("GRANT SELECT, UPDATE (actor_name, address) ON api_requests TO csms_app")
    op.execute(_make(NEW["daily"], NEW["all"]))
    op.execute(_drop(NEW["all"]))
    op.execute("SELECT csms_make_partitions(now())")


def downgrade() -> None:
    """Take it away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_make(OLD["daily"], OLD["all"]))
    op.execute(_drop(OLD["all"]))
    op.execute("DROP TABLE api_requests")
