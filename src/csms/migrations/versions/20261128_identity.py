# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Signing in: sessions of browsers, second factors, one-time secrets, identity providers."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_identity"
down_revision: str | None = "20261128_limited"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = (
    "browser_sessions",
    "totp_seeds",
    "passkeys",
    "recovery_codes",
    "challenges",
    "password_history",
    "identity_providers",
    "linked_identities",
)
TABLES = """
CREATE TABLE browser_sessions (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    secret_hash BYTEA NOT NULL,
    address VARCHAR,
    user_agent VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_browser_sessions PRIMARY KEY (id),
    CONSTRAINT fk_browser_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_browser_sessions_secret_hash UNIQUE (secret_hash)
);
CREATE INDEX ix_browser_sessions_organization_id ON browser_sessions (organization_id);
CREATE INDEX ix_browser_sessions_user_id ON browser_sessions (user_id, created_at);
CREATE TABLE totp_seeds (
    user_id UUID NOT NULL,
    organization_id UUID NOT NULL,
    seed BYTEA NOT NULL,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    last_step BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_totp_seeds PRIMARY KEY (user_id),
    CONSTRAINT fk_totp_seeds_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_totp_seeds_organization_id ON totp_seeds (organization_id);
CREATE TABLE passkeys (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    credential_id BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    transports VARCHAR[] NOT NULL,
    backed_up BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_passkeys PRIMARY KEY (id),
    CONSTRAINT fk_passkeys_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_passkeys_credential_id UNIQUE (credential_id)
);
CREATE INDEX ix_passkeys_organization_id ON passkeys (organization_id);
CREATE INDEX ix_passkeys_user_id ON passkeys (user_id);
CREATE TABLE recovery_codes (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (id),
    CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_recovery_codes_organization_id ON recovery_codes (organization_id);
CREATE UNIQUE INDEX uq_recovery_codes_user_id_code_hash ON recovery_codes (user_id, code_hash);
CREATE TABLE challenges (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID,
    kind VARCHAR NOT NULL,
    secret_hash BYTEA NOT NULL,
    data JSONB NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_challenges PRIMARY KEY (id),
    CONSTRAINT fk_challenges_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT ck_challenges_kind CHECK (kind in ('second_factor', 'passkey_new', 'passkey_second', 'passkey_sign_in', 'password_reset', 'oidc')),
    CONSTRAINT uq_challenges_secret_hash UNIQUE (secret_hash)
);
CREATE INDEX ix_challenges_expires_at ON challenges (expires_at);
CREATE INDEX ix_challenges_organization_id ON challenges (organization_id);
CREATE INDEX ix_challenges_user_id ON challenges (user_id);
CREATE TABLE password_history (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    password_hash VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_password_history PRIMARY KEY (id),
    CONSTRAINT fk_password_history_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_password_history_organization_id ON password_history (organization_id);
CREATE INDEX ix_password_history_user_id ON password_history (user_id, created_at);
CREATE TABLE identity_providers (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    label VARCHAR NOT NULL,
    issuer VARCHAR NOT NULL,
    client_id VARCHAR NOT NULL,
    client_secret BYTEA,
    domains VARCHAR[] NOT NULL,
    role_claim VARCHAR,
    role_map JSONB NOT NULL,
    default_role VARCHAR,
    auto_create BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_identity_providers PRIMARY KEY (id),
    CONSTRAINT fk_identity_providers_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_identity_providers_issuer ON identity_providers (organization_id, issuer, client_id);
CREATE TABLE linked_identities (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    issuer VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    email VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_linked_identities PRIMARY KEY (id),
    CONSTRAINT fk_linked_identities_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_linked_identities_provider_id FOREIGN KEY(provider_id) REFERENCES identity_providers (id) ON DELETE CASCADE
);
CREATE INDEX ix_linked_identities_provider_id ON linked_identities (provider_id);
CREATE INDEX ix_linked_identities_user_id ON linked_identities (user_id);
CREATE UNIQUE INDEX uq_linked_identities_subject ON linked_identities (organization_id, issuer, subject)
"""
# Asked before the organization is known: whose account it is, and at which providers one may sign in.
FUNCTIONS = (
    """
CREATE FUNCTION csms_find_account(p_login text)
RETURNS TABLE (id uuid, organization_id uuid, username text, email text, is_active boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
    SELECT u.id, u.organization_id, u.username, u.email, u.is_active FROM public.users u
    WHERE lower(u.username) = lower(p_login) OR lower(u.email) = lower(p_login)
    ORDER BY lower(u.username) = lower(p_login) DESC LIMIT 1
$$
""",
    """
CREATE FUNCTION csms_sign_in_providers()
RETURNS TABLE (id uuid, organization_id uuid, label text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
    SELECT p.id, p.organization_id, p.label FROM public.identity_providers p WHERE p.enabled ORDER BY p.label, p.id
$$
""",
)
NAMED = ("csms_find_account(text)", "csms_sign_in_providers()")


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
        op.execute(f"CREATE POLICY limited ON {name} AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")
    for function in FUNCTIONS:
        op.execute(function)
    for name in NAMED:
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO csms_app")


def downgrade() -> None:
    """Take them away again; data is lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in NAMED:
        op.execute(f"DROP FUNCTION {name}")
    for name in reversed(NAMES):
        op.execute(f"DROP TABLE {name}")
