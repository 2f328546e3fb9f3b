# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A past for a demo: `python -m bench.demo_history DATA_DIR`, while `csms demo` runs on that data directory.

Its chargers have been there for weeks then: sessions that people had, and connections that broke now and then. Only
facts are written. The worker rolls them up, within minutes, as it does with what it finds after an upgrade; so what
reports show of them is what they show of everybody's.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from bench.seed_rows import uuid_at
from csms.kit.db.embedded_cluster import urls_of
from csms.kit.db.embedded_place import choose_place

DAYS: Final = 65  # two reports of thirty days beside each other
_BUSY: Final = (1.0, 1.0, 1.05, 1.1, 1.3, 0.8, 0.6)  # from Monday
_HOURS: Final = (1, 1, 1, 1, 1, 2, 5, 11, 14, 11, 9, 9, 10, 9, 8, 9, 12, 15, 13, 9, 6, 4, 3, 2)
_SESSIONS: Final = 2.6  # of an EVSE on a usual day
_POWERS_W: Final = (3_700, 7_400, 11_000, 11_000, 22_000)
_OUTAGE: Final = 0.09  # on a day
_ENDS: Final = ("EVDisconnected", "EVDisconnected", "Local", "Remote")
_ADD: Final = """
INSERT INTO transactions (id, organization_id, charger_id, charger_name, evse_id, connector_id, transaction_id, id_tag,
    "authorization", meter_start, meter_stop, energy_wh, start_timestamp, stop_timestamp, start_received_at,
    stop_received_at, status, reason, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, nextval('transaction_number_seq'), $7, 'accepted', $8, $8 + $9::numeric, $9, $10, $11,
    $10, $11, 'completed', $12, $10, $11)
"""
_CONNECT: Final = """
INSERT INTO past_connections (id, organization_id, charger_id, epoch, address, connected_at, ended_at, close_code,
    closed_by)
VALUES ($1, $2, $3, $4, '127.0.0.1', $5, $6, 1006, 'network')
"""
Times = tuple[datetime, datetime]


def outages(dice: random.Random, since: datetime, until: datetime) -> Iterator[Times]:
    """When a charger was away: mostly for minutes, now and then for half a day."""
    day = since
    while day < until:
        if dice.random() < _OUTAGE:
            at = day + timedelta(hours=24 * dice.random())
            back = at + timedelta(minutes=8 + 700 * dice.random() ** 4)
            if back < until:
                yield at, back
        day += timedelta(days=1)


def sessions(dice: random.Random, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, int]]:
    """When somebody charged at an EVSE, and how many Wh; one after the other."""
    free, day = since, since.replace(hour=0)
    while day < until:
        wanted = _SESSIONS * _BUSY[day.weekday()] * (0.7 + 0.6 * dice.random())
        hours = dice.choices(range(24), _HOURS, k=int(wanted) + (dice.random() < wanted % 1))
        for at in sorted(day + timedelta(hours=hour, minutes=60 * dice.random()) for hour in hours):
            stays = timedelta(minutes=25 + 420 * dice.random() ** 2)
            if at < free or at + stays >= until:
                continue
            free = at + stays + timedelta(minutes=5)
            filling_h = min(stays.total_seconds() / 3600, 0.4 + 2.5 * dice.random())
            yield at, at + stays, round(dice.choice(_POWERS_W) * filling_h * (0.7 + 0.25 * dice.random()))
        day += timedelta(days=1)


async def give(connection: asyncpg.Connection, now: datetime, seed: int = 1) -> int:
    """Write the past of all chargers; how many sessions there were."""
    since = (now - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = await connection.fetch(
        "SELECT c.id, c.name, c.organization_id, least(o.connected_at, $1) AS until FROM chargers c"
        " JOIN charger_connections o ON o.charger_id = c.id ORDER BY c.id",
        now,
    )
    tags = [row["value"] for row in await connection.fetch("SELECT value FROM tokens WHERE status = 'accepted'")]
    count = 0
    for charger in found:
        dice = random.Random(f"{seed}/{charger['id']}")
        places = await connection.fetch(
            "SELECT evse_id, connector_id FROM connectors WHERE charger_id = $1 AND evse_id > 0 ORDER BY 1, 2",
            charger["id"],
        )
        until = charger["until"] - timedelta(minutes=10)
        away = list(outages(dice, since, until))
        await _connections(connection, charger, away, since, dice)
        for place in {row["evse_id"]: row["connector_id"] for row in places}.items():
            rows = list(_rows(dice, charger, place, tags, since, until))
            await connection.executemany(_ADD, rows)
            count += len(rows)
    await connection.execute("UPDATE chargers SET created_at = $1", since)
    await connection.execute("UPDATE connectors SET created_at = $1", since)
    await connection.execute("UPDATE rollup_states SET backfilled_to = ''")
    return count


def _rows(
    dice: random.Random, charger: Any, place: tuple[int, int], tags: list[str], since: datetime, until: datetime
) -> Iterator[tuple[Any, ...]]:
    register = dice.randint(100_000, 9_000_000)
    for began, ended, energy_wh in sessions(dice, since, until):
        key = UUID(uuid_at(began, dice))
        tag, reason = tags[int(len(tags) * dice.random() ** 2)], dice.choice(_ENDS)
        yield (
            key, charger["organization_id"], charger["id"], charger["name"], *place, tag, register, energy_wh, began,
            ended, reason,
        )  # fmt: skip
        register += energy_wh


async def _connections(
    connection: asyncpg.Connection, charger: Any, away: list[Times], since: datetime, dice: random.Random
) -> None:
    begins = [since, *(back for _, back in away)]
    ends = [*(at for at, _ in away), charger["until"]]
    rows = [
        (UUID(uuid_at(begin, dice)), charger["organization_id"], charger["id"], number, begin, end)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True), -len(begins))
        if begin < end
    ]
    await connection.executemany(_CONNECT, rows)


async def _run(data_dir: Path) -> int:
    url = urls_of(choose_place(data_dir)).superuser.replace("/postgres?", "/csms?")
    connection: asyncpg.Connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            return await give(connection, datetime.now(UTC))
    finally:
        await connection.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.demo_history", description=__doc__)
    parser.add_argument("data_dir", type=Path)
    sys.stdout.write(f"{asyncio.run(_run(parser.parse_args().data_dir))} sessions\n")


if __name__ == "__main__":
    main()
