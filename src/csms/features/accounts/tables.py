# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the accounts feature."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("time_zone", String, nullable=False, server_default=text("'UTC'")),
    created_at(),
    updated_at(),
    CheckConstraint("organization_id = id", name="owns_itself"),
)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("username", String, nullable=False),
    Column("email", String),
    Column("password_hash", String, nullable=False),
    Column("role", String, nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=text("true")),
    Column("must_change_password", Boolean, nullable=False, server_default=text("false")),
    timestamp("password_changed_at"),
    timestamp("last_login_at"),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    CheckConstraint("role in ('admin')", name="role"),
    Index("ix_users_organization_id", "organization_id"),
)
Index("uq_users_username", func.lower(users.c.username), unique=True)
Index("uq_users_email", func.lower(users.c.email), unique=True)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("family_id", Uuid, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("address", String),
    Column("user_agent", String),
    timestamp("expires_at", nullable=False),
    timestamp("used_at"),
    timestamp("revoked_at"),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    Index("ix_refresh_tokens_user_id", "user_id"),
    Index("ix_refresh_tokens_family_id", "family_id"),
    Index("ix_refresh_tokens_expires_at", "expires_at"),
    Index("ix_refresh_tokens_organization_id", "organization_id"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    timestamp("at", nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("address", String),
    Column("request_id", String),
    Index("ix_audit_log_organization_id_at", "organization_id", "at"),
    Index("ix_audit_log_subject", "organization_id", "subject_kind", "subject_id", "at"),
)

settings = Table(
    "settings",
    metadata,
    organization_id(),
    Column("key", String, nullable=False),
    Column("value", JSONB, nullable=False),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("uq_settings_organization_id_key", "organization_id", "key", unique=True),
)

# One row: what belongs to the installation as a whole.
installation = Table(
    "installation",
    metadata,
    Column("id", Boolean, primary_key=True, server_default=text("true")),
    organization_id(),
    Column("transaction_number_key", BigInteger, nullable=False),
    created_at(),
    CheckConstraint("id", name="one_row"),
)
