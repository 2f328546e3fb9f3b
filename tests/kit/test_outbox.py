# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The outbox on a real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import product
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from csms.kit.bus.codec import EventCodec
from csms.kit.bus.memory import MemoryBus
from csms.kit.db.lifeline import Lifeline
from csms.kit.db.metadata import metadata
from csms.kit.db.outbox import (
    BELL,
    OLDEST_WRITER,
    Outbox,
    clean,
    leave,
    outbox,
    outbox_consumers,
    outbox_parked,
    retry_parked,
    to_jsonb,
)
from csms.kit.db.outbox_consumer import _READ, Consumer, Delivery
from csms.kit.db.outbox_lease import _WRITE, Lease, LeaseLostError
from csms.kit.errors import HopelessError, UnavailableError
from csms.kit.ids import new_id
from csms.kit.metrics import Metrics
from tests.kit.bus.events import CLASSES, ORGANIZATION, Ended, Measured
from tests.kit.bus.postgres import postgres

CODEC = EventCodec(CLASSES)
OUTBOX = Outbox(CODEC)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One server for this module."""
    with postgres() as url:
        yield url


class World:
    """A database with the outbox's tables, a bus, metrics."""

    def __init__(self, url: str, engine: AsyncEngine, pool: asyncpg.Pool, bus: MemoryBus, metrics: Metrics) -> None:
        self.url = url
        self.lifeline = Lifeline(url)
        self.engine = engine
        self.pool = pool
        self.bus = bus
        self.metrics = metrics

    async def append(self, *events: Ended) -> None:
        """One committed transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            await OUTBOX.append(connection, events)
        self.bus.wake(BELL)

    async def count(self, table: str = "outbox") -> int:
        """Rows."""
        return int(await self.pool.fetchval(f"SELECT count(*) FROM {table}"))

    def consumer(self, handler: Any, name: str = "alerts", **options: Any) -> Consumer:
        """A consumer with short waits."""
        defaults: dict[str, Any] = {"poll_s": 0.05, "backoff_s": (0.001, 0.01), "lease_s": 5.0}
        defaults |= {"pool": self.pool, "lifeline": self.lifeline}
        return Consumer(name, handler, codec=CODEC, bus=self.bus, metrics=self.metrics, **(defaults | options))

    @asynccontextmanager
    async def running(self, handler: Any, name: str = "alerts", **options: Any) -> AsyncIterator[Consumer]:
        """A consumer that runs and is stopped at the end."""
        consumer = self.consumer(handler, name, **options)
        task = asyncio.create_task(consumer.run())
        try:
            yield consumer
        finally:
            async with asyncio.timeout(20):
                await consumer.stop()
                await task


@pytest.fixture
async def world(server: str) -> AsyncIterator[World]:
    """A database of its own for each test."""
    name = f"t{new_id().hex}"
    admin = await asyncpg.connect(server.format(database="postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    url = server.format(database=name)
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as connection:
        tables = [outbox, outbox_consumers, outbox_parked]
        await connection.run_sync(lambda sync: metadata.create_all(sync, tables=tables))
    metrics = Metrics(process=False)
    bus = MemoryBus(CODEC, metrics)
    await bus.start()
    async with asyncpg.create_pool(url, min_size=1, max_size=12) as pool:
        found = World(url, engine, pool, bus, metrics)
        yield found
        await found.lifeline.close()
    await bus.stop()
    await engine.dispose()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


class Sink:
    """A handler that keeps what it gets."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []

    async def __call__(self, delivery: Delivery) -> None:
        """Keep."""
        self.deliveries.append(delivery)

    @property
    def numbers(self) -> list[int]:
        """The events' numbers in the order of arrival."""
        return [d.event.number for d in self.deliveries]  # type: ignore[attr-defined]


