# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the ocpp_log feature."""

from sqlalchemy import BigInteger, Column, Index, String, Table, text

from csms.kit.db.metadata import metadata, organization_id, timestamp

# One row per exchange: a CALL and what became of it. Payloads are kept as the text that was on the wire.
ocpp_messages = Table(
    "ocpp_messages",
    metadata,
    organization_id(),
    Column("charger_id", String, nullable=False),
    timestamp("received_at", nullable=False),
    timestamp("at", nullable=False),
    timestamp("answered_at"),
    Column("epoch", BigInteger, nullable=False),
    Column("direction", String, nullable=False),  # in: from the charger, out: from us
    Column("message_id", String, nullable=False),
    Column("action", String, nullable=False),
    Column("protocol", String, nullable=False),
    Column("request", String),
    Column("response", String),
    Column("outcome", String, nullable=False),
    Column("error_code", String),
    Index("ix_ocpp_messages_charger_id_at", "charger_id", text("at DESC")),
    Index("ix_ocpp_messages_organization_id", "organization_id", text("at DESC")),
    postgresql_partition_by="RANGE (received_at)",
)
