# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Backups of the embedded database: every night, and before an upgrade."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from csms.kit.clock import SystemClock
from csms.kit.config import Settings
from csms.kit.db.backup import backup, rotate
from csms.kit.db.embedded import DatabaseUrls
from csms.kit.db.server_binaries import find_binaries
from csms.kit.jobs.base import JobKind, RunningJob, Schedule
from csms.main.application import Kit
from csms.main.version import VERSION

NIGHTLY = "backup"


async def back_up_before_upgrade(urls: DatabaseUrls, settings: Settings) -> Path:
    """The database as it was under the older version."""
    return await _write(urls, settings, settings.data_dir / "backups" / "before-upgrade")


def nightly(urls: DatabaseUrls, settings: Settings) -> Callable[[Kit], tuple[list[JobKind], list[Schedule]]]:
    """The job and its time; the newest few are kept."""

    async def run(job: RunningJob) -> dict[str, str | int]:
        folder = settings.data_dir / "backups"
        written = await _write(urls, settings, folder)
        await job.progress(1, 2)
        removed = await asyncio.to_thread(rotate, folder, settings.backup.keep)
        return {"written": written.name, "octets": written.stat().st_size, "removed": len(removed)}

    def make(_: Kit) -> tuple[list[JobKind], list[Schedule]]:
        kind = JobKind(NIGHTLY, run, max_attempts=3, timeout_s=6 * 3600)
        return [kind], [Schedule("nightly-backup", f"17 {settings.backup.hour_utc} * * *", NIGHTLY)]

    return make


async def _write(urls: DatabaseUrls, settings: Settings, folder: Path) -> Path:
    return await backup(
        urls.owner,
        find_binaries(settings.pg_bin),
        folder,
        settings.data_dir,
        version=VERSION,
        now=SystemClock().now(),
    )