async def until(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    """Poll what has no event of its own."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


def ended(number: int, charger_id: str = "A") -> Ended:
    """An event."""
    return Ended(charger_id=charger_id, number=number)


# -- appending


@pytest.mark.parametrize("kind", ["driver", "connection", "session"])
@pytest.mark.parametrize("commit", [True, False])
async def test_events_are_stored_if_and_only_if_the_transaction_commits(world: World, kind: str, commit: bool) -> None:
    """With the driver, with SQLAlchemy's connection and session, also as the first statement of the transaction."""
    events = [ended(1), ended(2, "B")]
    if kind == "driver":
        async with world.pool.acquire() as raw:
            transaction = raw.transaction()
            await transaction.start()
            await OUTBOX.append(raw, events)
            await (transaction.commit() if commit else transaction.rollback())
    elif kind == "connection":
        async with world.engine.connect() as connection:
            await OUTBOX.append(connection, events)
            await (connection.commit() if commit else connection.rollback())
    else:
        async with AsyncSession(world.engine) as session:
            await OUTBOX.append(session, events)
            await (session.commit() if commit else session.rollback())
    rows = await world.pool.fetch("SELECT *, payload->>'number' AS number FROM outbox ORDER BY id")
    assert [(row["type"], row["key"], row["number"], row["organization_id"], row["occurred_at"]) for row in rows] == (
        [("ended", event.key, str(event.number), ORGANIZATION, event.at) for event in events] if commit else []
    )


async def test_a_nul_from_a_charger_does_not_cost_the_fact(world: World) -> None:
    """jsonb has no NUL: it becomes the replacement character; an escaped backslash before u0000 is left alone."""
    await world.append(Ended(charger_id="a\0b", number=1), Ended(charger_id="a\\u0000b", number=2))
    payloads = await world.pool.fetch("SELECT payload->>'charger_id' AS charger FROM outbox ORDER BY id")
    assert [row["charger"] for row in payloads] == ["a\ufffdb", "a\\u0000b"]
    assert to_jsonb(b'"\\\\\\u0000"') == '"\\\\\\ufffd"'


async def test_live_and_unknown_events_are_refused(world: World) -> None:
    """What is live is published, not stored."""
    async with world.pool.acquire() as connection, connection.transaction():
        with pytest.raises(TypeError, match="live"):
            await OUTBOX.append(connection, [Measured(charger_id="A", value=1)])  # type: ignore[list-item]
        with pytest.raises(TypeError, match="codec"):
            await Outbox(EventCodec(())).append(connection, [ended(1)])


# -- reading


async def test_every_consumer_gets_every_event_once_in_order_per_key(world: World) -> None:
    """Two consumers, three chargers, many batches; one consumer takes only its types."""
    await world.append(*(ended(n, "ABC"[n % 3]) for n in range(300)))
    one, two, none = Sink(), Sink(), Sink()
    async with (
        world.running(one, "one", read_ahead=40),
        world.running(two, "two", types=[Ended]),
        world.running(none, "none", types=[]),
    ):
        await world.append(*(ended(n, "ABC"[n % 3]) for n in range(300, 400)))
        await until(lambda: len(one.deliveries) >= 400 and len(two.deliveries) >= 400)
    for sink in (one, two):
        assert sorted(sink.numbers) == list(range(400))
        for remainder in range(3):
            of_key = [n for n in sink.numbers if n % 3 == remainder]
            assert of_key == sorted(of_key)
        assert {d.attempt for d in sink.deliveries} == {1}
    assert none.deliveries == []
    assert world.metrics.outbox_events.labels("one", "handled").value == 400


async def test_a_row_that_commits_late_is_not_skipped(world: World) -> None:
    """Its id is lower than one already told: the window waits for it."""
    sink = Sink()
    async with world.running(sink):
        async with world.pool.acquire() as slow:
            transaction = slow.transaction()
            await transaction.start()
            await OUTBOX.append(slow, [ended(1, "late")])
            await world.append(ended(2, "early"))
            await asyncio.sleep(0.3)  # the consumer looks several times meanwhile
            assert sink.numbers == []
            await transaction.commit()
        await until(lambda: len(sink.deliveries) == 2)
    assert sink.numbers == [1, 2]


async def test_ids_drawn_against_the_order_of_transactions_lose_nothing(world: World) -> None:
    """A transaction that is older but draws its id later, and the reverse, both arrive."""
    sink = Sink()
    async with world.running(sink), world.pool.acquire() as one, world.pool.acquire() as two:
        first, second = one.transaction(), two.transaction()
        await first.start()
        await one.fetchval("SELECT pg_current_xact_id()")
        await second.start()
        await OUTBOX.append(two, [ended(1, "A")])
        await OUTBOX.append(one, [ended(2, "B")])
        await first.commit()
        await world.append(ended(3, "C"))
        await asyncio.sleep(0.1)
        await second.commit()
        await until(lambda: len(sink.deliveries) == 3)
    assert sorted(sink.numbers) == [1, 2, 3]


async def test_cause_comes_before_effect_whatever_the_transaction_numbers_say(world: World) -> None:
    """An older transaction that waited for a younger one's commit tells its event after it."""
    sink = Sink()
    async with world.running(sink), world.pool.acquire() as old:
        transaction = old.transaction()
        await transaction.start()
        await old.fetchval("SELECT pg_current_xact_id()")
        await world.append(ended(1))
        await OUTBOX.append(old, [ended(2)])
        await transaction.commit()
        await until(lambda: len(sink.deliveries) == 2)
    assert sink.numbers == [1, 2]


async def test_a_rolled_back_transaction_leaves_no_hole(world: World) -> None:
    """Its ids are gone, the next ones arrive."""
    sink = Sink()
    async with world.running(sink):
        async with world.pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await OUTBOX.append(connection, [ended(1)])
            await transaction.rollback()
        await world.append(ended(2))
        await until(lambda: len(sink.deliveries) == 1)
    assert sink.numbers == [2]


async def test_concurrent_writers_lose_nothing_and_keep_each_key_in_order(world: World) -> None:
    """Eight writers, some slow, some rolling back, while the consumer reads."""
    sink = Sink()
    committed: list[int] = []

    async def write(writer: int) -> None:
        for n in range(40):
            number = writer * 1000 + n
            async with world.pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await OUTBOX.append(connection, [ended(number, f"charger-{writer}")])
                await asyncio.sleep((writer % 3) * 0.002)
                if n % 7 == 3:
                    await transaction.rollback()
                else:
                    await transaction.commit()
                    committed.append(number)
            world.bus.wake(BELL)

    async with world.running(sink, read_ahead=25):
        await asyncio.gather(*(write(writer) for writer in range(8)))
        await until(lambda: len(sink.deliveries) >= len(committed))
    assert sorted(sink.numbers) == sorted(committed)
    for writer in range(8):
        mine = [n for n in sink.numbers if n // 1000 == writer]
        assert mine == sorted(mine)


async def test_a_bell_is_answered_long_before_the_poll(world: World) -> None:
    """The poll interval is only the net below."""
    sink = Sink()
    async with world.running(sink, poll_s=30):
        await world.append(ended(1))
        await until(lambda: len(sink.deliveries) == 1, 5)
        await world.append(ended(2))
        await until(lambda: len(sink.deliveries) == 2, 5)


async def test_a_look_reads_no_more_than_is_new(world: World) -> None:
    """An hour of events is kept: whatever the planner thinks, none of those that were read is looked at again."""
    for _ in range(20):
        await world.append(*(ended(number) for number in range(1_000)))
    async with world.pool.acquire() as connection:
        low = await connection.fetchval(f"SELECT {OLDEST_WRITER}")
        await world.append(*(ended(number) for number in range(100)))
        high = await connection.fetchval(f"SELECT {OLDEST_WRITER}")
        for analyzed, mode in product((False, True), ("force_generic_plan", "force_custom_plan")):
            if analyzed:
                await connection.execute("VACUUM ANALYZE outbox")
            await connection.execute(f"SET plan_cache_mode = {mode}")
            await connection.execute(f"PREPARE look (bigint, bigint, bigint, text[], bigint) AS {_READ}")
            for begin, types in product((low, high), ("NULL", "'{ended}'")):
                ask = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE look ({begin}, {begin}, 0, {types}, 500)"
                plan = json.loads(await connection.fetchval(ask))[0]["Plan"]
                most = 20 if begin == high else 30  # a hundred events are new, or none
                assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < most, (analyzed, mode, begin, types)
            await connection.execute("DEALLOCATE look")
        await connection.execute("RESET plan_cache_mode")


async def test_whoever_is_behind_reads_on_from_where_it_was(world: World) -> None:
    """Thousands wait: a look takes a window of some of them, whole transactions, and none twice or too late."""
    for first in range(0, 6_000, 300):
        await world.append(*(ended(first + number) for number in range(300)))
    await world.append(*(ended(6_000 + number) for number in range(1_500)))  # one transaction is a window at least
    async with world.pool.acquire() as connection:
        low = await connection.fetchval("SELECT min(transaction_number) FROM outbox")
        found = await connection.fetch(_READ, low, low, 0, None, 5_000)
        assert len(found) == 900
        assert (found[0]["goes_on"], found[0]["held_open"]) == (True, False)
        last = await connection.fetchval("SELECT max(transaction_number) FROM outbox")
        assert len(await connection.fetch(_READ, last, last, 0, None, 5_000)) == 1_500
    sink = Sink()
    async with world.running(sink):
        await until(lambda: len(sink.numbers) == 7_500)
    assert sorted(sink.numbers) == list(range(7_500))


async def test_what_comes_one_by_one_is_read_together(world: World) -> None:
    """The first is told at once; while the reader rests nothing is read, and then all that came meanwhile."""
    sink = Sink()
    async with world.running(sink, poll_s=60.0, rest_s=2.0):
        await world.append(ended(0))
        await until(lambda: sink.numbers == [0])
        for number in range(1, 6):
            await world.append(ended(number))
            await asyncio.sleep(0.02)
        assert sink.numbers == [0]
        await until(lambda: sink.numbers == [0, 1, 2, 3, 4, 5])


async def test_one_slow_key_does_not_hold_up_the_others(world: World) -> None:
    """A command to a silent charger may take half a minute; everybody else's go on."""
    gate = asyncio.Event()
    sink = Sink()

    async def handler(delivery: Delivery) -> None:
        if delivery.event.key == "slow":
            await gate.wait()
        await sink(delivery)

    async with world.running(handler):
        await world.append(ended(0, "slow"), ended(1, "slow"))
        await world.append(*(ended(n, f"c{n}") for n in range(2, 30)))
        await until(lambda: len(sink.deliveries) == 28)
        position = await world.pool.fetchval("SELECT position FROM outbox_consumers")
        assert position == 0  # nothing before the slow one counts as done
        gate.set()
        await until(lambda: len(sink.deliveries) == 30)
    assert sink.numbers[-2:] == [0, 1]


async def test_what_waits_in_one_order_is_handled_together(world: World) -> None:
    """All of it at once, in its order; where that fails, one by one, so that only what is wrong is set aside."""
    sink, together = Sink(), list[list[int]]()

    async def all_at_once(deliveries: Sequence[Delivery]) -> None:
        numbers = [each.event.number for each in deliveries]  # type: ignore[attr-defined]
        together.append(numbers)
        if 7 in numbers:
            raise ValueError("the seventh is poison")
        for each in deliveries:
            await sink(each)

    async def one(delivery: Delivery) -> None:
        if delivery.event.number == 7:  # type: ignore[attr-defined]
            raise ValueError("poison")
        await sink(delivery)

    await world.append(*(ended(n, f"c{n}") for n in range(5)))
    await world.append(*(ended(n, f"c{n}") for n in range(5, 10)))
    async with world.running(one, together=all_at_once, order=lambda _: "", concurrency=1, read_ahead=5):
        await until(lambda: sink.numbers == [0, 1, 2, 3, 4, 5, 6, 8, 9])
    assert together[0] == [0, 1, 2, 3, 4]
    assert await world.count("outbox_parked") == 1


# -- failing


async def test_a_failing_event_is_tried_again_in_order(world: World) -> None:
    """The second event of the key waits for the first."""
    sink = Sink()

    async def handler(delivery: Delivery) -> None:
        if delivery.event.number == 1 and delivery.attempt < 3:  # type: ignore[attr-defined]
            raise RuntimeError("not yet")
        await sink(delivery)

    async with world.running(handler):
        await world.append(ended(1), ended(2))
        await until(lambda: len(sink.deliveries) == 2)
    assert sink.numbers == [1, 2]
    assert [d.attempt for d in sink.deliveries] == [3, 1]
    assert world.metrics.outbox_events.labels("alerts", "retried").value == 2


async def test_a_poison_event_is_parked_seen_and_can_be_tried_again(world: World) -> None:
    """After the last attempt the key goes on without it; `retry_parked` gives it one more chance."""
    sink = Sink()
    poisonous = True

    async def handler(delivery: Delivery) -> None:
        if delivery.event.number == 1 and poisonous:  # type: ignore[attr-defined]
            raise RuntimeError("bad\0event")
        await sink(delivery)

    async with world.running(handler, attempts=3):
        await world.append(ended(1), ended(2))
        await until(lambda: sink.numbers == [2])
        row = await world.pool.fetchrow("SELECT * FROM outbox_parked")
        assert (row["consumer"], row["type"], row["key"], row["attempts"]) == ("alerts", "ended", "A", 3)
        assert row["organization_id"] == ORGANIZATION
        assert row["error"] == "RuntimeError: bad\ufffdevent"
        gauge = world.metrics.outbox_parked.labels("alerts")
        await until(lambda: gauge.value == 1)
        async with world.pool.acquire() as connection:
            assert await retry_parked(connection, row["id"])
            assert not await retry_parked(connection, row["id"] + 1)
        async with asyncio.timeout(10):
            while await world.pool.fetchval("SELECT attempts FROM outbox_parked") != 4:
                await asyncio.sleep(0.05)
        poisonous = False
        async with world.pool.acquire() as connection:
            assert await retry_parked(connection, row["id"])
        await until(lambda: sink.numbers == [2, 1])
        await until(lambda: gauge.value == 0)
    assert await world.count("outbox_parked") == 0


async def test_what_is_hopeless_is_parked_at_once(world: World) -> None:
    """Without further attempts; what is behind it goes on."""
    sink = Sink()

    async def handler(delivery: Delivery) -> None:
        if delivery.event.number == 1:  # type: ignore[attr-defined]
            raise HopelessError("too large")
        await sink(delivery)

    async with world.running(handler, backoff_s=(60, 60)):
        await world.append(ended(1), ended(2))
        await until(lambda: sink.numbers == [2])
    row = await world.pool.fetchrow("SELECT * FROM outbox_parked")
    assert (row["attempts"], row["error"]) == (1, "HopelessError: too large")


async def test_a_coarser_order_and_how_far_behind(world: World) -> None:
    """Events of two keys wait for one another where the consumer says so; the lag grows also when no more is read."""
    sink, gate = Sink(), asyncio.Event()

    async def handler(delivery: Delivery) -> None:
        if delivery.event.number == 0:  # type: ignore[attr-defined]
            await gate.wait()
        await sink(delivery)

    async with world.running(handler, order=lambda row: row["type"], read_ahead=3):
        await world.append(*(ended(number, f"C{number}") for number in range(5)))
        lag = world.metrics.outbox_lag_seconds.labels("alerts")
        await until(lambda: lag.value > 0)
        before = lag.value
        await until(lambda: lag.value > before)
        assert sink.numbers == []
        gate.set()
        await until(lambda: len(sink.deliveries) == 5)
    assert sink.numbers == [0, 1, 2, 3, 4]


async def test_who_leaves_holds_up_no_cleaning(world: World) -> None:
    """The place of a consumer that is switched off is given up."""
    sink, all_of_it = Sink(), Sink()
    async with world.running(sink):
        await world.append(ended(1))
        await until(lambda: sink.numbers == [1])
    async with world.running(all_of_it, name="others"):
        await world.append(ended(2))
        await until(lambda: all_of_it.numbers == [1, 2])
    async with world.pool.acquire() as connection:
        await clean(connection, keep_s=0)
        assert await world.count() == 1
        assert await leave(world.pool, "alerts")
        assert not await leave(world.pool, "alerts")
        assert await clean(connection, keep_s=0) == 1


async def test_an_event_that_fits_its_class_no_more_is_parked_at_once(world: World) -> None:
    """Trying again would not change it."""
    sink = Sink()
    async with world.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO outbox (organization_id, type, key, payload, occurred_at) VALUES ($1, 'old', 'A', $2, now())",
            ORGANIZATION,
            '{"type": "old"}',
        )
    async with world.running(sink):
        await world.append(ended(2))
        await until(lambda: sink.numbers == [2])
    assert await world.pool.fetchval("SELECT attempts FROM outbox_parked") == 1


async def test_what_is_only_away_is_waited_for_and_never_parked(world: World) -> None:
    """More failures than attempts, but none of them says anything about the event."""
    failures = 10
    sink = Sink()

    async def handler(delivery: Delivery) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise UnavailableError("the database is away")
        await sink(delivery)

    async with world.running(handler, attempts=2):
        await world.append(ended(1))
        await until(lambda: sink.numbers == [1])
    assert await world.count("outbox_parked") == 0


# -- stopping, dying, taking over


async def test_a_stopped_consumer_finishes_what_runs_and_goes_on_where_it_was(world: World) -> None:
    """What was handled is not told again, what was not is told to the next one."""
    entered, release = asyncio.Event(), asyncio.Event()
    first, second = Sink(), Sink()

    async def handler(delivery: Delivery) -> None:
        entered.set()
        await release.wait()
        await first(delivery)

    await world.append(*(ended(n) for n in range(5)))
    consumer = world.consumer(handler)
    task = asyncio.create_task(consumer.run())
    await entered.wait()
    stop = asyncio.create_task(consumer.stop())
    await asyncio.sleep(0.05)
    assert not stop.done()
    release.set()
    async with asyncio.timeout(10):
        await stop
        await task
    assert first.numbers == [0]
    async with world.running(second):
        await until(lambda: len(second.deliveries) == 4, 3)  # the lease was given back: nobody waits for its end
    assert second.numbers == [1, 2, 3, 4]


async def test_a_consumer_that_died_is_taken_over_when_its_lease_ends(world: World) -> None:
    """What it had in its hands is told again: at least once, never less."""
    entered = asyncio.Event()
    sink = Sink()

    async def dying(delivery: Delivery) -> None:
        entered.set()
        await asyncio.Event().wait()

    await world.append(ended(1), ended(2, "B"))
    task = asyncio.create_task(world.consumer(dying, lease_s=0.6).run())
    await entered.wait()
    async with world.running(sink, lease_s=0.6):
        await asyncio.sleep(0.3)
        assert sink.deliveries == []  # one process at a time
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: len(sink.deliveries) == 2, 5)


