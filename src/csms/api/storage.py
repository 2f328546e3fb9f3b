# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP over the database's storage: how large what is, how long it is kept, and the order to clear up now."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, Field
from sqlalchemy import text

from csms.features.accounts.permissions import Permission
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.partitions import AGED, HISTORY, METERS, OCPP_LOG, REQUESTS, load_retention
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.json import rows_response
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.problems import ForbiddenError
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.jobs.base import Jobs

Reads = Annotated[Principal, require(Permission.SETTINGS_READ)]
Changes = Annotated[Principal, require(Permission.SETTINGS_UPDATE)]
RETENTION: Final = "retention"
# The limits of partition bounds are read from their text, which is in the session's time zone: UTC here.
_SIZES: Final = text("""
SELECT coalesce(p.relname, c.relname) AS name, c.relname AS part, p.relname IS NOT NULL AS is_part,
  pg_total_relation_size(c.oid) AS bytes, CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint END AS rows_estimate,
  (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''([^'']+)''\\)'))[1]::timestamptz AS start,
  (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([^'']+)''\\)'))[1]::timestamptz AS stop
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND (c.relkind = 'r' OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid))
ORDER BY 1, start
""")


class PartitionSize(BaseModel):
    """A piece of a table, by time."""

    name: str
    start: datetime
    stop: datetime
    bytes: int
    rows_estimate: int | None


class TableSize(BaseModel):
    """A table with its indexes."""

    table: str
    bytes: int
    rows_estimate: int | None = Field(description="The planner's estimate; none where it was never looked at.")
    kept: str | None = Field(description="How long rows are kept; none: for ever, or as long as what they belong to.")
    oldest: datetime | None = Field(description="Where the oldest partition begins.")
    newest: datetime | None = Field(description="Where the newest one, made ahead, ends.")
    partitions: list[PartitionSize]


class Storage(BaseModel):
    """The database of the installation."""

    bytes: int
    tables: list[TableSize]


class RetentionStarted(BaseModel):
    """The job that clears up."""

    job: UUID


def only_the_operator(principal: Principal, what: str) -> None:
    """Refuse everybody who is not of the organization that runs the installation."""
    if principal.organization_id != DEFAULT_ORGANIZATION_ID:
        raise ForbiddenError(f"{what} is the whole installation's: its first organization looks after it")


def router(units: UnitsOfWork, queue: Jobs) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1/operations", tags=["operations"], route_class=Route)

    @api.get("/storage", response_model=Storage)
    async def get_storage(request: Request, principal: Reads) -> Response:
        """How large each table and each of its partitions is, and how long its rows are kept. Largest first."""
        only_the_operator(principal, "the storage")
        async with units(scope_of(request, principal)) as uow:
            await uow.connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
            rows = [dict(row) for row in (await uow.connection.execute(_SIZES)).mappings()]
            whole = (await uow.connection.execute(text("SELECT pg_database_size(current_database())"))).scalar_one()
            kept = await load_retention(uow.connection)
        limits = {aged.table: f"{getattr(kept, aged.setting)} months" for aged in AGED} | {
            OCPP_LOG: f"{kept.ocpp_log_days} days",
            REQUESTS: f"{kept.requests_days} days",
            METERS: f"{kept.meter_values_months} months",
            HISTORY: f"{kept.status_history_months} months",
            "jobs": f"{kept.jobs_days} days",
            "charger_files": f"{kept.files_days} days",
        }
        names = dict.fromkeys(row["name"] for row in rows)
        tables = [_table(name, [row for row in rows if row["name"] == name], limits.get(name)) for name in names]
        return rows_response({"bytes": whole, "tables": sorted(tables, key=lambda table: -table["bytes"])})

    @api.post("/retention", status_code=status.HTTP_202_ACCEPTED, response_model=RetentionStarted)
    async def run_retention(request: Request, principal: Changes) -> Response:
        """Remove now what is older than it is kept, instead of within the hour."""
        only_the_operator(principal, "the storage")
        async with units(scope_of(request, principal)) as uow:
            scope = uow.scope
            job = await queue.enqueue(
                uow.connection,
                RETENTION,
                organization_id=scope.organization_id,
                actor=scope.actor.name,
                dedupe_key=RETENTION,
            )
            uow.audit("system:retention:run", "job", str(job), None, None)
        return rows_response({"job": job}, 202, {"Location": f"/api/v1/jobs/{job}"})

    return api


def _table(name: str, rows: list[dict[str, Any]], kept: str | None) -> dict[str, Any]:
    parts = [row for row in rows if row["is_part"]]
    counted = [row["rows_estimate"] for row in rows if row["rows_estimate"] is not None]
    return {
        "table": name,
        "bytes": sum(row["bytes"] for row in rows),
        "rows_estimate": sum(counted) if counted else None,
        "kept": kept,
        "oldest": parts[0]["start"] if parts else None,
        "newest": parts[-1]["stop"] if parts else None,
        "partitions": [
            {key: part[key] for key in ("start", "stop", "bytes", "rows_estimate")} | {"name": part["part"]}
            for part in parts
        ],
    }
