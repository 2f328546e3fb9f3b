# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Mails with links to users: invitations, and what else goes to an address."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_letters"
down_revision: str | None = "20261128_key_maker"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
CREATE TABLE account_letters (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    purpose VARCHAR NOT NULL,
    recipient VARCHAR NOT NULL,
    token_hash BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    status VARCHAR DEFAULT 'queued' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    error VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_attempt_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_account_letters PRIMARY KEY (id),
    CONSTRAINT uq_account_letters_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_account_letters_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT ck_account_letters_purpose CHECK (purpose in ('invitation', 'reset', 'verification')),
    CONSTRAINT ck_account_letters_status CHECK (status in ('queued', 'sent', 'failed'))
);
CREATE UNIQUE INDEX uq_account_letters_user_id_purpose ON account_letters (user_id, purpose);
CREATE INDEX ix_account_letters_organization_id ON account_letters (organization_id)
"""


def upgrade() -> None:
    """Expand only: an older version goes on working with it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    own = "organization_id = csms_organization()"
    op.execute("ALTER TABLE account_letters ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE account_letters FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY app ON account_letters TO csms_app USING ({own}) WITH CHECK ({own})")
    op.execute("CREATE POLICY owner ON account_letters TO csms_owner USING (true) WITH CHECK (true)")
    op.execute(
        "CREATE POLICY limited ON account_letters AS RESTRICTIVE TO csms_limited USING (false) WITH CHECK (false)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON account_letters TO csms_app")


def downgrade() -> None:
    """Take them away again; links that went by mail open nothing any more."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TABLE account_letters")