async def test_a_process_that_is_gone_is_taken_over_at_once(world: World) -> None:
    """Its connection ended with it: nobody waits for the end of its lease."""
    entered = asyncio.Event()
    life, sink = Lifeline(world.url), Sink()

    async def dying(delivery: Delivery) -> None:
        entered.set()
        await asyncio.Event().wait()

    await world.append(ended(1))
    task = asyncio.create_task(world.consumer(dying, lifeline=life, lease_s=3600).run())
    await entered.wait()
    async with world.running(sink, lease_s=3600):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await life.close()
        await until(lambda: sink.numbers == [1])


async def test_a_process_that_is_cut_off_hands_out_nothing_more(world: World) -> None:
    """Others take it for dead and go on without it, even while a handler of its does not let itself be interrupted."""
    entered = asyncio.Event()
    life, first, second = Lifeline(world.url), Sink(), Sink()

    async def handler(delivery: Delivery) -> None:
        await first(delivery)
        entered.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    await world.append(ended(1), ended(2))
    consumer = world.consumer(handler, lifeline=life, lease_s=3600, poll_s=3600)
    task = asyncio.create_task(consumer.run())
    await entered.wait()
    sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'csms-lifeline' AND datname = current_database()"
    pid = await world.pool.fetchval(sql)
    async with world.running(second, lease_s=3600):
        await world.pool.execute("SELECT pg_terminate_backend($1)", pid)
        await until(lambda: second.numbers == [1, 2])
    async with asyncio.timeout(10):
        await consumer.stop()
        await task
    await life.close()
    assert first.numbers == [1]


