# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the chargers feature."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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

CHARGER = ["chargers.organization_id", "chargers.id"]

chargers = Table(
    "chargers",
    metadata,
    Column("id", String, primary_key=True),  # the OCPP identity: unique over the installation (uq_chargers_id_lower)
    organization_id(),
    Column("name", String),
    Column("vendor", String),
    Column("model", String),
    Column("serial_number", String),
    Column("firmware_version", String),
    Column("details", JSONB, nullable=False, server_default=text("'{}'")),  # iccid, imsi, meter type and serial, ...
    Column("status", String, nullable=False, server_default=text("'unknown'")),
    Column("error_code", String),
    timestamp("status_at"),
    timestamp("last_heartbeat"),  # of 0.1, for an upgrade while it runs: see charger_heartbeats
    Column("security_profile", SmallInteger, nullable=False, server_default=text("1")),
    Column("secret_hash", LargeBinary),
    Column("next_secret_hash", LargeBinary),  # told to the charger; holds once it comes with it
    Column("next_security_profile", SmallInteger),  # the same
    Column("validation", String, nullable=False, server_default=text("'advisory'")),
    Column("default_protocol", String),
    Column("protocols", ARRAY(String)),  # that it may speak; none: all
    Column("ping", Boolean, nullable=False, server_default=text("true")),
    Column("heartbeat_interval_s", Integer),
    Column("boot_status", String, nullable=False, server_default=text("'none'")),
    Column("registration", String, nullable=False, server_default=text("'accepted'")),
    timestamp("boot_at"),
    Column("clock_offset_ms", BigInteger),
    timestamp("retired_at"),
    Column("site_id", Uuid),
    # its site, those above it, and its groups; kept by triggers, because row-level security goes by it
    Column("places", ARRAY(Uuid), nullable=False, server_default=text("'{}'")),
    created_at(),
    updated_at(),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    ForeignKeyConstraint(
        ["organization_id", "site_id"],
        ["sites.organization_id", "sites.id"],
        name="fk_chargers_organization_id_site_id",
    ),
    CheckConstraint("security_profile between 0 and 3", name="security_profile"),
    CheckConstraint("validation in ('advisory', 'strict')", name="validation"),
    CheckConstraint("boot_status in ('none', 'accepted', 'pending', 'rejected')", name="boot_status"),
    CheckConstraint("registration in ('accepted', 'pending', 'rejected')", name="registration"),
    Index("uq_chargers_organization_id_id", "organization_id", "id", unique=True),
    *page_indexes("chargers", ("id",), "name", "vendor", "model", "serial_number", "firmware_version", "status"),
    *page_indexes("chargers", ("id",), "boot_status", "registration", "security_profile", "created_at"),
    # the first letters of a text are looked for here, in the list's order
    Index(
        "ix_chargers_in_order",
        "organization_id",
        "id",
        postgresql_include=["name", "vendor", "model", "serial_number", "firmware_version"],
    ),
    Index("ix_chargers_retired", "organization_id", "id", postgresql_where=text("retired_at is not null")),
    Index("ix_chargers_organization_id_site_id", "organization_id", "site_id"),
    Index("ix_chargers_places", "places", postgresql_using="gin"),
)
searched_index(chargers, "id", "name", "vendor", "model", "serial_number")
folded_index(chargers, "id")
folded_index(chargers, "name")
Index("uq_chargers_id_lower", func.lower(chargers.c.id), unique=True)

charger_hardware = Table(
    "charger_hardware",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("vendor", String),
    Column("model", String),
    Column("serial_number", String),
    Column("firmware_version", String),
    timestamp("seen_at", nullable=False),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("ix_charger_hardware_organization_id_charger_id", "organization_id", "charger_id", "seen_at"),
)

