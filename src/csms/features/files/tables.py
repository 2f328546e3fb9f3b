# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the files feature."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, page_indexes, timestamp, updated_at


def _of_charger() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    )


firmware_images = Table(
    "firmware_images",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("name", String, nullable=False),
    Column("version", String),
    Column("vendor", String),
    Column("model", String),
    Column("notes", String),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("md5", String, nullable=False),
    Column("signature", String),
    Column("signing_certificate", String),
    created_at(),
    updated_at(),
    Index("ix_firmware_images_organization_id", "organization_id", "created_at"),
)
charger_files = Table(
    "charger_files",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("command", Uuid, nullable=False),
    Column("request_id", Integer),
    Column("name", String, nullable=False),
    Column("content_type", String),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    created_at(),
    _of_charger(),
    *page_indexes("charger_files", ("id",), "created_at"),
    *page_indexes("charger_files", ("created_at", "id"), "charger_id", "command", "kind"),
    Index("ix_charger_files_created_at", "created_at"),
)
# What a charger may fetch or send by a link; one per command.
file_links = Table(
    "file_links",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("command", Uuid, nullable=False),
    Column("kind", String, nullable=False),
    Column("firmware", Uuid),
    Column("request_id", Integer),
    created_at(),
    timestamp("expires_at", nullable=False),
    timestamp("used_at"),
    _of_charger(),
    CheckConstraint("kind in ('firmware', 'diagnostics', 'security', 'data_collector')", name="kind"),
    Index("uq_file_links_command", "command", unique=True),
    Index("ix_file_links_organization_id_charger_id", "organization_id", "charger_id"),
    Index("ix_file_links_expires_at", "expires_at"),
)
charger_progress = Table(
    "charger_progress",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("status", String, nullable=False),
    Column("request_id", Integer),
    Column("info", String),
    Column("details", JSONB, nullable=False, server_default=text("'{}'")),
    timestamp("at", nullable=False),
    _of_charger(),
    Index("ix_charger_progress_organization_id_charger_id", "organization_id", "charger_id", "at"),
)