async def test_a_process_that_stood_still_hands_out_nothing_more(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It was stopped for longer than its lease, and wakes with events in its hands that another may have by now."""
    entered, release = asyncio.Event(), asyncio.Event()
    first, now_s = Sink(), 0.0

    async def handler(delivery: Delivery) -> None:
        await first(delivery)
        entered.set()
        await release.wait()

    await world.append(ended(1), ended(2))
    consumer = world.consumer(handler, lease_s=3600, poll_s=3600)
    consumer._lease._monotonic = lambda: now_s
    task = asyncio.create_task(consumer.run())
    await entered.wait()
    now_s = 3600.0
    release.set()
    await until(lambda: "has taken over, or may have" in caplog.text)
    async with asyncio.timeout(10):
        await consumer.stop()
        await task
    assert first.numbers == [1]


async def test_a_lifeline_that_broke_is_made_anew(world: World) -> None:
    """Whoever needs it next gets another connection; the lease is still ours, for nobody else wanted it."""
    lease = Lease("alerts", world.pool, world.lifeline, 5.0)
    assert await lease.take() is not None
    first = await world.lifeline.hold()
    await world.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'csms-lifeline' AND datname = current_database()"
    )
    async with asyncio.timeout(5):
        await first.wait()
    with pytest.raises(LeaseLostError):
        lease.check()
    assert await lease.take() is not None
    lease.check()
    assert not (await world.lifeline.hold()).is_set()


async def test_the_lease_of_an_older_version_runs_out_in_its_time(world: World) -> None:
    """It has no lifeline: that none is seen says nothing."""
    life = Lifeline(world.url)
    lease = Lease("alerts", world.pool, life, 5.0)
    assert await lease.take() is not None
    await world.pool.execute("UPDATE outbox_consumers SET locked_by = '0199c0de', locked_until = now() + '1 hour'")
    assert await lease.take() is None
    await world.pool.execute("UPDATE outbox_consumers SET locked_until = now() - interval '1 second'")
    assert await lease.take() is not None
    await life.close()


async def test_two_processes_share_a_consumer_without_telling_anything_twice(world: World) -> None:
    """The second one waits for the lease."""
    sink = Sink()
    async with world.running(sink), world.running(sink):
        for n in range(20):
            await world.append(ended(n))
        await until(lambda: len(sink.deliveries) >= 20)
        await asyncio.sleep(0.2)
    assert sink.numbers == list(range(20))


async def test_no_disk_is_waited_for_to_write_a_cursor(world: World) -> None:
    """What a crash of PostgreSQL takes of it is told again; claims and leases are kept as all else is."""
    async with world.running(Sink()):
        async with asyncio.timeout(15):
            while not await world.count("outbox_consumers"):
                await asyncio.sleep(0.005)
    async with world.pool.acquire() as connection:
        async with connection.transaction():
            assert await connection.fetchval("SHOW synchronous_commit") == "on"
            await connection.execute("UPDATE outbox_consumers SET locked_by = 'me'")
            assert await connection.execute(_WRITE, "alerts", "me", 1, 1, 0) == "UPDATE 1"
            assert await connection.fetchval("SHOW synchronous_commit") == "off"
        assert await connection.fetchval("SHOW synchronous_commit") == "on"


async def test_a_consumer_whose_lease_was_taken_writes_no_cursor(world: World) -> None:
    """It notices, gives up, and cannot move the new owner's position."""
    entered = asyncio.Event()
    stolen: dict[str, Any] = {}

    async def handler(delivery: Delivery) -> None:
        sql = "UPDATE outbox_consumers SET locked_by = 'thief', locked_until = now() + '1 hour' RETURNING *"
        stolen.update(await world.pool.fetchrow(sql))
        entered.set()

    consumer = world.consumer(handler)
    task = asyncio.create_task(consumer.run())
    await world.append(ended(1))
    async with asyncio.timeout(5):
        await entered.wait()
    await asyncio.sleep(0.2)
    async with asyncio.timeout(5):
        await consumer.stop()
        await task
    assert dict(await world.pool.fetchrow("SELECT * FROM outbox_consumers")) == stolen
    assert stolen["locked_by"] == "thief"


async def test_lost_connections_are_survived(world: World) -> None:
    """All of the pool's connections are cut; the consumer goes on."""
    sink = Sink()
    async with world.running(sink):
        await world.append(ended(1))
        await until(lambda: sink.numbers == [1])
        other = await asyncpg.connect(world.url)
        await other.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        async with other.transaction():
            await OUTBOX.append(other, [ended(2)])
        await other.close()
        await until(lambda: 2 in sink.numbers)
    assert list(dict.fromkeys(sink.numbers)) == [1, 2]  # what was told and not yet noted is told again


# -- cleaning and restoring


async def test_only_what_every_consumer_has_passed_is_cleaned(world: World) -> None:
    """Without consumers nothing goes; with a slow one only what it has handled."""
    await world.append(*(ended(n) for n in range(10)))
    async with world.pool.acquire() as connection:
        assert await clean(connection, keep_s=0) == 0
    done, slow = Sink(), Sink()
    gate = asyncio.Event()

    async def stuck(delivery: Delivery) -> None:
        await slow(delivery)
        if delivery.event.number == 4:  # type: ignore[attr-defined]
            await gate.wait()

    async with world.running(done, "done"), world.running(stuck, "stuck"):
        await until(lambda: len(done.deliveries) == 10 and len(slow.deliveries) == 5)
        async with asyncio.timeout(5):
            while await world.pool.fetchval("SELECT position FROM outbox_consumers WHERE name = 'stuck'") != 4:
                await asyncio.sleep(0.01)
        async with world.pool.acquire() as connection:
            assert await clean(connection, keep_s=3600) == 0
            assert await clean(connection, keep_s=0, limit=3) == 3
            assert await clean(connection, keep_s=0) == 1
        assert await world.count() == 6
        gate.set()
    async with world.running(Sink(), "done"), world.running(slow, "stuck"):
        await until(lambda: sorted(set(slow.numbers)) == list(range(10)))
    async with world.pool.acquire() as connection:
        await clean(connection, keep_s=0)
    assert await world.count() == 0


async def test_after_a_restore_into_another_cluster_nothing_is_lost(world: World) -> None:
    """Transaction numbers of the old cluster are far ahead: they are renumbered, and what is there is told again."""
    await world.append(ended(1))
    await world.pool.execute("UPDATE outbox SET transaction_number = transaction_number + 1000000000")
    await world.pool.execute(
        "INSERT INTO outbox_consumers (name, cluster, low, high) VALUES ('alerts', 'another', 1000000000, 1000000000)"
    )
    sink = Sink()
    async with world.running(sink):
        await world.append(ended(2))
        await until(lambda: len(sink.deliveries) == 2)
    assert sink.numbers == [1, 2]
