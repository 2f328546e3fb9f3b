# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A broker that is killed again and again loses nothing, and each charger's events come in their order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from csms.domain.events import EVENTS, TransactionStarted
from csms.features.streams.rules import published
from csms.kit.brokers.link import Link
from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.config import BrokerSettings
from csms.kit.db.lifeline import Lifeline
from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.db.outbox import BELL, Outbox
from csms.kit.db.outbox_consumer import Consumer
from csms.kit.metrics import Metrics
from csms.main.streams import event_stream, place_of
from tests.support.brokers import TOPIC, NatsServer, RabbitServer, make
from tests.support.eventually import eventually
from tests.support.postgres import Database

CHARGERS = 20
AT = datetime(2026, 11, 30, tzinfo=UTC)


class World:
    """An outbox that fills, and what publishes from it."""

    def __init__(
        self, pool: asyncpg.Pool, lifeline: Lifeline, bus: MemoryBus, server: NatsServer | RabbitServer
    ) -> None:
        self.pool, self.lifeline = pool, lifeline
        self.bus = bus
        self.server = server
        self.metrics = Metrics(process=False)
        self.told: list[TransactionStarted] = []

    async def tell(self, rounds: int) -> None:
        """Each charger tells something, so many times."""
        outbox = Outbox(EventCodec(EVENTS))
        for _ in range(rounds):
            number = len(self.told) // CHARGERS
            events = [
                TransactionStarted(
                    organization_id=DEFAULT_ORGANIZATION_ID, charger_id=f"C{charger}", at=AT + timedelta(seconds=number),
                    id=UUID(int=number * CHARGERS + charger), transaction_id=number, connector_id=1, id_tag=None,
                )
                for charger in range(CHARGERS)
            ]  # fmt: skip
            async with self.pool.acquire() as connection, connection.transaction():
                await outbox.append(connection, events)
            self.told += events
            self.bus.wake(BELL)
            await asyncio.sleep(0.01)

    @asynccontextmanager
    async def publishing(self, *, crash: bool = False) -> AsyncIterator[Consumer]:
        """What the worker runs; at the end it is stopped, or falls where it is."""
        consumer, link = self._open()
        task = asyncio.create_task(consumer.run())
        yield consumer
        if crash:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.pool.execute("UPDATE outbox_consumers SET locked_until = now()")  # as if the lease had passed
        else:
            await consumer.stop()
            await task
        await link.close()

    def _open(self) -> tuple[Consumer, Link]:
        settings = BrokerSettings(url=self.server.url, topic=TOPIC, timeout_s=2)  # type: ignore[arg-type]
        place = place_of(settings)
        assert place is not None
        kit = {"pool": self.pool, "lifeline": self.lifeline, "codec": EventCodec(EVENTS), "bus": self.bus}
        return event_stream(settings, place, self.metrics, poll_s=0.1, **kit)

    async def all_there(self) -> bool:
        """Whether the broker has every event at least once."""
        return {each.id for each in await self.server.received()} >= set(await self.ids())

    async def ids(self) -> list[str]:
        """Of all events in the order in which they happened."""
        rows = await self.pool.fetch("SELECT id, payload::text AS payload FROM outbox ORDER BY id")
        codec = EventCodec(EVENTS)
        found = [published(row["id"], codec.decode(row["payload"])) for row in rows]  # type: ignore[arg-type]
        return [each.id for each in found if each is not None]

    async def cut_off(self) -> bool:
        """Whether the loss of the broker was noticed."""
        return bool(self.metrics.broker_connected.labels().value == 0)

    async def position_kept(self) -> bool:
        """Whether nothing would be told again."""
        return bool(
            await self.pool.fetchval(
                "SELECT NOT EXISTS (SELECT FROM outbox o, outbox_consumers c WHERE o.transaction_number >= c.high "
                "OR (o.transaction_number >= c.low AND o.id > c.position))"
            )
        )


@pytest.fixture(params=["nats", "rabbitmq"])
async def world(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[World]:
    """A broker that keeps what it gets, and a database."""
    server = make(request.param)
    bus = MemoryBus(EventCodec(EVENTS), Metrics(process=False))
    await bus.start()
    settings, lifeline = {"role": "csms_app", "csms.worker": "on"}, Lifeline(database.app_url)
    try:
        await server.start()
        await server.expect()
        async with asyncpg.create_pool(database.app_url, min_size=1, max_size=6, server_settings=settings) as pool:
            yield World(pool, lifeline, bus, server)
    finally:
        await lifeline.close()
        server.close()
        await bus.stop()


@pytest.mark.timeout(900)
async def test_killed_in_the_middle_nothing_lost_order_kept(world: World) -> None:
    """kill -9 to the broker twice, once to what publishes; repeats have the id of the first."""
    async with world.publishing(crash=True):
        await world.tell(10)
        world.server.kill()
        await world.tell(10)
        await world.server.start()
        await world.tell(10)
    async with world.publishing():
        await world.tell(10)
        world.server.kill()
        await world.tell(10)
        assert await eventually(world.cut_off, 60)
        await world.server.start()
        await world.tell(10)
        assert await eventually(world.all_there, 240)
        assert await eventually(world.position_kept, 60)
    got = await world.server.received()
    assert {each.id for each in got} == set(await world.ids())
    first = list({each.id: each for each in got}.values())  # what a program sees that throws repeats away
    for charger in range(CHARGERS):
        mine = [each.id for each in first if each.where.endswith(f".C{charger}")]
        wanted = (await world.ids())[charger::CHARGERS]
        assert mine == wanted
    assert await world.pool.fetchval("SELECT count(*) FROM outbox_parked") == 0


async def test_what_is_too_large_is_set_aside_and_told(world: World) -> None:
    """The charger's next event goes on; the parked one is counted, with the broker's words."""
    big = TransactionStarted(
        organization_id=DEFAULT_ORGANIZATION_ID, charger_id="C0", at=AT, id=UUID(int=1), transaction_id=1,
        connector_id=1, id_tag="\N{GRINNING FACE}" * 2_000,
    )  # fmt: skip
    small = TransactionStarted(
        organization_id=DEFAULT_ORGANIZATION_ID, charger_id="C0", at=AT, id=UUID(int=2), transaction_id=2,
        connector_id=1, id_tag="x",
    )  # fmt: skip
    async with world.pool.acquire() as connection, connection.transaction():
        await Outbox(EventCodec(EVENTS)).append(connection, [big, small])
    async with world.publishing():
        parked = world.metrics.outbox_parked.labels("event_stream")

        async def set_aside() -> bool:
            return parked.value == 1 and len(await world.server.received()) == 1

        assert await eventually(set_aside, 120)
    assert "refuses it" in await world.pool.fetchval("SELECT error FROM outbox_parked")
