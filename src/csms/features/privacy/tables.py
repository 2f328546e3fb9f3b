# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the privacy feature. No name stands here: what was asked outlives the person's data."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp

privacy_requests = Table(
    "privacy_requests",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("kind", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("status", String, nullable=False, server_default=text("'queued'")),
    Column("job", Uuid),
    Column("actor_id", String),
    Column("counts", JSONB),
    Column("size_bytes", BigInteger),
    created_at(),
    timestamp("finished_at"),
    timestamp("expires_at"),
    CheckConstraint("kind in ('export', 'erasure')", name="kind"),
    CheckConstraint("status in ('queued', 'done', 'expired')", name="status"),
    Index("ix_privacy_requests_organization_id", "organization_id", "created_at"),
)
