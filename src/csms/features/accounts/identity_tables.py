# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of signing in: sessions of browsers, second factors, one-time secrets, identity providers."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

browser_sessions = Table(
    "browser_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("address", String),
    Column("user_agent", String),
    # shown for this session, to us or to a provider that is believed in this
    Column("second_factor", Boolean, nullable=False, server_default=text("false")),
    created_at(),
    timestamp("last_seen_at", nullable=False),
    # moved on by use, never past ends_at
    timestamp("expires_at", nullable=False),
    timestamp("ends_at", nullable=False),
    timestamp("revoked_at"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_browser_sessions_user_id", "user_id", "created_at"),
    Index("ix_browser_sessions_organization_id", "organization_id"),
)

totp_seeds = Table(
    "totp_seeds",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    organization_id(),
    Column("seed", LargeBinary, nullable=False, info={"sealed": True}),
    timestamp("confirmed_at"),
    Column("last_step", BigInteger),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_totp_seeds_organization_id", "organization_id"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String, nullable=False),
    Column("transports", ARRAY(String), nullable=False),
    Column("backed_up", Boolean, nullable=False),
    created_at(),
    timestamp("last_used_at"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_passkeys_user_id", "user_id"),
    Index("ix_passkeys_organization_id", "organization_id"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    timestamp("used_at"),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("uq_recovery_codes_user_id_code_hash", "user_id", "code_hash", unique=True),
    Index("ix_recovery_codes_organization_id", "organization_id"),
)

# Secrets that are good once and for minutes: what was begun at a sign-in and is to be finished.
challenges = Table(
    "challenges",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid),
    Column("kind", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("data", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    timestamp("expires_at", nullable=False),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    CheckConstraint(
        "kind in ('second_factor', 'passkey_new', 'passkey_second', 'passkey_sign_in', 'password_reset', 'oidc')",
        name="kind",
    ),
    Index("ix_challenges_user_id", "user_id"),
    Index("ix_challenges_expires_at", "expires_at"),
    Index("ix_challenges_organization_id", "organization_id"),
)

# Mails with a link to a user, the last of each purpose. The link's secret is made anew from the id for each attempt to
# send it, by a key that is not in the database.
account_letters = Table(
    "account_letters",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("purpose", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    timestamp("expires_at", nullable=False),
    timestamp("used_at"),
    Column("status", String, nullable=False, server_default=text("'queued'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", String),
    created_at(),
    timestamp("last_attempt_at"),
    timestamp("finished_at"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    CheckConstraint("purpose in ('invitation', 'reset', 'verification', 'change', 'notice')", name="purpose"),
    CheckConstraint("status in ('queued', 'sent', 'failed')", name="status"),
    Index("uq_account_letters_user_id_purpose", "user_id", "purpose", unique=True),
    Index("ix_account_letters_organization_id", "organization_id"),
)

password_history = Table(
    "password_history",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("password_hash", String, nullable=False),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_password_history_user_id", "user_id", "created_at"),
    Index("ix_password_history_organization_id", "organization_id"),
)

identity_providers = Table(
    "identity_providers",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("label", String, nullable=False),
    Column("issuer", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("client_secret", LargeBinary, info={"sealed": True}),
    Column("domains", ARRAY(String), nullable=False),
    Column("role_claim", String),
    Column("role_map", JSONB, nullable=False),
    Column("default_role", String),
    Column("auto_create", Boolean, nullable=False),
    Column("trust_mfa", Boolean, nullable=False, server_default=text("false")),
    Column("enabled", Boolean, nullable=False),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("uq_identity_providers_issuer", "organization_id", "issuer", "client_id", unique=True),
)

linked_identities = Table(
    "linked_identities",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("provider_id", Uuid, nullable=False),
    Column("issuer", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("email", String),
    created_at(),
    timestamp("last_used_at"),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["provider_id"], ["identity_providers.id"], ondelete="CASCADE"),
    Index("uq_linked_identities_subject", "organization_id", "issuer", "subject", unique=True),
    Index("ix_linked_identities_user_id", "user_id"),
    Index("ix_linked_identities_provider_id", "provider_id"),
)
