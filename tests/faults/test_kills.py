# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`kill -9` of csms and of PostgreSQL at any point: no acknowledged message is lost, no transaction is there twice."""

from pathlib import Path

import pytest

from tests.faults.compare import lost_in_api, lost_in_database
from tests.faults.fleet import PASSWORD, TAG, Fleet
from tests.faults.killer import Blow, Killer
from tests.faults.process import CsmsProcess

SEED = 20_261_124


async def _survive(folder: Path, kills: int, chargers: int, seed: int) -> None:
    async with CsmsProcess(folder) as csms:
        await csms.start()
        names = [f"CP{number:02}" for number in range(chargers)]
        await csms.provision(names, PASSWORD, TAG)
        fleet = Fleet(csms.ocpp_url, names, seed)
        killer = Killer(csms, fleet, seed)
        async with fleet.talking():
            await fleet.progress()
            await killer.strike(kills)
            await fleet.run_dry()
        sql = await csms.sql()
        lost = await lost_in_database(sql, fleet, unknown_commits=killer.blows.total())
        lost += await lost_in_api(csms, fleet, sql)
        await sql.close()
        told = fleet.told()
        print(
            f"\n{killer.blows.total()} kills ({', '.join(f'{n} {blow}' for blow, n in killer.blows.items())}; "
            f"{killer.committing} in the middle of a commit, {killer.during_start} before the last was over), {told.total()} messages acknowledged "
            f"({told['StartTransaction']} starts, {told['StopTransaction']} stops, {told['MeterValues']} readings; "
            f"{fleet.repeated()} sent more than once), longest recovery {killer.longest_s:.1f} s, "
            f"csms gave up {len(killer.gave_up)} times, lost = {len(lost)}"
        )
        assert lost == []
        assert fleet.errors == []
        assert set(killer.blows) == set(Blow)


async def test_kills_under_load_lose_nothing(folder: Path) -> None:
    """Each kind of kill once; what the chargers were told is what the database and the API have."""
    await _survive(folder, kills=4, chargers=20, seed=SEED)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_sixty_kills_under_load_lose_nothing(folder: Path) -> None:
    """The same for minutes, also with kills during the start and the recovery from the last one."""
    await _survive(folder, kills=60, chargers=20, seed=SEED + 1)
