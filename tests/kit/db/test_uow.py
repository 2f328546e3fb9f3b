# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Units of work: in what order the database is told."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from csms.domain.events import EVENTS
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.clock import SystemClock
from csms.kit.db.engine import AppDatabase
from csms.kit.db.outbox import Outbox
from csms.kit.db.uow import UnitsOfWork
from csms.kit.metrics import Metrics
from tests.support.csms import TESTER
from tests.support.postgres import Database


@pytest.mark.parametrize("places", [None, frozenset[Any]()], ids=["all", "a part"])
async def test_the_audit_is_the_last_that_is_said(database: Database, places: frozenset[Any] | None) -> None:
    """It locks the head of the chain: every statement more until the commit holds up all others who audit something."""
    app = AppDatabase(database.app_url, pool_size=1)
    codec = EventCodec(EVENTS)
    bus = MemoryBus(codec, Metrics(process=False))
    units = UnitsOfWork(app, Outbox(codec), bus, SystemClock())
    said: list[str] = []

    @event.listens_for(app.engine.sync_engine, "before_cursor_execute")
    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement.strip())

    async with units(replace(TESTER, places=places)) as uow:
        uow.audit("test:thing:do", "thing", "1", None, {"a": 1})
    assert said[-1].startswith("INSERT INTO audit_log")
    async with units.unscoped() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "csms_app"  # not the role that wrote the audit
    await app.close()
