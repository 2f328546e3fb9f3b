# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the transactions feature. Energy is in Wh, exact; times are the charger's unless they say received."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8MULTIRANGE, JSONB

from csms.kit.db.metadata import (
    created_at,
    folded_index,
    metadata,
    organization_id,
    page_indexes,
    searched_index,
    timestamp,
    updated_at,
)

transactions = Table(
    "transactions",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("charger_name", String),  # as it was: survives renaming
    Column("evse_id", SmallInteger, nullable=False),
    Column("connector_id", SmallInteger, nullable=False),
    Column("transaction_id", Integer),  # the number issued by us; none where a charger ended what we never started
    Column("reported_ref", String),  # the reference a charger used that we never issued to it
    Column("id_tag", String),
    Column("authorization", String, nullable=False),
    Column("meter_start", Numeric(18, 3)),
    Column("meter_stop", Numeric(18, 3)),
    Column("energy_wh", Numeric(18, 3)),
    timestamp("start_timestamp"),
    timestamp("stop_timestamp"),
    timestamp("start_received_at"),
    timestamp("stop_received_at"),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("stop_id_tag", String),
    Column("flags", ARRAY(String), nullable=False, server_default=text("'{}'")),
    Column("reservation_id", Integer),
    Column("charger_ref", String),  # 2.x: the name that the charger gave it
    Column("phase", String),
    Column("token_type", String),
    Column("remote_start_id", Integer),
    Column("total_cost", Numeric),  # as it was told the charger last, in the charger's currency
    Column("seq_seen", INT8MULTIRANGE),  # the numbers of the events that were taken
    timestamp("closed_at"),  # its record was closed by people
    Column("close_reason", String),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id", "charger_id"], ["chargers.organization_id", "chargers.id"]),
    CheckConstraint("status in ('active', 'completed', 'suspect')", name="status"),
    CheckConstraint("transaction_id > 0", name="transaction_id"),
    Index("uq_transactions_transaction_id", "transaction_id", unique=True),
    # The same start told twice is one transaction, and so is the same stop of one we never knew.
    Index(
        "uq_transactions_issued_start",
        "charger_id",
        "connector_id",
        "id_tag",
        "start_timestamp",
        "meter_start",
        unique=True,
        postgresql_where=text(
            "transaction_id is not null and charger_ref is null and start_timestamp >= '2015-01-01 00:00:00+00'"
        ),
        postgresql_nulls_not_distinct=True,
    ),
    # A charger whose clock was never set says the same of every session: only an open one is the same.
    Index(
        "uq_transactions_issued_start_without_clock",
        "charger_id",
        "connector_id",
        "id_tag",
        "start_timestamp",
        "meter_start",
        unique=True,
        postgresql_where=text(
            "transaction_id is not null and charger_ref is null and status = 'active'"
            " and (start_timestamp is null or start_timestamp < '2015-01-01 00:00:00+00')"
        ),
        postgresql_nulls_not_distinct=True,
    ),
    Index(
        "uq_transactions_unknown_stop",
        "charger_id",
        "reported_ref",
        "stop_timestamp",
        "meter_stop",
        "stop_id_tag",
        unique=True,
        postgresql_where=text("transaction_id is null"),
        postgresql_nulls_not_distinct=True,
    ),
    Index(
        "uq_transactions_charger_ref",
        "charger_id",
        "charger_ref",
        unique=True,
        postgresql_where=text("charger_ref is not null"),
    ),
    *page_indexes("transactions", ("id",), "created_at", "start_timestamp", "stop_timestamp", "transaction_id"),
    *page_indexes("transactions", ("created_at", "id"), "charger_id", "id_tag", "evse_id", "connector_id"),
    *page_indexes("transactions", ("created_at", "id"), "status", "reason"),
    Index(
        "ix_transactions_by_charger_ref",
        "organization_id",
        "charger_ref",
        postgresql_where=text("charger_ref is not null"),
    ),
    Index("ix_transactions_flagged", "organization_id", "created_at", "id", postgresql_where=text("flags <> '{}'")),
    # what csms.features.transactions.detection.CANDIDATES says
    Index(
        "ix_transactions_attention",
        "organization_id",
        "created_at",
        "id",
        postgresql_where=text("status <> 'completed' or flags <> '{}' or energy_wh is null or energy_wh <= 0"),
    ),
    Index(
        "ix_transactions_ended",
        "charger_id",
        "stop_received_at",
        postgresql_where=text("stop_received_at is not null"),
    ),
    Index("ix_transactions_closed", "charger_id", "closed_at", postgresql_where=text("closed_at is not null")),
    Index("ix_transactions_active", "charger_id", "connector_id", postgresql_where=text("status = 'active'")),
)
searched_index(transactions, "charger_id", "charger_name", "id_tag")
folded_index(transactions, "id_tag")

# Events of numbered transactions but those that only bring readings.
transaction_events = Table(
    "transaction_events",
    metadata,
    Column("transaction", Uuid, primary_key=True),
    Column("seq_no", BigInteger, primary_key=True),
    organization_id(),
    Column("stage", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("phase", String),
    Column("id_tag", String),
    Column("offline", Boolean, nullable=False),
    Column("details", JSONB, nullable=False),
    timestamp("at"),
    timestamp("received_at", nullable=False),
    ForeignKeyConstraint(["transaction"], ["transactions.id"], ondelete="CASCADE"),
    Index("ix_transaction_events_organization_id", "organization_id"),
)

# One row per message, timestamp and context; `codes` and `values` run in parallel (csms.domain.metering.sample_code).
meter_values = Table(
    "meter_values",
    metadata,
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("evse_id", SmallInteger, nullable=False),
    Column("connector_id", SmallInteger, nullable=False),
    Column("transaction", Uuid),
    Column("reported_ref", String),
    timestamp("received_at", nullable=False),
    timestamp("measured_at"),
    Column("context", SmallInteger, nullable=False),
    Column("energy_wh", Numeric(18, 3)),  # the import register, if the message has it
    Column("codes", ARRAY(SmallInteger), nullable=False),
    Column("values", ARRAY(Numeric), nullable=False),
    Column("raw", ARRAY(String)),  # what a code cannot say: signed data, a measurand of the vendor
    Column("flags", ARRAY(String)),
    Index("ix_meter_values_charger_id_received_at", "charger_id", "received_at"),
    Index(
        "ix_meter_values_transaction", "transaction", "measured_at", postgresql_where=text("transaction is not null")
    ),
    postgresql_partition_by="RANGE (received_at)",
)
