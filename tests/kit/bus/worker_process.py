# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""A job worker as a process of its own, to be killed: `python -m tests.kit.bus.worker_process URL`."""

import asyncio
import signal
import sys

import asyncpg

from csms.kit.jobs.base import JobKind, RunningJob
from csms.kit.jobs.worker import Worker
from csms.kit.metrics import Metrics


async def stuck(job: RunningJob) -> None:
    """Say that it began, wait for a word, say that it ended."""
    print("began", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("ended", flush=True)


async def main(url: str) -> None:
    """Run until SIGTERM."""
    async with asyncpg.create_pool(url, min_size=1, max_size=8) as pool:
        worker = Worker(pool, Metrics(process=False), [JobKind("stuck", stuck)], heartbeat_timeout_s=2, poll_s=0.2)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, lambda: loop.create_task(worker.stop()))
        print("ready", flush=True)
        await worker.run()
    print("drained", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
