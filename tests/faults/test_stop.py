# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SIGTERM under load: what was received is stored and answered, the exit code is 0, nothing of the server is left."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.compare import lost_in_api, lost_in_database
from tests.faults.external import ExternalPostgres
from tests.faults.fleet import PASSWORD, TAG, Fleet
from tests.faults.process import CsmsProcess

NAMES = [f"CP{number:02}" for number in range(20)]
STOPS = 3
IN_TIME_S = 8.0  # well before the time for draining is over


async def test_sigterm_under_load_loses_nothing(folder: Path) -> None:
    """Stopped and started again three times; a stop in order leaves no reading in doubt, so none is there twice."""
    async with CsmsProcess(folder) as csms:
        await csms.start()
        await csms.provision(NAMES, PASSWORD, TAG)
        fleet = Fleet(csms.ocpp_url, NAMES, 3, pace_s=0.01)
        async with fleet.talking():
            for _ in range(STOPS):
                await fleet.progress()
                assert csms.process is not None
                csms.process.terminate()
                assert await csms.exit_code(IN_TIME_S) == 0
                assert csms.servers() == []
                await csms.start()
            await fleet.progress()
            await fleet.run_dry()
        sql = await csms.sql()
        assert await lost_in_database(sql, fleet) == []
        assert await lost_in_api(csms, fleet, sql) == []
        await sql.close()
        assert fleet.errors == []


@pytest.mark.slow
async def test_sigterm_without_a_database_ends_all_the_same(folder: Path) -> None:
    """What cannot be stored is left to the chargers: the process ends when the time for draining is over."""
    external = ExternalPostgres(folder)
    await external.make()
    await external.start()
    async with CsmsProcess(folder, CSMS_DATABASE__URL=external.url(), CSMS_OCPP__DRAIN_TIMEOUT_S="3") as csms:
        await csms.start()
        await csms.provision(NAMES, PASSWORD, TAG)
        fleet = Fleet(csms.ocpp_url, NAMES, 4)
        async with fleet.talking():
            await fleet.progress()
            await external.stop()
            await asyncio.sleep(1)
            assert csms.process is not None
            csms.process.terminate()
            assert await csms.exit_code(30) == 0
            await external.start()
            await csms.start()
            await fleet.run_dry()
        sql = await external.sql()
        assert await lost_in_database(sql, fleet, unknown_commits=1) == []
        await sql.close()
        assert fleet.errors == []
    await external.stop()
