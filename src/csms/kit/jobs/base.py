# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The port: what a feature needs to have work done later."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Protocol
from uuid import UUID

import msgspec

from csms.kit.db.driver import Connection
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID

JobId = NewType("JobId", UUID)


class JobStatus(StrEnum):
    """What people see."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobCancelled(Exception):  # noqa: N818  (the word of the product)
    """Raised inside a handler when the job was cancelled or another worker has taken it over."""


class RunningJob(Protocol):
    """What a handler gets. A job may run twice: use `id` as the idempotency key."""

    @property
    def id(self) -> JobId:
        """The job."""
        ...

    @property
    def organization_id(self) -> UUID:
        """Whose job it is."""
        ...

    @property
    def kind(self) -> str:
        """Which handler."""
        ...

    @property
    def payload(self) -> bytes:
        """What was enqueued."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first start; also a start after a worker died counts."""
        ...

    async def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far it is; call as often as you like. Raises JobCancelled when the job was cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class JobNews:
    """How far a job is, for those who watch."""

    id: JobId
    organization_id: UUID
    kind: str
    status: JobStatus
    done: int
    total: int | None


TellJob = Callable[[JobNews], None]
"""Told after the commit; best effort."""

Handler = Callable[[RunningJob], Awaitable[Any]]
"""Returns the result (anything msgspec can encode), or None."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job and how it is run."""

    name: str
    handler: Handler
    max_attempts: int = 5
    backoff_s: tuple[float, float] = (2.0, 300.0)
    timeout_s: float | None = None
    concurrency: int = 0
    """Over all workers; 0 is unlimited."""

    def delay_s(self, attempt: int) -> float:
        """How long to wait after a failed attempt."""
        return min(self.backoff_s[0] * 2.0 ** (attempt - 1), self.backoff_s[1])


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that is enqueued by the clock; `cron` in UTC. Never queued twice at once; a missed time is made up once."""

    name: str
    cron: str
    kind: str
    payload: bytes = b""
    organization_id: UUID = DEFAULT_ORGANIZATION_ID


class Jobs(Protocol):
    """Enqueue and cancel, inside the caller's transaction: nothing happens unless it commits."""

    async def enqueue(
        self,
        connection: Connection,
        kind: str,
        payload: bytes | msgspec.Struct = b"",
        *,
        organization_id: UUID,
        actor: str | None = None,
        run_at: datetime | None = None,
        dedupe_key: str | None = None,
    ) -> JobId:
        """A new job; with a `dedupe_key` the one of this organization and kind that is queued or running already."""
        ...

    async def cancel(self, connection: Connection, job_id: JobId) -> bool:
        """Ask for the end of a job; False when it has ended. A running one stops at its next await."""
        ...


def encode_payload(payload: bytes | msgspec.Struct) -> bytes:
    """Structs travel as JSON."""
    return payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
