# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The database goes away and comes back: chargers stay, nothing is acknowledged meanwhile, everything is stored after."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.compare import lost_in_api, lost_in_database
from tests.faults.external import ExternalPostgres
from tests.faults.fleet import PASSWORD, TAG, Fleet
from tests.faults.process import CsmsProcess
from tests.support.charger import NOW, connected

NAMES = [f"CP{number:02}" for number in range(10)]
PATIENT, HASTY = (60.0,), (1.5, 3.0)
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/api/v1/me", {}),
    ("GET", "/api/v1/chargers", {}),
    ("GET", "/api/v1/chargers/CP00", {}),
    ("GET", "/api/v1/chargers/CP00/messages", {}),
    ("GET", "/api/v1/transactions", {}),
    ("GET", "/api/v1/transactions/1", {}),
    ("GET", "/api/v1/tokens", {}),
    ("GET", "/api/v1/jobs", {}),
    ("GET", "/api/v1/audit", {}),
    ("POST", "/api/v1/tokens", {"value": "NEW"}),
    ("POST", "/api/v1/chargers", {"id": "NEW"}),
    ("POST", "/api/v1/chargers/CP00/commands", {"type": "reset"}),
    ("POST", "/api/v1/auth/login", {"username": "admin", "password": "wrong horse"}),
)


@pytest.fixture
async def external(folder: Path) -> AsyncIterator[ExternalPostgres]:
    """A migrated server that was not started yet."""
    server = ExternalPostgres(folder)
    await server.make()
    yield server
    await server.stop()


async def _says(csms: CsmsProcess, path: str, status: int) -> None:
    """Wait until a probe answers so; the other kind of answer is never something else."""
    async with asyncio.timeout(20):
        while (found := await csms.status(path)) != status:
            assert found in {200, 503}, found
            await asyncio.sleep(0.1)


async def _refuses_in_order(csms: CsmsProcess) -> None:
    """Every door of the API says 503 with a problem document."""
    for method, path, body in ASKED:
        status, said = await csms.ask(method, path, **body)
        assert status == 503, (method, path, status, said)
        assert said["code"] == "unavailable", (method, path, said)
    assert await csms.status("/healthz") == 200
    assert await csms.status("/metrics") == 200


async def _introduce(csms: CsmsProcess, *names: str) -> None:
    """Chargers that booted in an earlier connection, as all but new ones did."""
    for name in names:
        async with connected(csms.ocpp_url, name, password=PASSWORD, boot=True):
            pass


async def _nothing_was_lost(csms: CsmsProcess, external: ExternalPostgres, fleet: Fleet) -> None:
    sql = await external.sql()
    assert await lost_in_database(sql, fleet, unknown_commits=1) == []
    assert await lost_in_api(csms, fleet, sql) == []
    await sql.close()
    assert fleet.errors == []


async def test_a_charger_that_just_booted_comes_back_while_the_database_is_away(
    folder: Path, external: ExternalPostgres
) -> None:
    """Accepted outlives the socket (decision 10), also when the gateway has to go by its memory."""
    await external.start()
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        await csms.start()
        await csms.provision(["NEW"], PASSWORD, TAG)
        async with connected(csms.ocpp_url, "NEW", password=PASSWORD, boot=True):
            await external.stop()
        await _says(csms, "/readyz", 503)
        async with connected(csms.ocpp_url, "NEW", password=PASSWORD) as again:
            assert "currentTime" in await again.call("Heartbeat")
            await external.start()
            assert (await again.start(TAG, timestamp=NOW))["transactionId"] > 0


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGINT], ids=["immediately", "in order"])
async def test_chargers_stay_connected_and_are_answered_afterwards(
    folder: Path, external: ExternalPostgres, how: signal.Signals
) -> None:
    """/readyz and the API say that it is away; when it is back everything goes on without a restart."""
    await external.start()
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        await csms.start()
        await csms.provision([*NAMES, "BEATS"], PASSWORD, TAG)
        fleet = Fleet(csms.ocpp_url, NAMES, 1, timeouts_s=PATIENT)
        await _introduce(csms, "BEATS")
        async with fleet.talking(), connected(csms.ocpp_url, "BEATS", password=PASSWORD) as beats:
            await fleet.progress()
            await external.stop(how)
            await asyncio.sleep(0.2)  # what was committed is on its way to those who wait for it
            told = len(fleet.acknowledged)
            await _says(csms, "/readyz", 503)
            await _refuses_in_order(csms)
            assert "currentTime" in await beats.call("Heartbeat")
            async with connected(csms.ocpp_url, "BEATS", password=PASSWORD) as again:
                assert "currentTime" in await again.call("Heartbeat")
            assert len(fleet.acknowledged) == told
            await external.start()
            await fleet.progress(patience_s=15)
            await _says(csms, "/readyz", 200)
            async with connected(csms.ocpp_url, "BEATS", password=PASSWORD, boot=True) as obeys:
                obeys.answers["Reset"] = {"status": "Accepted"}
                status, done = await csms.ask("POST", "/api/v1/chargers/BEATS/commands?wait=10", type="reset")
                assert (status, done["status"]) == (200, "accepted"), done
            await fleet.run_dry()
        assert [charger.connects for charger in fleet.chargers] == [1] * len(NAMES)
        await _nothing_was_lost(csms, external, fleet)


