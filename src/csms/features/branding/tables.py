# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the branding feature; names and colours are a section of the settings."""

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, String, Table, Uuid

from csms.kit.db.metadata import metadata, updated_at

organization_logos = Table(
    "organization_logos",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("media_type", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String, nullable=False),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
)
