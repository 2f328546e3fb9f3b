# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A large CSMS, made in minutes: `python -m bench.seed --scale 1.0`.

At scale 1: 50,000 chargers, 1 million transactions, 10 million meter readings over 13 months, in three organizations.
The same seed and day give the same rows. Without `--url` a server of its own in `--folder` is filled, and used again as
long as the schema is the same; `bench.api` measures on such folders. With `--url` (a superuser's) a database that
`csms migrate` has just made is filled.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.seed_fleet import PIECES, PLAIN, audit_log, lines
from bench.seed_rows import METERS, READINGS, TRANSACTIONS, Session, World, readings, sessions, transactions
from csms.kit.db import migrate
from csms.kit.db.embedded import EmbeddedPostgres
from csms.kit.db.server_binaries import find_binaries

VERSION: Final = 4  # of what is written: raise it when the rows change
_KEEP: Final = timedelta(days=7)  # older rows would not be lately any more
_BYTES: Final = {"meter_values": 330, "transactions": 1_500, "others": 500}  # a row with its indices
# Nothing is lost that could not be made again.
_LOADING: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "maintenance_work_mem": "512MB",
}
# Rows are copied without triggers: what those keep of them is made of all at once.
_KEPT: Final = (
    'INSERT INTO token_group_sums (organization_id, name, status, tokens) SELECT organization_id, "group", status,'
    ' count(*) FROM tokens WHERE "group" IS NOT NULL GROUP BY organization_id, "group", status',
    "INSERT INTO place_sums (organization_id, place, chargers) SELECT c.organization_id, p.place, count(*)"
    " FROM chargers c CROSS JOIN LATERAL unnest(c.places) AS p(place) WHERE c.retired_at IS NULL"
    " GROUP BY c.organization_id, p.place",
    "INSERT INTO charger_state_marks (organization_id, charger_id) SELECT organization_id, id FROM chargers",
)
Say = Callable[[str], None]


def quiet(_: str) -> None:
    """For tests."""


def show(words: str) -> None:
    """A line that the next one replaces on a terminal, and follows elsewhere."""
    sys.stderr.write(f"\r\x1b[K  {words}" if sys.stderr.isatty() else f"  {words}\n")
    sys.stderr.flush()


@dataclass
class Progress:
    """How far it is, of all rows."""

    total: int
    say: Say
    done: int = 0
    _began: float = 0.0
    _told: float = 0.0

    def count(self, table: str, rows: int) -> None:
        """Some more rows are in."""
        now = time.monotonic()
        self._began = self._began or now
        self.done += rows
        if now - self._told > 1:
            self._told = now
            bar = "#" * int(30 * min(1.0, self.done / self.total))
            self.say(f"[{bar:30}] {self.done:>12,} rows  {now - self._began:5.0f} s  {table}")


def expected(world: World) -> int:
    """About how many rows there will be."""
    fixed = 2 * world.rows["chargers"] + world.rows["chargers"]  # connectors, connections
    return sum(world.rows.values()) + READINGS * world.rows["transactions"] + fixed


def estimated_bytes(world: World) -> int:
    """About how much disk it takes."""
    meters, transactions_ = READINGS * world.rows["transactions"], world.rows["transactions"]
    others = expected(world) - meters - transactions_
    return meters * _BYTES["meter_values"] + transactions_ * _BYTES["transactions"] + others * _BYTES["others"] + 10**8


