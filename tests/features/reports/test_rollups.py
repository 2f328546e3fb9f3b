# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is rolled up follows from the facts alone, however and whenever they came in."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from csms.domain.messages import TransactionStage
from csms.features.reports import jobs
from csms.features.reports.slots import differences, unpacked, widened
from tests.features.reports.support import BEGIN, Floor, floor
from tests.support.postgres import Database

HOUR = timedelta(hours=1)


@pytest.fixture
async def hall(database: Database) -> AsyncIterator[Floor]:
    """Where CP1 stands."""
    async with floor(database) as found:
        await found.charger("CP1")
        yield found


async def _energy(hall: Floor, day: date) -> dict[int, int]:
    """Quarter hours of a day in which CP1 delivered something, and what."""
    found: dict[int, int] = {}
    for row in await hall.sql.fetch("SELECT first, energy_wh FROM charging_days WHERE day = $1", day):
        for number, wh in enumerate(differences(widened(row["first"], row["energy_wh"]))):
            if wh:
                found[number] = found.get(number, 0) + wh
    return found


async def _seconds(hall: Floor, day: date, column: str) -> list[int]:
    stored = await hall.sql.fetchval(f"SELECT {column} FROM availability_days WHERE day = $1", day)
    return differences(unpacked(stored))


async def test_energy_lies_where_its_readings_are(hall: Floor) -> None:
    """Half an hour at 4 kW, half an hour at nothing: all quarter hours together are what the transaction took."""
    hall.clock.advance(10 * 3600)
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 1000)
    hall.clock.advance(3600)
    await hall.reads("CP1", ref, at + HOUR / 2, 3000)
    await hall.reads("CP1", ref, at + HOUR, 3000)
    hall.clock.advance(60)
    await hall.stops("CP1", ref, at + HOUR + timedelta(minutes=1), 3001)
    await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {40: 1000, 41: 1000, 44: 1}
    (row,) = await hall.sql.fetch("SELECT * FROM charging_days")
    assert (row["id_tag"], row["first"], row["in_use_s"], row["started"], row["ended"]) == (
        "TAG", 41, [900, 1800, 2700, 3600, 3660], [1], [0, 0, 0, 0, 1],
    )  # fmt: skip


async def test_an_open_transaction_counts_as_far_as_it_is_heard_of(hall: Floor) -> None:
    """Its energy up to its newest reading, its time until now; after a restart of the worker too."""
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 0)
    hall.clock.advance(1800)
    await hall.reads("CP1", ref, at + HOUR / 4, 500)
    await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {0: 500}
    assert await hall.sql.fetchval("SELECT in_use_s FROM charging_days") == [900, 1800]
    hall.clock.advance(900)
    await hall.turn()  # nothing was heard: it goes on all the same
    assert await hall.sql.fetchval("SELECT in_use_s FROM charging_days") == [900, 1800, 2700]


async def test_what_was_read_of_an_open_transaction_is_not_read_again(hall: Floor) -> None:
    """A reading a minute, for an hour: the worker keeps what it needs of them, and reads those that came since."""
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 0)
    for minute in range(1, 61):
        hall.clock.advance(60)
        await hall.reads("CP1", ref, at + minute * HOUR / 60, minute * 100)
        if minute % 5 == 0:
            await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {0: 1500, 1: 1500, 2: 1500, 3: 1500}
    kept, until = await hall.sql.fetchrow("SELECT cardinality(energy_wh), read_until FROM rollup_running")
    assert (kept, until) == (8, at + 59 * HOUR / 60)
    assert await hall.rolled_up() == await hall.from_scratch()
    await hall.turn()
    await hall.sql.execute("DELETE FROM meter_values WHERE received_at < $1", until)
    hall.clock.advance(300)
    await hall.reads("CP1", ref, at + 65 * HOUR / 60, 6_500)
    await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {0: 1500, 1: 1500, 2: 1500, 3: 1500, 4: 500}


