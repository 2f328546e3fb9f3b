# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Units of work: in what order the database is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from csms.domain.commands import ClearCache
from csms.domain.events import EVENTS, ChargerChanged, CommandIssued
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.clock import SystemClock
from csms.kit.db.driver import driver_connection
from csms.kit.db.engine import AppDatabase
from csms.kit.db.outbox import Outbox
from csms.kit.db.uow import UnitsOfWork
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics
from tests.support.csms import TESTER
from tests.support.postgres import Database

_MINE: Final = {"organization_id": TESTER.organization_id, "charger_id": "CP1"}
_NOW: Final = datetime(2026, 12, 1, tzinfo=UTC)
_DURABLE: Final = CommandIssued(**_MINE, id=new_id(), command=ClearCache(), at=_NOW, expires_at=_NOW)
_EVENTS: Final = (_DURABLE, ChargerChanged(**_MINE))


@pytest.mark.parametrize("told", _EVENTS, ids=["durable", "live"])
@pytest.mark.parametrize("places", [None, frozenset[Any]()], ids=["all", "a part"])
async def test_the_audit_is_said_with_the_commit(database: Database, places: frozenset[Any] | None, told: Any) -> None:
    """It locks the head of the chain: every statement more until the commit holds up all others who audit something."""
    app = AppDatabase(database.app_url, pool_size=1)
    codec = EventCodec(EVENTS)
    bus = MemoryBus(codec, Metrics(process=False))
    units = UnitsOfWork(app, Outbox(codec), bus, SystemClock())
    said: list[str] = []

    def hear(record: Any) -> None:
        said.append(record.query.strip())

    async with units(replace(TESTER, places=places)) as uow:
        await uow.connection.execute(text("SELECT 1"))
        (await driver_connection(uow.connection)).add_query_logger(hear)
        uow.record(told)
        uow.audit("test:thing:do", "thing", "1", None, {"a": 1, "nothing": "\0"})
    assert [each.split()[0] for each in said[-2:]] == ["WITH" if told.kind == "durable" else "SELECT", "INSERT"]
    assert said[-1].startswith("INSERT INTO audit_log")
    assert said[-1].endswith("COMMIT;")
    async with units.unscoped() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "csms_app"  # not the role that wrote the audit
        lines = await connection.scalar(text("SELECT count(*) FROM audit_log"))
    assert lines == 0  # nobody's transaction belongs to no organization, whoever had the connection before
    owner = await database.connect()
    rows = await owner.fetch("SELECT action, after->>'nothing' AS nothing FROM audit_log WHERE subject_id = '1'")
    assert [tuple(row) for row in rows] == [("test:thing:do", "\ufffd")]
    await owner.close()
    await app.close()


async def test_an_audit_that_fails_undoes_everything(database: Database) -> None:
    """And the connection is as good as before: no transaction is left open on it."""
    app = AppDatabase(database.app_url, pool_size=1)
    codec = EventCodec(EVENTS)
    bus = MemoryBus(codec, Metrics(process=False))
    units = UnitsOfWork(app, Outbox(codec), bus, SystemClock())
    processes = []

    async def fail() -> None:
        async with units(TESTER) as uow:
            processes.append(await uow.connection.scalar(text("SELECT pg_backend_pid()")))
            await uow.connection.execute(text("UPDATE organizations SET name = 'changed'"))
            uow.record(_DURABLE)
            uow.audit("test:thing:do", "thing", None, None, {"a": 1})  # type: ignore[arg-type]

    with pytest.raises(IntegrityError):
        await fail()
    async with units(TESTER) as uow:
        processes.append(await uow.connection.scalar(text("SELECT pg_backend_pid()")))
        assert await uow.connection.scalar(text("SELECT name FROM organizations")) != "changed"
        uow.audit("test:thing:do", "thing", "2", None, {"a": 1})
    owner = await database.connect()
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 0
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'test:thing:do'") == 1
    await owner.close()
    await app.close()
    assert processes[0] == processes[1]
