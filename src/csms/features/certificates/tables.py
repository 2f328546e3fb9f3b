# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the certificates feature."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String, Table, Uuid, func, text

from csms.kit.db.metadata import created_at, metadata, organization_id, page_indexes, timestamp, updated_at

charger_certificates = Table(
    "charger_certificates",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("status", String, nullable=False),
    Column("csr", String, nullable=False),
    Column("request_id", Integer),
    Column("reason", String),
    Column("command", Uuid),  # that brought it to the charger
    Column("serial", String),  # in hex
    Column("subject", String),
    Column("chain", String),
    timestamp("not_before"),
    timestamp("not_after"),
    timestamp("renewal_asked_at"),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(
        ["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"], ondelete="CASCADE"
    ),
    CheckConstraint("status in ('requested', 'refused', 'issued', 'accepted', 'rejected', 'revoked')", name="status"),
    *page_indexes("charger_certificates", ("id",), "created_at", "not_after"),
    *page_indexes("charger_certificates", ("created_at", "id"), "charger_id", "kind", "serial", "status"),
    Index("ix_charger_certificates_expiry", "not_after", postgresql_where=text("status = 'accepted'")),
    Index("ix_charger_certificates_revoked", "charger_id", postgresql_where=text("status = 'revoked'")),
    Index("uq_charger_certificates_command", "command", unique=True),
)
Index(
    "uq_charger_certificates_requested",
    charger_certificates.c.charger_id,
    func.md5(charger_certificates.c.csr),
    unique=True,
    postgresql_where=text("status = 'requested'"),
)