async def test_what_a_charger_sent_meanwhile_is_stored_in_its_order(folder: Path, external: ExternalPostgres) -> None:
    """A charger that does not wait for answers: a whole session, told while nobody could store it."""
    await external.start()
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        await csms.start()
        await csms.provision(["CP1"], PASSWORD, TAG)
        async with connected(csms.ocpp_url, "CP1", password=PASSWORD, boot=True) as charger:
            number = (await charger.start(TAG))["transactionId"]
            await external.stop()
            answered: list[int] = []
            calls = []
            for place, register in enumerate(range(1_010, 1_200, 10)):
                call = asyncio.create_task(charger.meter(number, register))
                call.add_done_callback(lambda _, place=place: answered.append(place))
                calls.append(call)
            calls.append(asyncio.create_task(charger.stop(number, 1_200)))
            await _says(csms, "/readyz", 503)
            assert not any(call.done() for call in calls)
            await external.start()
            await asyncio.wait_for(asyncio.gather(*calls), 30)
            assert answered == sorted(answered)
        sql = await external.sql()
        rows = await sql.fetch("SELECT energy_wh FROM meter_values ORDER BY received_at")
        assert [row[0] for row in rows] == list(range(1_010, 1_200, 10))
        row = await sql.fetchrow("SELECT status, energy_wh, flags FROM transactions")
        assert tuple(row) == ("completed", 200, [])
        await sql.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_away_for_longer_than_messages_are_held(folder: Path, external: ExternalPostgres) -> None:
    """After 20 s they are left unanswered; chargers that hang up or repeat themselves make it no worse."""
    await external.start()
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        await csms.start()
        await csms.provision(NAMES, PASSWORD, TAG)
        await _introduce(csms, *NAMES)
        fleet = Fleet(csms.ocpp_url, NAMES, 2, timeouts_s=HASTY)
        async with fleet.talking():
            await fleet.progress()
            await external.stop()
            await asyncio.sleep(0.2)
            told = len(fleet.acknowledged)
            await asyncio.sleep(30)
            assert len(fleet.acknowledged) == told
            await external.start()
            await fleet.progress(patience_s=20)
            await fleet.run_dry()
        await _nothing_was_lost(csms, external, fleet)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_server_that_hangs(folder: Path, external: ExternalPostgres) -> None:
    """Frozen for longer than a statement may take: what it does after all, and what was sent again, happen once."""
    await external.start()
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        await csms.start()
        await csms.provision(NAMES, PASSWORD, TAG)
        await _introduce(csms, *NAMES)
        fleet = Fleet(csms.ocpp_url, NAMES, 5, timeouts_s=(*HASTY, *PATIENT))
        async with fleet.talking():
            await fleet.progress()
            async with external.frozen():
                await asyncio.sleep(0.2)
                told = len(fleet.acknowledged)
                await _says(csms, "/readyz", 503)
                assert await csms.status("/healthz") == 200
                await asyncio.sleep(40)
                assert len(fleet.acknowledged) == told
            await fleet.progress(patience_s=30)
            await _says(csms, "/readyz", 200)
            await fleet.run_dry()
        await _nothing_was_lost(csms, external, fleet)


async def test_a_server_that_starts_later_is_waited_for(folder: Path, external: ExternalPostgres) -> None:
    """After a power cut nobody promises an order: csms says what it waits for, and serves when it is there."""
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        csms.launch()
        async with asyncio.timeout(20):
            while "waiting for the database" not in csms.said():
                assert csms.running, csms.last_words()
                await asyncio.sleep(0.05)
        await external.start()
        async with asyncio.timeout(20):
            while await csms.status("/readyz") != 200:
                assert csms.running, csms.last_words()
                await asyncio.sleep(0.05)
        await csms.provision(["CP1"], PASSWORD, TAG)
        async with connected(csms.ocpp_url, "CP1", password=PASSWORD, boot=True) as charger:
            assert (await charger.start(TAG, timestamp=NOW))["transactionId"] > 0


async def test_waiting_ends_when_it_is_told_to_stop(folder: Path, external: ExternalPostgres) -> None:
    """SIGTERM while there is no database: exit code 0, at once."""
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url()) as csms:
        csms.launch()
        async with asyncio.timeout(20):
            while "waiting for the database" not in csms.said():
                assert csms.running, csms.last_words()
                await asyncio.sleep(0.05)
        assert csms.process is not None
        csms.process.terminate()
        assert await csms.exit_code(5) == 0
