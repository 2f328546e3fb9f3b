# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A process that keeps an embedded PostgreSQL, for tests that kill it: `python embedded_child.py DATA_DIR PG_BIN`.

One line of JSON says what came of the start; end of input stops it in order.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from csms.kit.db.embedded import EmbeddedPostgres
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import CsmsError


def say(**what: object) -> None:
    """One line."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def main(data_dir: Path, programs: Path | None) -> int:
    """Start, wait for the end of input, stop."""
    began = time.monotonic()
    try:
        embedded = EmbeddedPostgres(data_dir, find_binaries(programs))
        urls = await embedded.start()
    except CsmsError as error:
        say(error=error.code, detail=error.detail)
        return 1
    say(pid=embedded.pid, data=str(embedded.place.data), url=urls.superuser, took_s=time.monotonic() - began)
    await asyncio.to_thread(sys.stdin.read)
    await embedded.stop()
    say(stopped=True)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None)))