async def test_a_reading_that_is_doubted_lets_all_be_read_again(hall: Floor) -> None:
    """A register that fell for a moment, an hour after the others were left out."""
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 1000)
    for minute in range(1, 61):
        hall.clock.advance(60)
        await hall.reads("CP1", ref, at + minute * HOUR / 60, 5 if minute == 50 else 1000 + minute * 100)
        if minute in {40, 45, 55}:
            await hall.turn()
    await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {0: 1500, 1: 1500, 2: 1500, 3: 1500}
    assert await hall.rolled_up() == await hall.from_scratch()


async def test_what_a_clock_that_was_ahead_kept_is_read_again(hall: Floor) -> None:
    """It had kept all that came until tomorrow."""
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 0)
    await hall.reads("CP1", ref, at + HOUR / 60, 100)
    await hall.turn()
    await hall.sql.execute("UPDATE rollup_running SET read_until = $1", at + 24 * HOUR)
    hall.clock.advance(600)
    await hall.reads("CP1", ref, at + HOUR / 12, 700)
    await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {0: 700}


async def test_readings_of_a_queue_move_energy_to_where_it_was_taken(hall: Floor) -> None:
    """Told after the end, with the same total: no event tells of the second one, the roll-up has it all the same."""
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 0)
    hall.clock.advance(3 * 3600)
    await hall.stops("CP1", ref, at + 2 * HOUR, 8000)
    await hall.turn()
    assert await _energy(hall, BEGIN.date()) == dict.fromkeys(range(8), 1000)
    for hours, wh in ((1, 8000), (0.5, 8000)):
        await hall.reads("CP1", ref, at + hours * HOUR, wh)
        hall.clock.advance(300)
        await hall.turn()
    assert await _energy(hall, BEGIN.date()) == {0: 4000, 1: 4000}


async def test_a_transaction_over_midnight_is_on_both_days(hall: Floor) -> None:
    """And what a charger tells days later of one that it ended without a line is moved from now to then."""
    hall.clock.advance(23 * 3600)
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 0)
    for _ in range(60):
        hall.clock.advance(3600)
        await hall.turn()
    days = "SELECT day, in_use_s[array_upper(in_use_s, 1)] FROM charging_days ORDER BY day"
    assert [row[1] for row in await hall.sql.fetch(days)] == [3600, 86_400, 86_400, 39_600]
    await hall.stops("CP1", ref, at + 2 * HOUR, 4000)
    await hall.turn()
    assert [row[1] for row in await hall.sql.fetch(days)] == [3600, 3600]
    assert sum((await _energy(hall, BEGIN.date())).values()) == 2000
    await hall.settle()
    assert await hall.rolled_up() == await hall.from_scratch()


async def test_a_transaction_that_nobody_ended_lasted_until_it_was_last_heard_of(hall: Floor) -> None:
    """The next one began at its EVSE: what counted as in use until then is taken back."""
    at = hall.clock.now()
    ref = await hall.starts("CP1", at, 0, tag="A")
    hall.clock.advance(600)
    await hall.reads("CP1", ref, at + timedelta(minutes=10), 500)
    hall.clock.advance(3600)
    await hall.turn()
    await hall.starts("CP1", hall.clock.now(), 500, tag="B")
    hall.clock.advance(300)
    await hall.turn()
    found = await hall.sql.fetch("SELECT id_tag, in_use_s FROM charging_days ORDER BY id_tag")
    assert [(row[0], row[1][-1]) for row in found] == [("A", 600), ("B", 300)]
    await hall.settle()
    assert await hall.rolled_up() == await hall.from_scratch()


async def test_an_evse_is_used_once_at_a_time(hall: Floor) -> None:
    """Where two transactions overlap, the time is that of the one that began last."""
    at = hall.clock.now()
    hall.clock.advance(4 * 3600)
    for tag, begin, end in (("A", 0, 3), ("B", 1, 2)):
        ref = await hall.starts("CP1", at + begin * HOUR, 0, tag=tag)
        await hall.stops("CP1", ref, at + end * HOUR, 10)
    await hall.turn()
    found = await hall.sql.fetch("SELECT id_tag, in_use_s FROM charging_days ORDER BY id_tag")
    assert [(row[0], row[1][-1]) for row in found] == [("A", 7200), ("B", 3600)]


