# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the request log."""

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, String, Table, Uuid

from csms.kit.db.metadata import metadata, organization_id, page_indexes, timestamp

# Neither queries nor bodies: people paste secrets into them.
api_requests = Table(
    "api_requests",
    metadata,
    Column("id", Uuid, nullable=False),
    organization_id(),
    timestamp("at", nullable=False),
    Column("method", String, nullable=False),
    Column("path", String, nullable=False),
    Column("route", String, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("address", String),
    Column("request_id", String, nullable=False),
    Column("trace_id", String, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("sent_bytes", BigInteger, nullable=False),
    Index("ix_api_requests_organization_id_at_id", "organization_id", "at", "id"),
    *page_indexes("api_requests", ("at", "id"), "actor_id", "address", "route", "status"),
    Index("ix_api_requests_organization_id_request_id", "organization_id", "request_id"),
    Index("ix_api_requests_organization_id_trace_id", "organization_id", "trace_id"),
    postgresql_partition_by="RANGE (at)",
)
