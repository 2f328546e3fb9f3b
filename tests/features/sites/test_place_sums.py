# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What triggers keep of the chargers at sites is what counting would find, whoever moves chargers at the same time."""

import asyncio
import random

import asyncpg

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.support.postgres import Database

_COUNTED = """
SELECT s.id, count(*) FROM sites s JOIN chargers c ON s.id = ANY (c.places) WHERE c.retired_at IS NULL
GROUP BY 1 ORDER BY 1
"""
_KEPT = "SELECT place, sum(chargers)::bigint FROM place_sums GROUP BY 1 HAVING sum(chargers) <> 0 ORDER BY 1"
_SITES = [new_id() for _ in range(5)]


async def _make(connection: asyncpg.Connection) -> None:
    for number, site in enumerate(_SITES):
        await connection.execute(
            "INSERT INTO sites (id, organization_id, name, parent_id) VALUES ($1, $2, $3, $4)",
            site, DEFAULT_ORGANIZATION_ID, f"S{number}", None if number < 2 else _SITES[number % 2],
        )  # fmt: skip


async def _change(connection: asyncpg.Connection, dice: random.Random, worker: int) -> None:
    await connection.execute("SET lock_timeout = '10s'")
    for step in range(40):
        site, own = dice.choice([*_SITES, None]), f"{worker}-%{dice.randrange(3)}"
        transaction = connection.transaction()
        await transaction.start()
        match dice.randrange(6):
            case 0 | 1:
                await connection.execute(
                    "INSERT INTO chargers (id, organization_id, site_id) SELECT $1 || n, $2, $3"
                    " FROM generate_series(1, 3) n",
                    f"{worker}-{step}-", DEFAULT_ORGANIZATION_ID, site,
                )  # fmt: skip
            case 2 | 3:
                await connection.execute("UPDATE chargers SET site_id = $1 WHERE id LIKE $2", site, own)
            case 4:
                await connection.execute(
                    "UPDATE chargers SET retired_at = CASE WHEN retired_at IS NULL THEN now() END WHERE id LIKE $1", own
                )
            case _:
                await connection.execute("DELETE FROM chargers WHERE id LIKE $1", f"{worker}-{dice.randrange(40)}-%")
        await (transaction.rollback() if dice.random() < 0.2 else transaction.commit())


async def test_sums_of_sites_are_what_counting_finds(database: Database) -> None:
    """Six connections add, move, retire and delete chargers of the same sites at once, and take some of it back."""
    connections = [await database.connect() for _ in range(6)]
    first = connections[0]
    await _make(first)
    await asyncio.gather(*(_change(each, random.Random(n), n) for n, each in enumerate(connections)))
    counted = [tuple(row) for row in await first.fetch(_COUNTED)]
    assert [tuple(row) for row in await first.fetch(_KEPT)] == counted
    assert len(counted) == len(_SITES)
    # folded on the way: not a row for each of the 240 statements, and none that waits for it
    assert await first.fetchval("SELECT count(*) FROM place_sums") < 60
    assert await first.fetchval("SELECT count(*) FROM place_sums WHERE fresh") == 0
    await first.execute("UPDATE sites SET parent_id = $1 WHERE id = $2", _SITES[1], _SITES[2])
    assert [tuple(row) for row in await first.fetch(_KEPT)] == [tuple(row) for row in await first.fetch(_COUNTED)]
    await first.execute("DELETE FROM chargers")
    assert await first.fetch(_KEPT) == []
    for connection in connections:
        await connection.close()


async def test_a_group_of_chargers_is_no_place_that_is_counted(database: Database) -> None:
    """It says itself how many belong to it; what they are named after stays as it is."""
    sql = await database.connect()
    await _make(sql)
    await sql.execute(
        "INSERT INTO chargers (id, organization_id, site_id) VALUES ('CP1', $1, $2)", DEFAULT_ORGANIZATION_ID, _SITES[2]
    )
    group = new_id()
    await sql.execute(
        "INSERT INTO charger_groups (id, organization_id, name) VALUES ($1, $2, 'g')", group, DEFAULT_ORGANIZATION_ID
    )
    await sql.execute(
        "INSERT INTO charger_group_members (group_id, charger_id, organization_id) VALUES ($1, 'CP1', $2)",
        group, DEFAULT_ORGANIZATION_ID,
    )  # fmt: skip
    kept = [tuple(row) for row in await sql.fetch(_KEPT)]
    assert kept == sorted([(_SITES[0], 1), (_SITES[2], 1)])
    assert [tuple(row) for row in await sql.fetch(_COUNTED)] == kept
    await sql.close()
