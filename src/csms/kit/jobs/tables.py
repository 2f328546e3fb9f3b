# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The jobs people see, and the names of PgQueuer's own tables."""

from typing import Final

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from csms.kit.db.metadata import created_at, metadata, organization_id, timestamp, updated_at

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    organization_id(),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("queue_id", BigInteger, nullable=False),
    Column("dedupe_key", Text),
    Column("actor", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("progress_done", BigInteger, nullable=False, server_default="0"),
    Column("progress_total", BigInteger),
    Column("result", JSONB),
    Column("error", Text),
    timestamp("run_at"),
    created_at(),
    updated_at(),
    timestamp("started_at"),
    timestamp("finished_at"),
    CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="status"),
    Index(None, "organization_id", "created_at"),
    Index(None, "organization_id", "dedupe_key", postgresql_where=text("dedupe_key IS NOT NULL")),
    Index(None, "finished_at", postgresql_where=text("finished_at IS NOT NULL")),
)

# named one by one: PgQueuer would otherwise read them from bare environment variables such as CHANNEL or FUNCTION
SETTINGS: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel="ch_pgqueuer",
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
    widen_id=False,
)


def queries(driver: AsyncpgDriver | AsyncpgPoolDriver) -> Queries:
    """PgQueuer's statements over our names."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=QueryQueueBuilder(SETTINGS),
        qbs=QuerySchedulerBuilder(SETTINGS),
    )


def queue_ddl() -> str:
    """What PgQueuer publishes as its schema; the migration's frozen copy is compared with it."""
    return QueryBuilderEnvironment(SETTINGS).build_install_query(create_schema=False)
