# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chargers whose reports are stored as the gateway stores them, and the worker's turns, on a clock that is moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import asyncpg

from csms.domain.chargers import ClosedBy, ConnectorState, Ending
from csms.domain.events import EVENTS
from csms.domain.ids import ChargerId, OrganizationId
from csms.domain.messages import (
    MeterReported,
    Received,
    Report,
    Source,
    StatusReported,
    TransactionReported,
    TransactionStage,
)
from csms.domain.metering import REGISTER_CODE, Reading, Sample
from csms.features.chargers import ingest as chargers
from csms.features.reports.handlers import HEARD, RollupMarker
from csms.features.reports.jobs import RollupRunner
from csms.features.transactions.handlers import TransactionHandler, doubt_open_transactions, handle_meter
from csms.features.transactions.numbered import NumberedHandler
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.clock import FakeClock
from csms.kit.db.engine import AppDatabase
from csms.kit.db.ingest import Unit
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.outbox import Outbox
from csms.kit.db.outbox_parking import Delivery
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import UnitsOfWork
from csms.kit.metrics import Metrics
from tests.support.postgres import Database

BEGIN: Final = datetime(2026, 3, 10, tzinfo=UTC)
ROLLED_UP: Final = ("charging_days", "availability_days", "fleet_days")


async def _nobody(*_: Any) -> None:
    """Neither remote starts nor reservations are waited for."""


class Job:
    """A job that nobody cancels."""

    async def progress(self, done: int, total: int | None = None) -> None:
        """How far it is."""


async def kept() -> Retention:
    """The defaults."""
    return Retention()