async def test_seconds_online_and_out_of_order(hall: Floor) -> None:
    """Time counts from the charger's creation, connections from the first; a fault counts while it is online."""
    hall.clock.advance(3600)
    epoch = await hall.connects("CP1")
    hall.clock.advance(3600)
    await hall.says("CP1", "available")
    hall.clock.advance(900)
    await hall.says("CP1", "faulted")
    hall.clock.advance(900)
    await hall.leaves("CP1", epoch)
    hall.clock.advance(900)
    await hall.connects("CP1")
    hall.clock.advance(450)
    await hall.says("CP1", "available")
    hall.clock.advance(3600)
    await hall.turn()
    day = BEGIN.date()
    assert sum(await _seconds(hall, day, "time_s")) == 2 * 3600 + 3 * 900 + 450 + 3600
    watched = await _seconds(hall, day, "watched_s")
    assert (watched[:5], sum(watched)) == ([0, 0, 0, 0, 900], 3600 + 3 * 900 + 450 + 3600)
    assert (await _seconds(hall, day, "online_s"))[4:14] == [900] * 6 + [0] + [900] * 3
    assert (await _seconds(hall, day, "out_of_order_s"))[8:13] == [0, 900, 0, 450, 0]


async def test_a_charger_of_two_evses_counts_twice(hall: Floor) -> None:
    """Out of order is an EVSE when all its connectors are; the whole charger when it says so of itself."""
    await hall.connects("CP1")
    await hall.sql.execute(
        "INSERT INTO connectors (organization_id, charger_id, evse_id, connector_id, status, state, last_status_update,"
        " created_at) SELECT organization_id, id, n, n, 'available', 'available', $1, $1 FROM chargers,"
        " generate_series(1, 2) n",
        BEGIN,
    )
    hall.clock.advance(900)
    await hall.says("CP1", "unavailable", evse=2)
    hall.clock.advance(900)
    await hall.says("CP1", "faulted", evse=0)
    hall.clock.advance(3600)
    await hall.turn()
    assert (await _seconds(hall, BEGIN.date(), "online_s"))[:3] == [1800] * 3
    assert (await _seconds(hall, BEGIN.date(), "out_of_order_s"))[:3] == [0, 900, 1800]


async def test_a_connection_ends_with_its_node(hall: Floor) -> None:
    """A gateway that died holds no charger, although nobody wrote down that the connection ended."""
    await hall.connects("CP1")
    await hall.sql.execute("UPDATE gateway_nodes SET lease_until = $1", BEGIN + HOUR)
    hall.clock.advance(3 * 3600)
    await hall.turn()
    assert sum(await _seconds(hall, BEGIN.date(), "online_s")) == 3600
    await hall.connects("CP1", "another node")
    hall.clock.advance(3600)
    await hall.turn()
    assert sum(await _seconds(hall, BEGIN.date(), "online_s")) == 7200


async def test_a_status_that_was_told_a_day_late_counts_where_it_belongs(hall: Floor) -> None:
    """Up to a day; older ones are history only."""
    await hall.connects("CP1")
    hall.clock.advance(26 * 3600)
    await hall.turn()
    await hall.says("CP1", "faulted", BEGIN + 3 * HOUR)
    await hall.says("CP1", "available", BEGIN + 4 * HOUR)
    hall.clock.advance(300)
    await hall.turn()
    assert sum(await _seconds(hall, BEGIN.date(), "out_of_order_s")) == 3600
    await hall.says("CP1", "faulted", BEGIN + HOUR)
    hall.clock.advance(300)
    await hall.turn()
    assert sum(await _seconds(hall, BEGIN.date(), "out_of_order_s")) == 3600


async def test_a_clock_that_was_ahead_leaves_no_days_that_never_were(hall: Floor) -> None:
    """The wall clock stood three days ahead for a turn."""
    await hall.connects("CP1")
    ref = await hall.starts("CP1", hall.clock.now(), 0)
    hall.clock.advance(3600)
    await hall.turn()
    hall.clock.jump(3 * 86_400)
    await hall.turn()
    assert await hall.sql.fetchval("SELECT count(*) FROM availability_days") == 4
    hall.clock.jump(-3 * 86_400)
    await hall.turn()
    assert await hall.sql.fetchval("SELECT count(*) FROM availability_days") == 1
    hall.clock.advance(60)
    await hall.stops("CP1", ref, hall.clock.now(), 100)
    hall.clock.advance(60)
    await hall.turn()
    await hall.settle()
    assert await hall.rolled_up() == await hall.from_scratch()
    assert await hall.sql.fetchval("SELECT energy_wh[96] FROM fleet_days WHERE day = $1", BEGIN.date()) == 100


