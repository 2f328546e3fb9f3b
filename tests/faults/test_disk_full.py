# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A disk that is full under a database that runs (attack 39): nobody is told that something was stored that was not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.compare import lost_in_database
from tests.faults.disk import fill, small_disk
from tests.faults.external import ExternalPostgres
from tests.faults.fleet import PASSWORD, TAG, Fleet
from tests.faults.process import CsmsProcess
from tests.support.charger import connected

NAMES = [f"CP{number:02}" for number in range(5)]
SIZE_MIB = 160


@pytest.fixture
async def small(folder: Path) -> AsyncIterator[ExternalPostgres]:
    """A database on a disk of its own that is soon full."""
    async with small_disk(folder / "disk", SIZE_MIB) as disk:
        if disk is None:
            pytest.skip("needs the right to mount a tmpfs")
        external = ExternalPostgres(disk)
        await external.make()
        await external.start()
        yield external
        await external.stop()


@pytest.mark.timeout(180)
async def test_a_disk_that_fills_up(folder: Path, small: ExternalPostgres) -> None:
    """Chargers stay connected and are not answered until there is room; then all goes on, and nothing is lost."""
    async with CsmsProcess(folder, CSMS_DATABASE__URL=small.url()) as csms:
        await csms.start()
        await csms.provision([*NAMES, "BEATS"], PASSWORD, TAG)
        fleet = Fleet(csms.ocpp_url, NAMES, 1)
        async with fleet.talking(), connected(csms.ocpp_url, "BEATS", password=PASSWORD, boot=True) as beats:
            await fleet.progress()
            filler = folder / "disk" / "filler"
            fill(filler)
            full = await _stands_still(fleet)
            assert "currentTime" in await beats.call("Heartbeat")
            await asyncio.sleep(1)
            assert len(fleet.acknowledged) == full
            filler.unlink()
            await fleet.progress(patience_s=60)
            assert "currentTime" in await beats.call("Heartbeat")
            await fleet.run_dry()
        sql = await small.sql()
        assert await lost_in_database(sql, fleet, unknown_commits=1) == []
        await sql.close()
        assert fleet.errors == []


async def _stands_still(fleet: Fleet) -> int:
    """Until nothing was acknowledged for two seconds; how much was."""
    async with asyncio.timeout(60):
        while True:
            before = len(fleet.acknowledged)
            await asyncio.sleep(2)
            if len(fleet.acknowledged) == before:
                return before
