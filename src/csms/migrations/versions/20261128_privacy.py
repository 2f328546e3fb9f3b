# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Requests of persons about their data, and the one way in which a message in the OCPP log is ever changed."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_privacy"
down_revision: str | None = "20261128_audit_checked"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = """
CREATE TABLE privacy_requests (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    kind VARCHAR NOT NULL,
    subject_kind VARCHAR NOT NULL,
    subject_id UUID NOT NULL,
    status VARCHAR DEFAULT 'queued' NOT NULL,
    job UUID,
    actor_id VARCHAR,
    counts JSONB,
    size_bytes BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_privacy_requests PRIMARY KEY (id),
    CONSTRAINT ck_privacy_requests_kind CHECK (kind in ('export', 'erasure')),
    CONSTRAINT ck_privacy_requests_status CHECK (status in ('queued', 'done', 'expired'))
);
CREATE INDEX ix_privacy_requests_organization_id ON privacy_requests (organization_id, created_at)
"""
# Takes a token out of messages, and nothing else: the replacement is a pseudonym, and the pattern names the field.
MASK = """
CREATE FUNCTION csms_mask_messages(p_pattern text, p_pseudonym text, p_from timestamptz, p_to timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE v_count bigint;
BEGIN
    IF p_pseudonym !~ '^ERASED-[0-9a-f]{12}$' OR p_pattern NOT LIKE '("(?_idTag|%' THEN
        RAISE EXCEPTION 'only a token is masked, by a pseudonym' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.ocpp_messages SET
        request = regexp_replace(request, p_pattern, '\\1"' || p_pseudonym || '"', 'gi'),
        response = regexp_replace(response, p_pattern, '\\1"' || p_pseudonym || '"', 'gi')
    WHERE organization_id = public.csms_organization() AND received_at >= p_from AND received_at < p_to
        AND (request ~* p_pattern OR response ~* p_pattern);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END $$
"""
SIGNATURE = "csms_mask_messages(text, text, timestamptz, timestamptz)"


def upgrade() -> None:
    """Expand only."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLE.split(";\n"):
        op.execute(statement)
    own = "organization_id = csms_organization()"
    op.execute("ALTER TABLE privacy_requests ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE privacy_requests FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON privacy_requests TO csms_app USING ({own}) WITH CHECK ({own})")
    op.execute("CREATE POLICY owner ON privacy_requests TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(
        "CREATE POLICY limited ON privacy_requests AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON privacy_requests TO csms_app")
    op.execute(MASK)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO csms_app")


def downgrade() -> None:
    """Take them away again."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("DROP TABLE privacy_requests")
