# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Changes to many, and their job without a worker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import msgspec

from csms.features.bulk_changes.jobs import BulkChangeRunner
from csms.features.bulk_changes.service import KIND, Work
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.jobs.base import JobId
from csms.main.bulk_changes import kinds
from csms.main.people import standing_at
from tests.api.support import Product

CHARGERS = "/api/v1/bulk/charger-changes"
TOKENS = "/api/v1/bulk/token-changes"


@dataclass
class Start:
    """One start of a job; `meanwhile` is what happens when it tells how far it is."""

    id: JobId
    payload: bytes
    meanwhile: Callable[[int], Any] | None = None
    attempt: int = 1
    organization_id: UUID = DEFAULT_ORGANIZATION_ID
    kind: str = KIND

    async def progress(self, done: int, total: int | None = None) -> None:
        """Tells it."""
        if self.meanwhile is not None:
            await self.meanwhile(done)


def runner_of(api: Product) -> BulkChangeRunner:
    """What the worker runs."""
    standing = standing_at(api.clock)
    return BulkChangeRunner(api.units, kinds(api.site.keys, api.clock), api.clock, standing)


def start_of(answer: httpx2.Response, path: str, meanwhile: Callable[[int], Any] | None = None) -> Start:
    """The job of what was asked for."""
    assert answer.status_code == 202, answer.text
    found = answer.json()
    kind = "chargers" if path == CHARGERS else "tokens"
    return Start(JobId(UUID(found["job"])), msgspec.json.encode(Work(UUID(found["id"]), kind)), meanwhile)


async def done(api: Product, path: str, http: httpx2.AsyncClient | None = None, **body: Any) -> dict[str, Any]:
    """A change after its job was done."""
    answer = await (http or api.client).post(path, json=body)
    await runner_of(api).run(start_of(answer, path))
    return await now(api, path, answer.json()["id"])


async def now(api: Product, path: str, key: str) -> dict[str, Any]:
    """How far it is."""
    answer = await api.client.get(f"{path}/{key}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
