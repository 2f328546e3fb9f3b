# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of the installation: how chargers reach them, and the job that clears up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from csms.features.files.links import LinkTokens
from csms.features.files.service import FileService
from csms.kit.clock import Clock
from csms.kit.config import FileSettings, Settings, is_loopback
from csms.kit.crypto import InstallationKeys
from csms.kit.db.partitions import Retention
from csms.kit.db.uow import Scope, UnitsOfWork
from csms.kit.files import FileStore
from csms.kit.jobs.base import JobKind, RunningJob, Schedule

_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  (compared, not bound)


def files_url(settings: Settings) -> str | None:
    """How chargers reach `/files`: as it was set, else as far as it can be told from the address listened on."""
    http = settings.http
    named = settings.files.public_url or http.public_url
    if named is not None or http.trusted_proxies or http.host in _ANYWHERE or not http.port:
        return named
    host = "localhost" if is_loopback(http.host) else http.host
    return f"{'https' if http.tls_cert else 'http'}://{host}:{http.port}"


def file_service(
    data_dir: Path, keys: InstallationKeys, clock: Clock, settings: FileSettings, base_url: str | None = None
) -> FileService:
    """The use cases over the folder of the data directory."""
    return FileService(
        FileStore(data_dir),
        LinkTokens(keys.derive("file-links")),
        clock,
        base_url=base_url,
        hosts=settings.hosts,
        link_life=timedelta(hours=settings.link_hours),
    )


def file_jobs(
    units: UnitsOfWork, service: FileService, kept: Callable[[], Awaitable[Retention]]
) -> tuple[list[JobKind], list[Schedule]]:
    """Forget, every hour, what is older than is kept."""

    async def run(_: RunningJob) -> dict[str, int]:
        gone = 0
        retention = await kept()
        for organization_id in await units.organizations():
            async with units(Scope.system(organization_id)) as uow:
                gone += await service.sweep(uow, retention)
        return {"files": gone}

    return [JobKind("files", run, timeout_s=1800)], [Schedule("files", "43 * * * *", "files")]
