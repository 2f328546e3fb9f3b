# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP over the machinery: background jobs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel

from csms.features.accounts.permissions import Permission
from csms.kit.db.uow import UnitsOfWork
from csms.kit.errors import ConflictError, NotFoundError
from csms.kit.http.filters import Filter
from csms.kit.http.json import rows_response
from csms.kit.http.lists import answer_list
from csms.kit.http.paging import Listing
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
        "actor": Filter(_j.actor),
        "created_at": Filter(_j.created_at),
        "finished_at": Filter(_j.finished_at),
    },
    search=(_j.kind, _j.error, _j.actor),
    paper=("kind", "status", "progress_done", "progress_total", "error", "actor", "created_at", "finished_at"),
)
ReadsJobs = Annotated[Principal, require(Permission.JOB_READ)]
CancelsJobs = Annotated[Principal, require(Permission.JOB_CANCEL)]


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


def router(units: UnitsOfWork, queue: Jobs) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1", tags=["operations"], route_class=Route)

    @api.get("/jobs", openapi_extra=JOBS.openapi(), response_model=JobPage)
    async def list_jobs(request: Request, principal: ReadsJobs) -> Response:
        """Background jobs, newest first, with their progress."""
        return await answer_list(units, principal, JOBS, request, name="jobs")

    @api.get("/jobs/{job_id}", response_model=JobItem)
    async def get_job(request: Request, principal: ReadsJobs, job_id: UUID) -> Response:
        """One job."""
        async with units(scope_of(request, principal)) as uow:
            found = (await uow.connection.execute(JOBS.select().where(_j.id == job_id))).mappings().first()
        if found is None:
            raise NotFoundError(f"there is no job {job_id}")
        return rows_response(dict(found))

    @api.post("/jobs/{job_id}/cancel", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
    async def cancel_job(request: Request, principal: CancelsJobs, job_id: UUID) -> Response:
        """Ask for the end of a job; a running one stops at its next step."""
        async with units(scope_of(request, principal)) as uow:
            if not await queue.cancel(uow.connection, JobId(job_id)):
                raise ConflictError(f"job {job_id} is not there, or has ended already")
            uow.audit("system:job:cancel", "job", str(job_id), None, None)
        return Response(status_code=status.HTTP_202_ACCEPTED)

    return api
