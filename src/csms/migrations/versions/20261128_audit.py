# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The audit log becomes a chain: each line carries the hash of the one before, and none can be changed or removed."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_audit"
down_revision: str | None = "20261128_bulk_retry"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = (
    ("number", "BIGINT"),
    ("previous_hash", "BYTEA"),
    ("hash", "BYTEA"),
    ("person_salt", "BYTEA"),
    ("person_digest", "BYTEA"),
    ("content_salt", "BYTEA"),
    ("content_digest", "BYTEA"),
)
HEADS = """
CREATE TABLE audit_heads (
    organization_id UUID NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_audit_heads PRIMARY KEY (organization_id)
)
"""
# The head is locked last of all that a unit of work locks, and until its commit: numbers have no gaps, and their order
# is the order of the commits. docs/howto/audit.md says what is hashed; src/csms/features/audit/chain.py does it again.
CHAIN = """
CREATE FUNCTION csms_audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOOP
        SELECT h.number + 1, h.hash INTO NEW.number, NEW.previous_hash FROM public.audit_heads h
            WHERE h.organization_id = NEW.organization_id FOR UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO public.audit_heads (organization_id, number, hash)
            VALUES (NEW.organization_id, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    END LOOP;
    NEW.person_salt := uuid_send(gen_random_uuid());
    NEW.content_salt := uuid_send(gen_random_uuid());
    NEW.person_digest := sha256(NEW.person_salt || convert_to(
        jsonb_build_array(NEW.actor_name, NEW.address)::text, 'UTF8'));
    NEW.content_digest := sha256(NEW.content_salt || convert_to(
        jsonb_build_array(NEW.before::text, NEW.after::text)::text, 'UTF8'));
    NEW.hash := sha256(convert_to(jsonb_build_array(
        'csms-audit-1', NEW.organization_id, NEW.number, encode(NEW.previous_hash, 'hex'), NEW.id,
        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.actor_kind, NEW.actor_id, NEW.action,
        NEW.subject_kind, NEW.subject_id, NEW.request_id, encode(NEW.person_digest, 'hex'),
        encode(NEW.content_digest, 'hex'))::text, 'UTF8'));
    UPDATE public.audit_heads SET number = NEW.number, hash = NEW.hash WHERE organization_id = NEW.organization_id;
    RETURN NEW;
END $$
"""
# Not even the owner changes a line by accident. What it may: take a person's words away, whose digests stay (only
# csms_erase_audit does), and remove a whole organization that is put back from its backup.
GUARD = """
CREATE FUNCTION csms_audit_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_user = 'csms_owner' AND current_setting('csms.audit_replace', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND current_user = 'csms_owner' AND current_setting('csms.audit_erase', true) = 'on'
        AND (to_jsonb(NEW) - ARRAY['actor_name', 'address', 'person_salt', 'before', 'after', 'content_salt'])
            = (to_jsonb(OLD) - ARRAY['actor_name', 'address', 'person_salt', 'before', 'after', 'content_salt'])
        AND ((NEW.actor_name, NEW.address, NEW.person_salt) IS NOT DISTINCT FROM
                (OLD.actor_name, OLD.address, OLD.person_salt)
            OR NEW.actor_name = '' AND (NEW.address, NEW.person_salt) IS NULL)
        AND ((NEW.before, NEW.after, NEW.content_salt) IS NOT DISTINCT FROM (OLD.before, OLD.after, OLD.content_salt)
            OR (NEW.before, NEW.after, NEW.content_salt) IS NULL)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is only ever written to' USING ERRCODE = 'insufficient_privilege';
END $$
"""
# It writes its own line: whoever may erase cannot do so unseen.
ERASE = """
CREATE FUNCTION csms_erase_audit(
    p_line uuid, p_at timestamptz, p_actor text, p_subject_kind text, p_subject_id text, p_pattern text)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_persons bigint; v_contents bigint; v_organization uuid := public.csms_organization();
BEGIN
    PERFORM set_config('csms.audit_erase', 'on', true), set_config('csms.audit_replace', '', true);
    UPDATE public.audit_log SET actor_name = '', address = NULL, person_salt = NULL
        WHERE organization_id = v_organization AND actor_id = p_actor AND person_salt IS NOT NULL;
    GET DIAGNOSTICS v_persons = ROW_COUNT;
    UPDATE public.audit_log SET before = NULL, after = NULL, content_salt = NULL
        WHERE organization_id = v_organization AND content_salt IS NOT NULL
            AND (before IS NOT NULL OR after IS NOT NULL) AND action <> 'privacy:audit:erase'
            AND (subject_kind = p_subject_kind AND subject_id = p_subject_id
                OR before::text ~* p_pattern OR after::text ~* p_pattern);
    GET DIAGNOSTICS v_contents = ROW_COUNT;
    PERFORM set_config('csms.audit_erase', '', true);
    IF v_persons + v_contents > 0 THEN
        INSERT INTO public.audit_log
            (id, organization_id, at, actor_kind, actor_name, action, subject_kind, subject_id, after)
            VALUES (p_line, v_organization, p_at, 'system', 'system', 'privacy:audit:erase', p_subject_kind, p_subject_id,
                jsonb_build_object('names', v_persons, 'contents', v_contents));
    END IF;
    RETURN v_persons + v_contents;
END $$
"""
SIGNATURES = {
    "csms_audit_chain()": None,
    "csms_audit_guard()": None,
    "csms_erase_audit(uuid, timestamptz, text, text, text, text)": "csms_app",
}
BACKFILL = """
DO $$
DECLARE v_id uuid;
BEGIN
    FOR v_id IN SELECT id FROM public.audit_log WHERE number IS NULL ORDER BY organization_id, at, id LOOP
        UPDATE public.audit_log SET number = 0 WHERE id = v_id;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """An older version goes on writing: what it does not know, the trigger fills in."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, kind in COLUMNS:
        op.execute(f"ALTER TABLE audit_log ADD COLUMN {name} {kind}")
    op.execute(
        "ALTER TABLE audit_log ADD CONSTRAINT ck_audit_log_chained CHECK (number > 0 AND number IS NOT NULL"
        " AND previous_hash IS NOT NULL AND hash IS NOT NULL AND person_digest IS NOT NULL"
        " AND content_digest IS NOT NULL) NOT VALID"
    )
    op.execute(HEADS)
    own = "organization_id = csms_organization()"
    op.execute("ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON audit_heads TO csms_app USING ({own})")
    op.execute("CREATE POLICY owner ON audit_heads TO csms_owner USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY limited ON audit_heads AS RESTRICTIVE TO csms_limited USING (false)")
    op.execute("GRANT SELECT ON audit_heads TO csms_app")
    for function in (CHAIN, GUARD, ERASE):
        op.execute(function)
    for signature, role in SIGNATURES.items():
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        if role is not None:
            op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {role}")
    # the lines that are there, in the order of their time: the chain's own trigger, for the moment on updates
    op.execute("CREATE TRIGGER backfill BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION csms_audit_chain()")
    op.execute(BACKFILL)
    op.execute("DROP TRIGGER backfill ON audit_log")
    # a restore of one organization brings the chain along
    op.execute(
        "CREATE TRIGGER chain BEFORE INSERT ON audit_log FOR EACH ROW WHEN (NOT (current_user = 'csms_owner'"
        " AND coalesce(current_setting('csms.audit_replace', true), '') = 'on')) EXECUTE FUNCTION csms_audit_chain()"
    )
    op.execute(
        "CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION csms_audit_guard()"
    )
    op.execute(
        "CREATE TRIGGER guard_all BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION csms_audit_guard()"
    )


def downgrade() -> None:
    """The lines stay, the chain is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for trigger in ("chain", "guard", "guard_all"):
        op.execute(f"DROP TRIGGER {trigger} ON audit_log")
    for signature in SIGNATURES:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP TABLE audit_heads")
    op.execute("ALTER TABLE audit_log DROP CONSTRAINT ck_audit_log_chained")
    for name, _ in COLUMNS:
        op.execute(f"ALTER TABLE audit_log DROP COLUMN {name}")
