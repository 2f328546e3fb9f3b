# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""In whatever order reports arrive, and whenever the worker looks: the same as made from scratch."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.domain.messages import TransactionStage
from tests.features.reports.support import BEGIN, ROLLED_UP, Floor, floor
from tests.support.postgres import Database, Server

MINUTE = timedelta(minutes=1)
_DELAYS = st.sampled_from([0, 0, 0, 3, 40, 200, 1500])


@dataclass(frozen=True)
class Message:
    """What a charger says at a minute, and how much later it arrives."""

    at: int
    delay: int
    charger: str
    what: str
    arguments: tuple[Any, ...] = ()


@st.composite
def stories(draw: st.DrawFn) -> list[Message]:
    """Some sessions on two chargers, lines that come and go, faults; each message with a delay of its own."""
    found: list[Message] = []
    for charger in ("CP1", "CP2"):
        at = draw(st.integers(0, 600))
        for number in range(draw(st.integers(1, 3))):
            ref, register, seq_no = f"{charger}-{number}", draw(st.integers(0, 5000)), 1
            found.append(Message(at, draw(_DELAYS), charger, "event", (ref, 0, TransactionStage.STARTED, register)))
            for _ in range(draw(st.integers(0, 4))):
                at += draw(st.integers(1, 400))
                register += draw(st.integers(0, 4000))
                told = (ref, seq_no, TransactionStage.UPDATED, register)
                found.append(Message(at, draw(_DELAYS), charger, "event", told))
                seq_no += 1
            if draw(st.booleans()):
                at += draw(st.integers(0, 300))
                told = (ref, seq_no, TransactionStage.ENDED, register)
                found.append(Message(at, draw(_DELAYS), charger, "event", told))
            at += draw(st.integers(1, 300))
        found += [
            Message(draw(st.integers(0, 2500)), draw(_DELAYS), charger, "says", (status,))
            for status in draw(st.lists(st.sampled_from(["available", "faulted", "occupied"]), max_size=4))
        ]
        found += [
            Message(draw(st.integers(0, 2500)), 0, charger, what)
            for what in draw(st.lists(st.sampled_from(["connects", "leaves"]), max_size=4))
        ]
    return found


async def _play(hall: Floor, story: list[Message], looks: list[int]) -> None:
    """Each message when it arrives; the worker looks at some minutes of its own."""
    epochs: dict[str, int] = {}
    due = sorted([(each.at + each.delay, number, each) for number, each in enumerate(story)], key=lambda one: one[:2])
    turns = sorted(looks)
    for arrives, _, message in due:
        while turns and turns[0] <= arrives:
            _move(hall, turns.pop(0))
            await hall.turn()
        _move(hall, arrives)
        at = BEGIN + message.at * MINUTE
        match message.what:
            case "event":
                ref, seq_no, stage, register = message.arguments
                await hall.event(message.charger, ref, seq_no, stage, at, register)
            case "says":
                await hall.says(message.charger, *message.arguments, at)
            case "connects":
                epochs[message.charger] = await hall.connects(message.charger)
            case "leaves" if message.charger in epochs:
                await hall.leaves(message.charger, epochs.pop(message.charger))


def _move(hall: Floor, minute: int) -> None:
    hall.clock.advance(max(0.0, (BEGIN + minute * MINUTE - hall.clock.now()).total_seconds()))


@pytest.mark.timeout(600)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(), looks=st.lists(st.integers(0, 4500), max_size=12))
def test_any_order_of_arrivals_comes_out_the_same(pg_server: Server, story: list[Message], looks: list[int]) -> None:
    """Late events, late statuses, ends before beginnings, turns in between: nothing is left of how it came about."""

    async def one(database: Database) -> None:
        async with floor(database) as hall:
            for name in ("CP1", "CP2"):
                await hall.charger(name)
            await hall.turn()
            await _play(hall, story, looks)
            await hall.settle()
            found = await hall.rolled_up()
            assert found == await hall.from_scratch()
            await _add_up(hall.sql)

    async def all_of_it() -> None:
        async with pg_server.clone() as database:
            await one(database)

    asyncio.run(all_of_it())


async def _add_up(sql: asyncpg.Connection) -> None:
    """What was rolled up is what the transactions took, whole Wh by whole Wh; the fleet is all chargers together."""
    took = await sql.fetchval("SELECT coalesce(sum(round(energy_wh)), 0) FROM transactions WHERE status = 'completed'")
    rolled = await sql.fetchval(
        "SELECT coalesce(sum(energy_wh[array_upper(energy_wh, 1)]), 0) FROM charging_days d WHERE NOT EXISTS"
        " (SELECT FROM transactions t WHERE t.charger_id = d.charger_id AND t.status <> 'completed')"
    )
    fleet = await sql.fetchval("SELECT coalesce(sum(energy_wh[96]), 0) FROM fleet_days")
    all_of_it = await sql.fetchval("SELECT coalesce(sum(energy_wh[array_upper(energy_wh, 1)]), 0) FROM charging_days")
    assert fleet == all_of_it
    if not await sql.fetchval("SELECT EXISTS (SELECT FROM transactions WHERE status <> 'completed')"):
        assert rolled == took


@pytest.mark.parametrize("table", ROLLED_UP)
async def test_the_comparison_is_about_something(database: Database, table: str) -> None:
    """The property above would hold if nothing were ever rolled up."""
    async with floor(database) as hall:
        await hall.charger("CP1")
        await hall.event("CP1", "A", 0, TransactionStage.STARTED, BEGIN, 0)
        await hall.settle()
        assert (await hall.rolled_up())[table]
