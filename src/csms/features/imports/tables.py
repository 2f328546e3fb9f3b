# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables of the imports feature."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

imports = Table(
    "imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("kind", String, nullable=False),
    Column("status", String, nullable=False, server_default=text("'queued'")),
    Column("dry_run", Boolean, nullable=False),
    Column("on_conflict", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("file_bytes", Integer, nullable=False),
    Column("sheet", String),
    Column("wanted", JSONB, nullable=False),  # columns as the person named them
    Column("mapping", JSONB(none_as_null=True)),  # columns as they were found
    Column("headers", JSONB(none_as_null=True)),
    Column("sample", JSONB(none_as_null=True)),
    Column("format", JSONB(none_as_null=True)),  # of the file: csv or xlsx, its encoding, delimiter, sheet
    Column("total", Integer),  # none until the file was read whole
    Column("created", Integer, nullable=False, server_default=text("0")),
    Column("updated", Integer, nullable=False, server_default=text("0")),
    Column("skipped", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    Column("secrets", Integer, nullable=False, server_default=text("0")),  # generated, and not fetched yet
    Column("error", JSONB(none_as_null=True)),  # why the file as a whole was refused
    Column("permissions", JSONB, nullable=False),  # what the actor might do when it was asked for
    Column("job", Uuid, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("actor_kind", String, nullable=False),
    Column("actor_id", String),
    Column("actor_name", String, nullable=False),
    Column("address", String),
    created_at(),
    updated_at(),
    timestamp("finished_at"),
    CheckConstraint("status in ('queued', 'running', 'done', 'cancelled', 'failed')", name="status"),
    CheckConstraint("on_conflict in ('skip', 'update', 'fail')", name="on_conflict"),
    Index("ix_imports_organization_id", "organization_id", "created_at"),
)
import_rows = Table(
    "import_rows",
    metadata,
    Column("import", Uuid, ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    organization_id(),
    Column("key", String),  # what it is about, folded; none where it cannot be told
    Column("values", JSONB, nullable=False),
    Column("faults", JSONB, nullable=False),  # what was wrong with cells before anybody looked at their meaning
    Column("secret", LargeBinary, info={"sealed": True}),  # cells that are secrets
    Column("status", String, nullable=False, server_default=text("'waiting'")),
    Column("reason", Text),
    Column("errors", JSONB(none_as_null=True)),
    Column("subject", String),  # the id of what it became
    Column("generated", LargeBinary, info={"sealed": True}),  # a password that was made for it
    CheckConstraint("status in ('waiting', 'created', 'updated', 'skipped', 'failed')", name="status"),
    Index("ix_import_rows_import_status", "import", "status", "number"),
    Index("ix_import_rows_import_key", "import", "key", "number"),
    Index("ix_import_rows_organization_id", "organization_id"),
)