async def test_history_is_worked_out_in_steps(hall: Floor) -> None:
    """What was charged before the first turn: charger by charger, and what is known of one already stays as it is."""
    for number in range(30):
        await hall.charger(f"OLD{number:02}", created_at=BEGIN - timedelta(days=3))
        await hall.sql.execute(
            "INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, id_tag, "
            '"authorization", meter_start, meter_stop, energy_wh, start_timestamp, start_received_at, stop_timestamp,'
            " stop_received_at, status, created_at) SELECT gen_random_uuid(), organization_id, $1, 1, 1, 'T', 'accepted',"
            " 0, 96, 96, $2, $2, $3, $3, 'completed', $2 FROM installation",
            f"OLD{number:02}", BEGIN - timedelta(days=2), BEGIN - timedelta(days=1),
        )  # fmt: skip
    await hall.turn()
    assert await hall.sql.fetchval("SELECT backfilled_to FROM rollup_states") is None
    sums = await hall.sql.fetchrow("SELECT energy_wh, started, time_s FROM fleet_days WHERE day = $1", date(2026, 3, 8))
    assert (sums["energy_wh"][-1], sums["started"][-1], sums["time_s"][-1]) == (30 * 96, 30, 30 * 86_400)
    assert sums["energy_wh"][0] == 30


async def test_a_turn_rests_as_long_as_it_worked_and_leaves_history_for_the_next(
    hall: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are asked of the same processors; a large history does not keep a turn from its end."""
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        hall.clock.advance(seconds)

    async def slow(*_: object) -> int:
        hall.clock.advance(40)
        return 0

    monkeypatch.setattr(jobs, "asyncio", SimpleNamespace(sleep=rest))
    monkeypatch.setattr(jobs, "recompute", slow)
    for number in range(60):
        await hall.charger(f"OLD{number:02}", created_at=BEGIN - timedelta(hours=3))
    await hall.turn()
    assert rests == [40, 40]  # 25 chargers each: two minutes are over after the second rest
    state = "SELECT backfilled_to FROM rollup_states"
    assert await hall.sql.fetchval(state) == "OLD48"
    await hall.turn()
    assert await hall.sql.fetchval(state) is None


async def test_the_facts_of_long_ago_are_gone_and_what_was_made_of_them_stays(hall: Floor) -> None:
    """Behind the time that connections are kept, nothing is worked out that would now come out as never online."""
    await hall.connects("CP1")
    hall.clock.advance(4 * 3600)
    await hall.turn()
    before = await hall.sql.fetch("SELECT * FROM availability_days")
    hall.clock.advance(450 * 86_400)
    await hall.sql.execute("DELETE FROM past_connections")
    await hall.sql.execute("UPDATE rollup_states SET backfilled_to = '', swept_until = $1", hall.clock.now())
    await hall.turn()
    assert await hall.sql.fetch("SELECT * FROM availability_days WHERE day = $1", BEGIN.date()) == before


async def test_a_beginning_that_is_told_last_of_all_counts(hall: Floor) -> None:
    """2.x: its end came first, then a reading, then its beginning, which changes neither its energy nor its flags."""
    at = BEGIN + HOUR
    hall.clock.advance(5 * 3600)
    await hall.event("CP1", "A", 2, TransactionStage.ENDED, at + 2 * HOUR, 1000)
    await hall.event("CP1", "A", 1, TransactionStage.UPDATED, at + HOUR, 1000)
    await hall.turn()
    heard = hall.deliveries
    await hall.event("CP1", "A", 0, TransactionStage.STARTED, at, 1000)
    assert hall.deliveries > heard
    hall.clock.advance(300)
    await hall.turn()
    (row,) = await hall.sql.fetch("SELECT first, in_use_s FROM charging_days")
    assert (row["first"], row["in_use_s"][-1]) == (5, 7200)
