# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A bus node as a process of its own, to be killed or frozen: `python -m tests.kit.bus.node URL ADDRESS LEASE_S`."""

import asyncio
import os
import sys

from csms.kit.bus.codec import EventCodec
from csms.kit.bus.redis import RedisBus
from csms.kit.metrics import Metrics
from tests.kit.bus.events import CLASSES


async def main(url: str, address: str, lease_s: float) -> None:
    """Serve `address`; every command is printed and answered with the process id."""
    bus = RedisBus(url, EventCodec(CLASSES), Metrics(process=False), lease_s=lease_s, io_timeout_s=30)

    async def handler(command: bytes) -> bytes:
        print(command.decode(), flush=True)
        return str(os.getpid()).encode()

    await bus.start()
    await bus.serve(address, handler)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
