# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the accounts feature."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
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
    Column("display_name", String),
    timestamp("invited_at"),
    timestamp("retired_at"),
    # null: nobody has shown that mail to it is read by the user
    timestamp("email_verified_at"),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
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
    Column("second_factor", Boolean, nullable=False, server_default=text("false")),
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

# Roles that an organization made for itself; built-in ones are in `roles.py`. `users.role` is the key of either.
roles = Table(
    "roles",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("key", String, nullable=False),
    Column("name", String, nullable=False),
    Column("description", String),
    Column("permissions", ARRAY(String), nullable=False),
    Column("require_mfa", Boolean, nullable=False, server_default=text("false")),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("uq_roles_organization_id_key", "organization_id", "key", unique=True),
)

# A role at one site (and all below it) or one group; the role for the whole organization is `users.role`.
role_assignments = Table(
    "role_assignments",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("role", String, nullable=False),
    Column("site_id", Uuid),
    Column("group_id", Uuid),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(
        ["organization_id", "site_id"],
        ["sites.organization_id", "sites.id"],
        name="fk_role_assignments_organization_id_site_id",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["organization_id", "group_id"],
        ["charger_groups.organization_id", "charger_groups.id"],
        name="fk_role_assignments_organization_id_group_id",
        ondelete="CASCADE",
    ),
    CheckConstraint("(site_id is null) <> (group_id is null)", name="place"),
    Index(
        "uq_role_assignments",
        "user_id",
        "role",
        "site_id",
        "group_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_role_assignments_organization_id_site_id", "organization_id", "site_id"),
    Index("ix_role_assignments_organization_id_group_id", "organization_id", "group_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("prefix", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary),
    timestamp("previous_until"),
    Column("permissions", ARRAY(String), nullable=False),
    Column("places", ARRAY(Uuid)),
    Column("created_by", String, nullable=False),
    Column("maker_id", Uuid),  # the user who answers for it: it may do nothing that they may not
    timestamp("expires_at"),
    timestamp("revoked_at"),
    timestamp("last_used_at"),
    Column("last_used_address", String),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("uq_api_keys_prefix", "prefix", unique=True),
    Index("ix_api_keys_organization_id_created_at", "organization_id", "created_at"),
)

account_links = Table(
    "account_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("user_id", Uuid, nullable=False),
    Column("purpose", String, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    timestamp("expires_at", nullable=False),
    timestamp("used_at"),
    created_at(),
    ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    CheckConstraint("purpose in ('invitation', 'reset')", name="purpose"),
    UniqueConstraint("token_hash", name="uq_account_links_token_hash"),
    Index("ix_account_links_user_id", "user_id"),
    Index("ix_account_links_organization_id", "organization_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("actor_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger),
    Column("headers", JSONB),
    Column("body", LargeBinary, info={"sealed": True}),
    timestamp("created_at", nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
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
    Column("settings_revision", BigInteger, nullable=False, server_default=text("0")),
    created_at(),
    CheckConstraint("id", name="one_row"),
)
