# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Use cases of monitoring: a report put together; reports that nobody ends are ended."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from csms.features.monitoring import repository
from csms.kit.clock import Clock
from csms.kit.db.uow import Scope, UnitOfWork
from csms.kit.errors import NotFoundError

log = structlog.get_logger(__name__)

PATIENCE: Final = timedelta(minutes=5)


async def report(uow: UnitOfWork, charger_id: str, key: UUID) -> dict[str, Any]:
    """A report with its items in order, as far as they have come."""
    row = await repository.get_report(uow.connection, charger_id, key)
    if row is None:
        raise NotFoundError(f"charger {charger_id!r} has no report {key}")
    parts = await repository.parts_of(uow.connection, key)
    texts = [part["text"] for part in parts if part["text"] is not None]
    items = [item for part in parts for item in part["items"]]
    return {**row, "items": items, "text": "".join(texts) if texts else None}


class ReportSweeper:
    """Ends reports of which nothing came for a while."""

    def __init__(self, open_uow: Callable[[Scope], AbstractAsyncContextManager[UnitOfWork]], clock: Clock) -> None:
        self._open_uow = open_uow
        self._clock = clock

    async def sweep(self, organization_id: UUID) -> None:
        """One organization's."""
        now = self._clock.now()
        async with self._open_uow(Scope.system(organization_id)) as uow:
            ended = await repository.time_out(uow.connection, now - PATIENCE, now)
        if ended:
            log.warning("reports ended, parts did not come", count=ended)
