# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP over the machinery: background jobs and how long things are kept."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from csms.features.accounts.permissions import Permission
from csms.kit.db.partitions import Retention, load_retention, save_retention
from csms.kit.db.uow import UnitsOfWork
from csms.kit.errors import ConflictError, NotFoundError
from csms.kit.http.filters import Filter
from csms.kit.http.json import rows_response
from csms.kit.http.paging import Listing, page, read_page
from csms.kit.http.principal import Principal, scope_of
from csms.kit.http.require import require
from csms.kit.http.routes import Route
from csms.kit.http.schemas import PageOf
from csms.kit.jobs.base import JobId, Jobs
from csms.kit.jobs.tables import jobs

_j = jobs.c
JOBS = Listing(
    columns={
        "id": _j.id,
        "kind": _j.kind,
        "status": _j.status,
        "progress_done": _j.progress_done,
        "progress_total": _j.progress_total,
        "attempts": _j.attempts,
        "cancel_requested": _j.cancel_requested,
        "result": _j.result,
        "error": _j.error,
        "actor": _j.actor,
        "run_at": _j.run_at,
        "created_at": _j.created_at,
        "started_at": _j.started_at,
        "finished_at": _j.finished_at,
    },
    key=_j.id,
    sorts={"created_at": _j.created_at},
    default_sort="-created_at",
    filters={
        "kind": Filter(_j.kind),
        "status": Filter(_j.status, values=("queued", "running", "succeeded", "failed", "cancelled")),
        "created_at": Filter(_j.created_at),
    },
)
ReadsJobs = Annotated[Principal, require(Permission.JOB_READ)]
CancelsJobs = Annotated[Principal, require(Permission.JOB_CANCEL)]
ReadsSettings = Annotated[Principal, require(Permission.SETTINGS_READ)]
ChangesSettings = Annotated[Principal, require(Permission.SETTINGS_UPDATE)]


class JobItem(BaseModel):
    """A background job."""

    id: UUID
    kind: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    progress_done: int
    progress_total: int | None
    attempts: int
    cancel_requested: bool
    result: Any = None
    error: str | None
    actor: str | None
    run_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(PageOf[JobItem]):
    """A page of background jobs."""


class RetentionSettings(BaseModel):
    """How long what grows is kept."""

    ocpp_log_days: int
    meter_values_months: int
    status_history_months: int
    security_events_months: int
    jobs_days: int
    files_days: int
    deliveries_days: int


class RetentionUpdate(BaseModel):
    """What is to be changed; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    ocpp_log_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    meter_values_months: Annotated[int, Field(ge=1, le=120)] | None = None
    status_history_months: Annotated[int, Field(ge=1, le=120)] | None = None
    security_events_months: Annotated[int, Field(ge=1, le=120)] | None = None
    jobs_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    files_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    deliveries_days: Annotated[int, Field(ge=1, le=365)] | None = None


def router(units: UnitsOfWork, queue: Jobs) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["operations"], route_class=Route)

    @api.get("/jobs", openapi_extra={"parameters": JOBS.parameters()}, response_model=JobPage)
    async def list_jobs(request: Request, principal: ReadsJobs) -> Response:
        """Background jobs, newest first, with their progress."""
        wanted = read_page(JOBS, request)
        async with units(scope_of(request, principal)) as uow:
            return rows_response(await page(uow.connection, JOBS, wanted))

    @api.get("/jobs/{job_id}", response_model=JobItem)
    async def get_job(request: Request, principal: ReadsJobs, job_id: UUID) -> Response:
        """One job."""
        async with units(scope_of(request, principal)) as uow:
            found = (await uow.connection.execute(JOBS.select().where(_j.id == job_id))).mappings().first()
        if found is None:
            raise NotFoundError(f"there is no job {job_id}")
        return rows_response(dict(found))

    @api.post("/jobs/{job_id}/cancel", status_code=status.HTTP_202_ACCEPTED)
    async def cancel_job(request: Request, principal: CancelsJobs, job_id: UUID) -> Response:
        """Ask for the end of a job; a running one stops at its next step."""
        async with units(scope_of(request, principal)) as uow:
            if not await queue.cancel(uow.connection, JobId(job_id)):
                raise ConflictError(f"job {job_id} is not there, or has ended already")
            uow.audit("system:job:cancel", "job", str(job_id), None, None)
        return Response(status_code=status.HTTP_202_ACCEPTED)

    @api.get("/settings/retention", response_model=RetentionSettings)
    async def get_retention(request: Request, principal: ReadsSettings) -> Response:
        """How long what grows is kept. Transactions and the audit log are kept for ever."""
        async with units(scope_of(request, principal)) as uow:
            return rows_response(msgspec.to_builtins(await load_retention(uow.connection)))

    @api.patch("/settings/retention", response_model=RetentionSettings)
    async def update_retention(request: Request, principal: ChangesSettings, body: RetentionUpdate) -> Response:
        """Keep things longer or shorter; what is too old then goes within the hour."""
        async with units(scope_of(request, principal)) as uow:
            before = await load_retention(uow.connection)
            kept: Retention = msgspec.structs.replace(before, **body.model_dump(exclude_none=True))
            await save_retention(uow.connection, uow.scope.organization_id, kept)
            uow.audit("system:settings:update", "setting", "retention", before, kept)
        return rows_response(msgspec.to_builtins(kept))

    return api