@dataclass
class Floor:
    """A few chargers of the first organization."""

    clock: FakeClock
    sql: asyncpg.Connection
    door: asyncpg.Connection
    units: UnitsOfWork
    deliveries: int = 0

    def __post_init__(self) -> None:
        self._first = TransactionHandler(7, _nobody, _nobody)
        self._second = NumberedHandler(7, _nobody, _nobody)

    async def charger(self, name: str, **columns: Any) -> None:
        """A charger that was provisioned when everything began."""
        row = {"id": name, "organization_id": DEFAULT_ORGANIZATION_ID, "created_at": BEGIN}
        row |= columns
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.sql.execute(f"INSERT INTO chargers ({', '.join(row)}) VALUES ({places})", *row.values())

    async def connects(self, name: str, node: str = "node") -> int:
        """The charger opens a connection to a node that is alive."""
        now = self.clock.now()
        async with self.door.transaction():
            await chargers.renew_lease(self.door, node, now, now + timedelta(days=3650))
            epoch = await chargers.claim(self.door, name, DEFAULT_ORGANIZATION_ID, node, "ocpp1.6", "::1", now)
        assert epoch is not None
        return epoch

    async def leaves(self, name: str, epoch: int) -> None:
        """The connection ends."""
        async with self.door.transaction():
            ending = Ending(1000, "bye", ClosedBy.CHARGER, self.clock.now())
            await chargers.release(self.door, name, epoch, self.clock.now(), ending)

    async def starts(self, name: str, at: datetime | None, wh: float, *, evse: int = 1, tag: str = "TAG") -> int:
        """StartTransaction of 1.6; returns the number."""
        report = TransactionReported(
            stage=TransactionStage.STARTED, at=at, evse_id=evse, connector_id=evse, token=tag,
            register_wh=Decimal(str(wh)),
        )  # fmt: skip
        (answer,) = await self._tell(name, report, self._first)
        number: int = answer.ref
        return number

    async def reads(self, name: str, ref: int | None, at: datetime | None, wh: float, *, evse: int = 1) -> None:
        """MeterValues of 1.6 with the register."""
        await self._tell(name, MeterReported(evse, evse, ref, (_reading(at, wh),)), handle_meter)

    async def stops(self, name: str, ref: int, at: datetime | None, wh: float | None) -> None:
        """StopTransaction of 1.6."""
        register = None if wh is None else Decimal(str(wh))
        report = TransactionReported(stage=TransactionStage.ENDED, at=at, ref=ref, register_wh=register)
        await self._tell(name, report, self._first)

    async def event(
        self, name: str, ref: str, seq_no: int, stage: TransactionStage, at: datetime, wh: float, *, evse: int = 1
    ) -> None:
        """TransactionEvent of 2.x."""
        report = TransactionReported(
            stage=stage, at=at, evse_id=evse, connector_id=1, charger_ref=ref, seq_no=seq_no, trigger="Trigger",
            token="TAG", register_wh=Decimal(str(wh)) if stage is not TransactionStage.UPDATED else None,
            readings=(_reading(at, wh),) if stage is TransactionStage.UPDATED else (),
        )  # fmt: skip
        await self._tell(name, report, self._second)

    async def says(self, name: str, status: str, at: datetime | None = None, *, evse: int = 1) -> None:
        """StatusNotification."""
        state = ConnectorState(status) if status in set(ConnectorState) else ConnectorState.OCCUPIED
        report = StatusReported(evse, evse, status, state, None, at=at)
        source = Source(ChargerId(name), OrganizationId(DEFAULT_ORGANIZATION_ID), "ocpp1.6")
        async with self.door.transaction():
            unit = Unit(self.door, self.clock.now())
            received = Received(source, report, unit.now)
            await chargers.status(unit, [(received, report)])
            await doubt_open_transactions(unit, [received])
        await self._hear(unit)

    async def turn(self) -> None:
        """The worker's turn, which may come at any moment."""
        await RollupRunner(self.units, self.clock, kept)(Job())  # type: ignore[arg-type]

    async def settle(self) -> None:
        """The next hour has come: by then how chargers were is rolled up too."""
        self.clock.advance(3600)
        await self.turn()

    async def rolled_up(self) -> dict[str, list[str]]:
        """All that was rolled up."""
        return {
            table: [row[0] for row in await self.sql.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")]
            for table in ROLLED_UP
        }

    async def from_scratch(self) -> dict[str, list[str]]:
        """The same, forgotten and made of the facts that there are now."""
        await self.sql.execute(f"TRUNCATE {', '.join(ROLLED_UP)}, rollup_marks, rollup_running, rollup_states")
        await self.turn()
        return await self.rolled_up()

    async def _tell(self, name: str, report: Report, handle: Any) -> Any:
        source = Source(ChargerId(name), OrganizationId(DEFAULT_ORGANIZATION_ID), "ocpp1.6")
        async with self.door.transaction():
            unit = Unit(self.door, self.clock.now())
            answers = await handle(unit, [Received(source, report, unit.now)])
        await self._hear(unit)
        return answers

    async def _hear(self, unit: Unit) -> None:
        """What the outbox would tell the worker."""
        for event in unit.events:
            if isinstance(event, HEARD):
                self.deliveries += 1
                await RollupMarker(self.units)(Delivery(self.deliveries, event, 1))


def _reading(at: datetime | None, wh: float) -> Reading:
    register = Decimal(str(wh))
    return Reading(at, 0, (Sample(REGISTER_CODE, register),), register)


@asynccontextmanager
async def floor(database: Database) -> AsyncIterator[Floor]:
    """An empty one."""
    clock = FakeClock(BEGIN)
    codec = EventCodec(EVENTS)
    app = AppDatabase(database.app_url, pool_size=2)
    units = UnitsOfWork(app, Outbox(codec), MemoryBus(codec, Metrics(process=False)), clock)
    sql, door = await database.connect(), await database.connect("csms_ingest")
    await door.set_type_codec("jsonb", encoder=str, decoder=str, schema="pg_catalog", format="text")
    try:
        yield Floor(clock, sql, door, units)
    finally:
        await door.close()
        await sql.close()
        await app.close()
