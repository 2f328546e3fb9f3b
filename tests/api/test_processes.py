# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Which processes run and how they do, and what the database works at longest."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from csms.api import processes
from csms.kit.clock import FakeClock
from csms.kit.db.processes import ProcessRow
from csms.kit.figures import Sampler
from csms.kit.metrics import LoopLagMonitor, Metrics
from tests.api.support import Product
from tests.support.charger import connected
from tests.support.csms import running
from tests.support.postgres import Database

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PROCESSES = "/api/v1/operations/processes"
STATEMENTS = "/api/v1/operations/statements"


def _row(api: Product, node: str, clock: FakeClock) -> ProcessRow:
    metrics = Metrics(process=False)
    sampler = Sampler(metrics, LoopLagMonitor(metrics), {"application": lambda: (5, 2)}, clock)
    return ProcessRow(api.units.unscoped, node, "worker", "1.2.3", sampler, clock, interval_s=0.01)


async def _lost(api: Product) -> dict[str, bool]:
    return {each["id"]: each["lost"] for each in (await api.client.get(PROCESSES)).json()["items"]}


async def test_a_process_tells_how_it_does_and_says_goodbye(api: Product) -> None:
    """It is there while it runs, and gone after it."""
    row = _row(api, "n1", FakeClock(NOW))
    await row.start()
    while not (found := (await api.client.get(PROCESSES)).json()["items"]):
        await asyncio.sleep(0.01)
    assert (found[0]["id"], found[0]["role"], found[0]["version"], found[0]["lost"]) == ("n1", "worker", "1.2.3", False)
    assert found[0]["figures"]["pools"] == [{"name": "application", "size": 5, "used": 2}]
    await row.stop()
    assert (await api.client.get(PROCESSES)).json() == {"items": []}


async def test_one_that_ended_without_a_word_is_lost_and_forgotten_after_an_hour(api: Product) -> None:
    """It missed telling its figures three times; another one takes what is old away."""
    row = _row(api, "n1", FakeClock(NOW))
    await row.start()
    while not (await api.client.get(PROCESSES)).json()["items"]:
        await asyncio.sleep(0.01)
    silent = """
    INSERT INTO processes SELECT $1, 'gateway', host, pid, version, started_at, now() - $2::text::interval, figures
    FROM processes WHERE id = 'n1'
    """
    await api.sql.execute(silent, "dead", "31 s")
    await row.stop()
    await api.sql.execute(silent.replace("'n1'", "'dead'"), "old", "61 min")
    assert await _lost(api) == {"dead": True, "old": True}
    other = _row(api, "n2", FakeClock(NOW))
    await other.start()
    while (lost := await _lost(api)) != {"dead": True, "n2": False}:
        assert lost in ({"dead": True, "old": True}, {"dead": True, "old": True, "n2": False})
        await asyncio.sleep(0.01)
    await other.stop()


async def test_a_database_that_is_away_is_told_once_and_holds_nothing_up(api: Product) -> None:
    """The process goes on, and ends, all the same."""
    clock = FakeClock(NOW)
    metrics = Metrics(process=False)
    sampler = Sampler(metrics, LoopLagMonitor(metrics), {}, clock)

    def nowhere() -> object:
        raise ConnectionRefusedError("nobody listens")

    row = ProcessRow(nowhere, "n1", "worker", "1", sampler, clock, interval_s=0.001)  # type: ignore[arg-type]
    with capture_logs() as logs:
        await row.start()
        await asyncio.sleep(0.05)
        await row.stop()
    assert [line["log_level"] for line in logs] == ["warning", "info"]


async def test_a_whole_csms_tells_of_its_chargers(database: Database, tmp_path: Path) -> None:
    """From the socket to the figures; the row goes with the process."""
    async with running(database, tmp_path) as csms:
        await csms.charger("CP1")
        async with connected(csms.url, "CP1", boot=True):
            row = await csms.rows("SELECT role, figures::text FROM processes")
            assert [each["role"] for each in row] == ["all"]
            assert '"gateway"' in row[0]["figures"]
    connection = await database.connect()
    assert await connection.fetchval("SELECT count(*) FROM processes") == 0
    await connection.close()


async def test_statements_are_counted_by_role_without_their_values(api: Product) -> None:
    """Nobody sees what other roles of the server did: those texts may hold passwords."""
    found = (await api.client.get(STATEMENTS, params={"limit": 100})).json()
    if not await api.sql.fetchval("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'"):
        assert found == {"available": False, "since": None, "items": []}
        pytest.skip("these programs of PostgreSQL come without pg_stat_statements")
    # counted although it is undone: the role is the whole server's, and other tests log in with it
    await api.sql.execute("BEGIN; ALTER ROLE csms_owner PASSWORD 'gone'; ROLLBACK")
    await api.client.get("/api/v1/chargers")
    found = (await api.client.get(STATEMENTS, params={"limit": 100})).json()
    assert found["available"]
    assert found["since"] is not None
    assert [each for each in found["items"] if "FROM chargers" in each["text"]]
    assert {each["role"] for each in found["items"]} <= {"csms_app", "csms_ingest"}
    assert not [each for each in found["items"] if "gone" in each["text"] or "insufficient" in each["text"]]
    totals = [each["total_ms"] for each in found["items"]]
    assert totals == sorted(totals, reverse=True)
    assert len((await api.client.get(STATEMENTS, params={"limit": 2})).json()["items"]) == 2
    await api.sql.execute("CREATE EXTENSION pg_stat_statements")  # there as well: the same counts, from nearer
    again = (await api.client.get(STATEMENTS, params={"limit": 100})).json()
    # of the whole server: those far below may have been overtaken meanwhile
    assert {each["text"] for each in found["items"][:20]} <= {each["text"] for each in again["items"]}


async def test_a_server_that_does_not_count(api: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there are no counts is an answer, no error; that the database is away is one, and no answer."""
    connect = asyncpg.connect

    async def refused(url: str, **options: float) -> asyncpg.Connection:
        if "/postgres" in url or away:
            raise asyncpg.InvalidCatalogNameError("no such database")
        return await connect(url, **options)

    monkeypatch.setattr(processes.asyncpg, "connect", refused)
    away = False
    assert (await api.client.get(STATEMENTS)).json() == {"available": False, "since": None, "items": []}
    away = True
    assert (await api.client.get(STATEMENTS)).status_code == 503


async def test_who_may_look(api: Product) -> None:
    """Nobody who is not signed in."""
    async with api.as_nobody() as nobody:
        assert (await nobody.get(PROCESSES)).status_code == 401
        assert (await nobody.get(STATEMENTS)).status_code == 401