charger_connections = Table(
    "charger_connections",
    metadata,
    Column("charger_id", String, primary_key=True),
    organization_id(),
    Column("node_id", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("protocol", String),
    Column("address", String),
    timestamp("connected_at"),
    Column("connects", ARRAY(DateTime(timezone=True)), nullable=False, server_default=text("'{}'")),  # the last ten
    timestamp("seen_at"),
    timestamp("disconnected_at"),
    Column("close_code", Integer),
    Column("close_reason", String),
    Column("closed_by", String),  # charger, csms, network (without a word), node (its process ended)
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("ix_charger_connections_organization_id_charger_id", "organization_id", "charger_id"),
    Index("ix_charger_connections_node_id", "node_id"),
    *page_indexes("charger_connections", ("charger_id",), "disconnected_at"),
)

# What was: a connection comes here when it ends.
past_connections = Table(
    "past_connections",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("protocol", String),
    Column("address", String),
    timestamp("connected_at", nullable=False),
    timestamp("ended_at", nullable=False),
    Column("close_code", Integer),
    Column("close_reason", String),
    Column("closed_by", String),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("ix_past_connections_connected", "organization_id", "charger_id", "connected_at"),
    Index("ix_past_connections_ended", "organization_id", "charger_id", "ended_at"),
    Index("ix_past_connections_ended_at", "ended_at"),
)

charger_boots = Table(
    "charger_boots",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    timestamp("at", nullable=False),
    Column("reason", String),  # OCPP 2.x tells why
    Column("status", String, nullable=False),
    Column("firmware_version", String),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("ix_charger_boots_organization_id_charger_id", "organization_id", "charger_id", "at"),
    Index("ix_charger_boots_at", "at"),
)

# Handshakes that were refused since the charger was last let in, a row for each reason.
charger_refusals = Table(
    "charger_refusals",
    metadata,
    Column("charger_id", String, primary_key=True),
    Column("reason", String, primary_key=True),
    organization_id(),
    Column("detail", String, nullable=False),
    Column("address", String, nullable=False),
    Column("count", BigInteger, nullable=False),
    timestamp("first_at", nullable=False),
    timestamp("last_at", nullable=False),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("ix_charger_refusals_organization_id_charger_id", "organization_id", "charger_id"),
)

# By itself: what changes with every heartbeat would otherwise write all indices of `chargers`.
charger_heartbeats = Table(
    "charger_heartbeats",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("charger_id", String, primary_key=True),
    timestamp("at"),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("ix_charger_heartbeats_by_at", "organization_id", "at", "charger_id"),
)

gateway_nodes = Table(
    "gateway_nodes",
    metadata,
    Column("id", String, primary_key=True),
    organization_id(),
    timestamp("started_at", nullable=False),
    timestamp("lease_until", nullable=False),
)

pending_chargers = Table(
    "pending_chargers",
    metadata,
    Column("id", String, primary_key=True),
    organization_id(),
    Column("secret_hash", LargeBinary),
    Column("address", String),
    Column("protocol", String),
    Column("vendor", String),
    Column("model", String),
    Column("serial_number", String),
    Column("firmware_version", String),
    timestamp("first_seen_at", nullable=False),
    timestamp("last_seen_at", nullable=False),
    ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
    Index("ix_pending_chargers_organization_id", "organization_id", "last_seen_at"),
    Index("ix_pending_chargers_last_seen_at", "last_seen_at"),
)
Index("uq_pending_chargers_id_lower", func.lower(pending_chargers.c.id), unique=True)

connectors = Table(
    "connectors",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("evse_id", SmallInteger, nullable=False),
    Column("connector_id", SmallInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("state", String, nullable=False),
    Column("phase", String),
    Column("error_code", String),
    Column("info", String),
    Column("vendor_id", String),
    Column("vendor_error_code", String),
    timestamp("status_at"),
    timestamp("last_status_update", nullable=False),
    created_at(),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("uq_connectors_charger_id_evse_id_connector_id", "charger_id", "evse_id", "connector_id", unique=True),
    Index("ix_connectors_organization_id_charger_id", "organization_id", "charger_id"),
)

status_history = Table(
    "status_history",
    metadata,
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("evse_id", SmallInteger, nullable=False),
    Column("connector_id", SmallInteger, nullable=False),
    Column("status", String, nullable=False),
    Column("error_code", String),
    Column("info", String),
    timestamp("status_at"),
    timestamp("received_at", nullable=False),
    Index("ix_status_history_charger_id_received_at", "charger_id", "received_at"),
    Index("ix_status_history_organization_id", "organization_id", "received_at"),
    postgresql_partition_by="RANGE (received_at)",
)

conformance_findings = Table(
    "conformance_findings",
    metadata,
    organization_id(),
    Column("charger_id", String, nullable=False),
    Column("action", String, nullable=False),
    Column("code", String, nullable=False),
    Column("path", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("count", BigInteger, nullable=False),
    timestamp("first_seen_at", nullable=False),
    timestamp("last_seen_at", nullable=False),
    ForeignKeyConstraint(["organization_id", "charger_id"], CHARGER, ondelete="CASCADE"),
    Index("uq_conformance_findings", "charger_id", "action", "code", "path", unique=True),
    Index("ix_conformance_findings_organization_id_charger_id", "organization_id", "charger_id"),
)

security_events = Table(
    "security_events",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("charger_id", String),  # no foreign key: unknown identities appear here too
    Column("kind", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("address", String),
    timestamp("at", nullable=False),
    *page_indexes("security_events", ("id",), "at"),
    *page_indexes("security_events", ("at", "id"), "charger_id", "kind"),
    Index("ix_security_events_charger_id_at", "charger_id", "at"),
)
searched_index(security_events, "charger_id", "kind", "detail", "address")
folded_index(security_events, "charger_id")
