# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the audit feature. The database numbers, chains and guards the lines (migration 20261128_audit)."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import folded_index, metadata, organization_id, page_indexes, searched_index, timestamp

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    timestamp("at", nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),  # empty: erased
    Column("action", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_id", String, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("address", String),
    Column("request_id", String),
    Column("number", BigInteger),
    Column("previous_hash", LargeBinary),
    Column("hash", LargeBinary),
    # Salted digests stand in the hash for what may have to be erased; without its salt a digest tells nothing.
    Column("person_salt", LargeBinary),
    Column("person_digest", LargeBinary),
    Column("content_salt", LargeBinary),
    Column("content_digest", LargeBinary),
    CheckConstraint(
        "number > 0 and number is not null and previous_hash is not null and hash is not null"
        " and person_digest is not null and content_digest is not null",
        name="chained",
    ),
    *page_indexes("audit_log", ("id",), "at"),
    *page_indexes("audit_log", ("at", "id"), "action", "actor_name", "subject_id", "subject_kind"),
    *page_indexes("audit_log", ("at", "id"), "actor_kind", "address", "request_id"),
    Index("ix_audit_log_subject", "organization_id", "subject_kind", "subject_id", "at"),
    Index("ix_audit_log_actor", "organization_id", "actor_id", "at"),
    Index("ix_audit_log_deeds", "organization_id", "actor_id", "number"),
    Index("uq_audit_log_organization_id_number", "organization_id", "number", unique=True),
)
searched_index(audit_log, "action", "actor_name", "subject_id")
folded_index(audit_log, "actor_name")
folded_index(audit_log, "subject_id")

# The last line of each organization; only the trigger writes it.
audit_heads = Table(
    "audit_heads",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