class Loader:
    """Fills the tables over one connection."""

    def __init__(self, connection: asyncpg.Connection, world: World, progress: Progress) -> None:
        self._connection = connection
        self._world = world
        self._progress = progress

    async def fill(self) -> None:
        """Everything, each table at once: rows first, then its indices, as pg_restore does."""
        if await self._connection.fetchval("SELECT EXISTS (SELECT FROM chargers)"):
            raise SystemExit("the seeder fills an empty database")
        await self._connection.execute("SET session_replication_role = replica")  # no look-up for each foreign key
        for table, rows in PLAIN.items():
            await self._plain(table, rows(self._world))
        await self._chained("audit_log", audit_log(self._world))
        await self._charging()
        for table, rows in PIECES.items():
            await self._in_pieces(table, rows(self._world))
        await self._connection.execute(
            "SELECT setval('transaction_number_seq', $1)", max(1, self._world.rows["transactions"] + 1_000)
        )
        for statement in _KEPT:
            await self._connection.execute(statement)
        self._progress.say("counting what the planner has to know")
        await self._connection.execute("VACUUM (ANALYZE)")
        await self._connection.execute("CHECKPOINT")

    async def _plain(self, table: str, rows: Iterator[dict[str, Any]]) -> None:
        first = next(rows)
        columns = tuple(first)
        async with self._without_indices(table):
            await self._copy(table, columns, lines(chain([first], rows), columns))

    async def _chained(self, table: str, rows: Iterator[dict[str, Any]]) -> None:
        """Lines that the database itself chains: in the order of their time, some at a time."""
        ordered = sorted(rows, key=lambda row: row["at"])
        columns = tuple(ordered[0])
        await self._connection.execute("SET session_replication_role = origin")
        for start in range(0, len(ordered), 2_000):
            await self._copy(table, columns, lines(iter(ordered[start : start + 2_000]), columns))
        await self._connection.execute("SET session_replication_role = replica")

    @asynccontextmanager
    async def _without_indices(self, table: str) -> AsyncIterator[None]:
        """Indices that are built afterwards cost a tenth of those that grow row by row."""
        found = await self._connection.fetch(
            "SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i"
            " WHERE i.indrelid = $1::regclass AND NOT EXISTS"
            " (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            table,
        )
        for index in found:
            await self._connection.execute(f"DROP INDEX {index['name']}")
        yield
        for index in found:
            await self._connection.execute(index["definition"])

    async def _copy(self, table: str, columns: tuple[str, ...], source: Iterable[bytes]) -> None:
        async def told() -> AsyncIterator[bytes]:
            for block in source:
                self._progress.count(table, block.count(b"\n"))
                yield block

        await self._connection.copy_to_table(table, columns=columns, source=told())

    async def _charging(self) -> None:
        """Transactions with their readings, month by month."""
        number, since = 1, self._world.since
        async with self._without_indices("transactions"):
            while since < self._world.now:
                until = (since + timedelta(days=32)).replace(day=1)
                found: list[Session] = list(sessions(self._world, since, until))
                rows = transactions(self._world, found, number)
                await self._copy("transactions", TRANSACTIONS, rows)
                last = min(until, self._world.now) - timedelta(seconds=1)
                await self._piece("meter_values", since, until, METERS, readings(found, last))
                number, since = number + len(found), until

    async def _in_pieces(self, table: str, rows: Iterator[dict[str, Any]]) -> None:
        daily = table == "ocpp_messages"
        ordered = sorted(rows, key=lambda row: row["received_at"])
        for piece, own in groupby(ordered, lambda row: _piece_of(row["received_at"], daily)):
            found = list(own)
            until = piece + timedelta(days=1) if daily else (piece + timedelta(days=32)).replace(day=1)
            columns = tuple(found[0])
            await self._piece(table, piece, until, columns, lines(iter(found), columns))

    async def _piece(
        self, table: str, since: datetime, until: datetime, columns: tuple[str, ...], source: Iterator[bytes]
    ) -> None:
        """A partition that is filled before it is one: attaching builds its indices at once."""
        name = f"{table}_{since:%Y%m%d}" if table == "ocpp_messages" else f"{table}_{since:%Y%m}"
        if await self._connection.fetchval("SELECT to_regclass($1)", name) is not None:
            await self._connection.execute(f"DROP TABLE {name}")
        async with self._connection.transaction():
            await self._connection.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)")
            await self._copy(name, columns, source)
        await self._connection.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{since}') TO ('{until}')"
        )
        await self._connection.execute(f"ALTER TABLE {name} OWNER TO csms_owner; GRANT INSERT ON {name} TO csms_ingest")


def _piece_of(at: datetime, daily: bool) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if daily else midnight.replace(day=1)


async def fill(url: str, world: World, say: Say = show) -> None:
    """Fill a migrated, empty database; `url` is a superuser's."""
    connection = await asyncpg.connect(url)
    try:
        await Loader(connection, world, Progress(expected(world), say)).fill()
    finally:
        await connection.close()


def this_hour() -> datetime:
    """The end of time for what is made now."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


async def prepare(folder: Path, scale: float, seed: int = 1, say: Say = show) -> Path:
    """A data directory of `csms serve` with such a database; one that is there and fits is used again."""
    wanted = {"revision": migrate.head(), "scale": scale, "seed": seed, "version": VERSION}
    marker = folder / "seed.json"
    if marker.exists():
        found = json.loads(marker.read_text())
        age = datetime.now(UTC) - datetime.fromisoformat(found.pop("now"))
        if found == wanted and age < _KEEP:
            say(f"{folder} is used again\n")
            return folder / "data"
    if folder.exists():
        if any(folder.iterdir()) and not marker.exists():
            raise SystemExit(f"{folder} is not empty and not of this seeder: name another --folder")
        shutil.rmtree(folder)
    world = World(scale, this_hour(), seed)
    need, free = estimated_bytes(world), shutil.disk_usage(folder.parent).free
    say(
        f"about {expected(world):,} rows, {need / 2**30:.1f} GiB of disk in {folder} "
        f"({free / 2**30:.0f} GiB are free)\n"
    )
    if need * 1.3 > free:
        raise SystemExit("that is too little disk")
    folder.mkdir()
    folder.chmod(0o755)
    marker.write_text("{}")
    await _make(folder / "data", world, say)
    marker.write_text(json.dumps({**wanted, "now": world.now.isoformat()}))
    return folder / "data"


async def _make(data_dir: Path, world: World, say: Say) -> None:
    embedded = EmbeddedPostgres(data_dir, find_binaries(None), configuration=_LOADING)
    try:
        urls = await embedded.start()
        await migrate.upgrade(urls.owner, login="csms")
        began = time.monotonic()
        await fill(urls.superuser.replace("/postgres?", "/csms?"), world, say)
        say(f"filled in {time.monotonic() - began:.0f} s\n")
    finally:
        await embedded.stop()
        await asyncio.to_thread(os.sync)  # it was written without


def default_folder(scale: float) -> Path:
    """Where a database of a size is kept between runs."""
    return Path(tempfile.gettempdir()) / f"csms-bench-seed-{scale:g}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.seed", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.01, help="1.0: 10 million meter readings")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where a server of its own lives")
    parser.add_argument("--url", help="fill this database instead, as its superuser")
    given = parser.parse_args()
    if given.url is not None:
        asyncio.run(fill(given.url, World(given.scale, this_hour(), given.seed)))
        return
    folder = given.folder or default_folder(given.scale)
    sys.stdout.write(f"{asyncio.run(prepare(folder, given.scale, given.seed))}\n")


if __name__ == "__main__":
    main()
