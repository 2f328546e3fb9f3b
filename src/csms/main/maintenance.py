# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""`csms migrate`, `csms backup`, `csms restore`: of the whole, or of one organization."""

from pathlib import Path
from uuid import UUID

from csms.kit.clock import SystemClock
from csms.kit.config import Settings
from csms.kit.db import migrate
from csms.kit.db.backup import backup, restore
from csms.kit.db.backup_organization import back_up_organization, restore_organization
from csms.kit.db.server_binaries import find_binaries
from csms.kit.errors import InvalidError
from csms.main.host import database_urls
from csms.main.version import VERSION


def _login(url: str) -> str | None:
    """The user name in a URL."""
    head = url.partition("://")[2].rpartition("@")[0]
    return head.partition(":")[0] or None


async def migrate_database(settings: Settings, to: str) -> str:
    """Bring the schema up; an external database needs its owner's URL."""
    if settings.database.url is not None:
        owner = settings.database.owner_url
        if owner is None:
            raise InvalidError(
                "the schema is changed by the database's owner: set CSMS_DATABASE__OWNER_URL, for example "
                "postgresql://postgres@localhost/csms (CSMS_DATABASE__URL stays the application's)"
            )
        url = owner.get_secret_value()
        login = _login(settings.database.url.get_secret_value())
        await migrate.upgrade(url, to, login=login)
        return f"the schema is {await migrate.current(url)}"
    async with database_urls(settings) as urls:
        await migrate.upgrade(urls.owner, to, login="csms")
        return f"the schema is {await migrate.current(urls.owner)}"


async def back_up(settings: Settings, target: Path | None) -> str:
    """Write everything into one file."""
    folder = target or settings.data_dir / "backups"
    async with database_urls(settings) as urls:
        written = await backup(
            urls.owner,
            find_binaries(settings.pg_bin),
            folder,
            settings.data_dir,
            version=VERSION,
            now=SystemClock().now(),
        )
    return f"written: {written}"


async def put_back(settings: Settings, archive: Path, *, force: bool) -> str:
    """Put a backup into the database that the settings name."""
    async with database_urls(settings) as urls:
        await restore(
            urls.owner,
            find_binaries(settings.pg_bin),
            archive,
            settings.data_dir,
            force=force,
            login=_login(urls.app),
        )
        state = await migrate.state(urls.owner)
    return f"restored from {archive}; the schema is {state.value}"


async def back_up_one(settings: Settings, target: Path | None, organization_id: UUID) -> str:
    """Write one organization into one file."""
    folder = target or settings.data_dir / "backups" / "organizations"
    async with database_urls(settings) as urls:
        written = await back_up_organization(
            urls.owner, organization_id, folder, settings.data_dir, version=VERSION, now=SystemClock().now()
        )
    return f"written: {written}"


async def put_back_one(settings: Settings, archive: Path, *, replace: bool, force: bool) -> str:
    """Put one organization into the database that the settings name."""
    async with database_urls(settings) as urls:
        manifest = await restore_organization(
            urls.owner, archive, settings.data_dir, now=SystemClock().now(), replace=replace, force=force
        )
    return f"restored {manifest.name} ({manifest.organization_id}) from {archive}, as of {manifest.made_at:%F %T} UTC"
