# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Keep this version's database for the upgrade tests of all later ones: `python -m tests.upgrade.make`."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from csms.kit.db.backup import backup
from csms.kit.db.server_binaries import find_binaries
from tests.support.postgres import Database, server
from tests.upgrade.data import fill

FOLDER = Path(__file__).parent


async def dump(database: Database, target: Path, version_: str) -> None:
    """Fill a migrated database and write it into a file."""
    connection = await database.connect()
    await fill(connection)
    await connection.close()
    with tempfile.TemporaryDirectory() as folder:
        # Without a data directory: keys and files are no part of what is kept here.
        written = await backup(
            database.owner_url, find_binaries(), Path(folder), Path(folder), version=version_, now=datetime.now(UTC)
        )
        target.write_bytes(written.read_bytes())


async def main() -> int:
    """Write `<version>.dump`; what was released is never written over."""
    version_ = version("csms-lite")
    target = FOLDER / f"{version_}.dump"
    if target.exists():
        sys.stderr.write(f"{target} is there already: raise the version first, a released one does not change\n")
        return 1
    async with server() as started, started.clone() as database:
        await dump(database, target, version_)
    sys.stdout.write(f"{target}: {target.stat().st_size} bytes; commit it with the release\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
