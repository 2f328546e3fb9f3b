# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the local lists feature."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import metadata, organization_id, updated_at

local_lists = Table(
    "local_lists",
    metadata,
    Column("charger_id", String, primary_key=True),
    organization_id(),
    Column("version", Integer, nullable=False),
    Column("entries", JSONB),  # none where only the version is known
    updated_at(),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    Index("ix_local_lists_organization_id_charger_id", "organization_id", "charger_id"),
)
