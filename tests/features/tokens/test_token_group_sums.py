# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What triggers keep of the groups of tokens is what counting would find, whoever changes tokens at the same time."""

import asyncio
import random

import asyncpg

from csms.kit.db.metadata import DEFAULT_ORGANIZATION_ID
from csms.kit.ids import new_id
from tests.support.postgres import Database

_COUNTED = 'SELECT "group", status, count(*) FROM tokens WHERE "group" IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2'
_KEPT = """SELECT name, status, sum(tokens)::bigint FROM token_group_sums GROUP BY 1, 2 HAVING sum(tokens) <> 0
ORDER BY 1, 2"""
_STATUSES = ("accepted", "blocked", "expired", "invalid")


async def _change(connection: asyncpg.Connection, dice: random.Random, worker: int) -> None:
    await connection.execute("SET lock_timeout = '10s'")
    for step in range(40):
        group, status = dice.choice(("A", "B", "C", None)), dice.choice(_STATUSES)
        transaction = connection.transaction()
        await transaction.start()
        match dice.randrange(4):
            case 0 | 1:
                await connection.executemany(
                    'INSERT INTO tokens (id, organization_id, value, normalized, "group", status)'
                    " VALUES ($1, $2, $3, $3, $4, $5)",
                    [(new_id(), DEFAULT_ORGANIZATION_ID, f"{worker}-{step}-{n}", group, status) for n in range(3)],
                )
            case 2:
                await connection.execute(
                    'UPDATE tokens SET "group" = $1, status = $2 WHERE value LIKE $3', group, status, f"{worker}-%1"
                )
            case _:
                await connection.execute("DELETE FROM tokens WHERE value LIKE $1", f"{worker}-{dice.randrange(40)}-%")
        await (transaction.rollback() if dice.random() < 0.2 else transaction.commit())


async def test_sums_of_groups_are_what_counting_finds(database: Database) -> None:
    """Six connections add, move and delete tokens of the same groups at once, and take some of it back."""
    connections = [await database.connect() for _ in range(6)]
    await asyncio.gather(*(_change(each, random.Random(n), n) for n, each in enumerate(connections)))
    counted = await connections[0].fetch(_COUNTED)
    assert [tuple(row) for row in await connections[0].fetch(_KEPT)] == [tuple(row) for row in counted]
    assert len(counted) > 4
    # folded on the way: not a row for each of the 240 statements
    assert await connections[0].fetchval("SELECT count(*) FROM token_group_sums") < 60
    await connections[0].execute("DELETE FROM tokens")
    await connections[0].execute("DELETE FROM tokens")
    assert await connections[0].fetch(_KEPT) == []
