# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP over what csms runs on: its processes and how they do, and what the database works at longest."""

from datetime import datetime
from typing import Annotated, Any, Final

import asyncpg
import structlog
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import URL, text

from csms.api.storage import only_the_operator
from csms.features.accounts.permissions import Permission
from csms.kit.db.migrate import driver
from csms.kit.db.processes import INTERVAL_S
from csms.kit.db.uow import UnitsOfWork
from csms.kit.errors import UnavailableError
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal
from csms.kit.http.require import require
from csms.kit.http.routes import Route

log = structlog.get_logger(__name__)

Reads = Annotated[Principal, require(Permission.SETTINGS_READ)]
_MISSED: Final = 3
_PROCESSES: Final = text("""
SELECT id, role, host, pid, version, started_at, seen_at, seen_at < now() - make_interval(secs => :patience) AS lost,
  figures
FROM processes ORDER BY role, host, started_at, id
""")
# Each role may read the texts of its own statements only; what other roles did may hold passwords.
_ROLES: Final = ("csms_app", "csms_ingest")
_STATEMENTS: Final = """
SELECT query AS text, current_user::text AS role, calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms,
  max_exec_time AS max_ms, rows, shared_blks_hit AS blocks_hit, shared_blks_read AS blocks_read
FROM pg_stat_statements
WHERE userid = CAST(current_user AS regrole) AND toplevel
  AND dbid = (SELECT oid FROM pg_database WHERE datname = $1)
ORDER BY total_exec_time DESC LIMIT $2
"""
_SINCE: Final = "SELECT stats_reset FROM pg_stat_statements_info"
_TIMEOUT_S: Final = 10.0


class Pool(BaseModel):
    """Connections to the database of one purpose."""

    name: str
    size: int
    used: int


class ProcessFigures(BaseModel):
    """Rates, shares and times of the last `interval_s`, the rest of its end; a time is null where nothing happened."""

    interval_s: float
    cpu_share: float = Field(description="Of one core.")
    memory_bytes: int | None = Field(description="Null where the system does not tell it.")
    loop_lag_ms: float = Field(description="How late a timer was at worst: what held the whole process up.")
    bus_connected: bool
    pools: list[Pool]
    connections: int = Field(description="Chargers connected to this process.")
    messages_per_s: float = Field(description="Calls of chargers that were answered.")
    answer_p99_ms: float | None
    inbox_depth: int = Field(description="Frames of chargers that wait to be handled.")
    groups_per_s: float = Field(description="Transactions that store what chargers told.")
    group_messages: float | None = Field(description="Reports in one of them, on average.")
    group_p99_ms: float | None
    requests_per_s: float
    request_p99_ms: float | None
    outbox_lag_s: float = Field(description="Age of the oldest event that a consumer has not handled.")
    outbox_parked: int = Field(description="Events that were set aside.")
    jobs_running: int


class Process(BaseModel):
    """A process of csms."""

    id: str
    role: str
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime = Field(description="When it last told its figures, by the database's clock.")
    lost: bool = Field(description="It missed telling them three times: it hangs, is cut off, or ended without a word.")
    figures: ProcessFigures


class Processes(BaseModel):
    """Those of the last hour that did not end in good order, and all that run."""

    items: list[Process]


class Statement(BaseModel):
    """A statement of csms, with `$1` where its values stood."""

    text: str
    role: str = Field(description="`csms_app`: of people, programs and workers; `csms_ingest`: of chargers.")
    calls: int
    total_ms: float
    mean_ms: float
    max_ms: float
    rows: int
    blocks_hit: int = Field(description="Blocks of 8 kB that were in memory.")
    blocks_read: int = Field(description="Blocks that were not.")


class Statements(BaseModel):
    """What the database works at, longest first."""

    available: bool = Field(description="Whether the database counts statements: the extension pg_stat_statements.")
    since: datetime | None
    items: list[Statement]


def router(units: UnitsOfWork) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1/operations", tags=["operations"], route_class=Route)

    @api.get("/processes", response_model=Processes)
    async def list_processes(principal: Reads) -> Response:
        """Each process, with its figures of the last seconds."""
        only_the_operator(principal, "what it runs on")
        async with units.unscoped() as connection:
            rows = (await connection.execute(_PROCESSES, {"patience": _MISSED * INTERVAL_S})).mappings().all()
        return rows_response({"items": [dict(row) for row in rows]})

    @api.get("/statements", response_model=Statements)
    async def list_statements(principal: Reads, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Response:
        """What took the database longest since it began to count."""
        only_the_operator(principal, "what it runs on")
        async with units.unscoped() as connection:
            url = connection.engine.url
        found = await _statements(url, limit)
        return rows_response({"available": found is not None, "since": None, "items": []} | (found or {}))

    return api


async def _statements(url: URL, most: int) -> dict[str, Any] | None:
    """From the database of csms, or the server's first, whose counts are the same; None where there are none."""
    for database in (url.database, "postgres"):
        try:
            connection = await asyncpg.connect(
                driver(url.set(database=database).render_as_string(hide_password=False)),
                timeout=_TIMEOUT_S,
                command_timeout=_TIMEOUT_S,
            )
        except (OSError, asyncpg.PostgresError) as error:
            if database == url.database:
                raise UnavailableError("the database cannot be reached now; try again in a moment") from error
            log.info("statements cannot be read there", database=database, error=repr(error))
            continue
        try:
            return await _count(connection, str(url.database), most)
        except (asyncpg.UndefinedTableError, asyncpg.ObjectNotInPrerequisiteStateError):
            continue  # no such extension there, or the server does not load it
        finally:
            await connection.close()
    return None


async def _count(connection: asyncpg.Connection, database: str, most: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    since = await connection.fetchval(_SINCE)
    for role in _ROLES:
        await connection.execute(f"SET ROLE {role}")
        rows += [dict(row) for row in await connection.fetch(_STATEMENTS, database, most)]
    rows.sort(key=lambda row: -row["total_ms"])
    return {"since": since, "items": rows[:most]}
