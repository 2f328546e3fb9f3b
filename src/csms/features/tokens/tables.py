# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the tokens feature."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, String, Table, Uuid, text

from csms.kit.db.metadata import (
    created_at,
    metadata,
    organization_id,
    page_indexes,
    searched_index,
    timestamp,
    updated_at,
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("value", String, nullable=False),
    Column("normalized", String, nullable=False),
    Column("type", String, nullable=False, server_default=text("'rfid'")),
    Column("status", String, nullable=False, server_default=text("'accepted'")),
    Column("group", String),
    Column("note", String),
    timestamp("expires_at"),
    Column("driver_id", Uuid),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    ForeignKeyConstraint(
        ["organization_id", "driver_id"],
        ["drivers.organization_id", "drivers.id"],
        name="fk_tokens_organization_id_driver_id",
        ondelete="SET NULL (driver_id)",
    ),
    CheckConstraint("status in ('accepted', 'blocked', 'expired', 'invalid')", name="status"),
    Index("uq_tokens_organization_id_normalized", "organization_id", "normalized", unique=True),
    *page_indexes("tokens", ("id",), "created_at", "value", "expires_at"),
    *page_indexes("tokens", ("created_at", "id"), "type", "status", "group"),
    Index("ix_tokens_organization_id_driver_id", "organization_id", "driver_id"),
)
searched_index(tokens, "value", "group", "note")

# Written by triggers of `tokens`: the rows of a group and status add up to how many there are.
token_group_sums = Table(
    "token_group_sums",
    metadata,
    organization_id(),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Index("ix_token_group_sums_organization_id_name", "organization_id", "name", "status"),
)
