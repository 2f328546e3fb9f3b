# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the files feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.repository import charger_filter
from csms.features.files.tables import charger_files, charger_progress, file_links, firmware_images
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_i, _f, _l, _p = firmware_images.c, charger_files.c, file_links.c, charger_progress.c
KINDS: Final = ("firmware", "diagnostics", "log", "publish_firmware")
OF_CHARGER: Final = _p.charger_id
IMAGES: Final = Listing(
    columns={
        "id": _i.id,
        "name": _i.name,
        "version": _i.version,
        "vendor": _i.vendor,
        "model": _i.model,
        "notes": _i.notes,
        "size_bytes": _i.size_bytes,
        "sha256": _i.sha256,
        "md5": _i.md5,
        "signature": _i.signature,
        "signing_certificate": _i.signing_certificate,
        "created_at": _i.created_at,
        "updated_at": _i.updated_at,
    },
    key=_i.id,
    sorts={"created_at": _i.created_at, "name": _i.name},
    default_sort="-created_at",
    filters={
        "name": Filter(_i.name, fold=True),
        "version": Filter(_i.version),
        "vendor": Filter(_i.vendor, fold=True),
        "model": Filter(_i.model, fold=True),
        "sha256": Filter(_i.sha256),
        "created_at": Filter(_i.created_at),
    },
    search=(_i.name, _i.version, _i.vendor, _i.model, _i.notes),
    paper=("name", "version", "vendor", "model", "size_bytes", "sha256", "notes", "created_at"),
)
FILES: Final = Listing(
    columns={
        "id": _f.id,
        "charger_id": _f.charger_id,
        "kind": _f.kind,
        "command": _f.command,
        "request_id": _f.request_id,
        "name": _f.name,
        "content_type": _f.content_type,
        "size_bytes": _f.size_bytes,
        "sha256": _f.sha256,
        "created_at": _f.created_at,
    },
    key=_f.id,
    sorts={"created_at": _f.created_at},
    default_sort="-created_at",
    filters={
        "charger_id": charger_filter(_f.charger_id),
        "kind": Filter(_f.kind, values=("diagnostics", "security", "data_collector")),
        "command": Filter(_f.command),
        "request_id": Filter(_f.request_id),
        "name": Filter(_f.name),
        "created_at": Filter(_f.created_at),
    },
    search=(_f.charger_id, _f.name),
    paper=("charger_id", "kind", "name", "content_type", "size_bytes", "sha256", "created_at"),
)
PROGRESS: Final = Listing(
    columns={
        "id": _p.id,
        "kind": _p.kind,
        "status": _p.status,
        "request_id": _p.request_id,
        "info": _p.info,
        "details": _p.details,
        "at": _p.at,
    },
    key=_p.id,
    sorts={"at": _p.at},
    default_sort="-at",
    filters={
        "kind": Filter(_p.kind, values=KINDS),
        "status": Filter(_p.status),
        "request_id": Filter(_p.request_id),
        "at": Filter(_p.at),
    },
    search=(_p.status, _p.info),
)


async def image(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One firmware image."""
    query = IMAGES.select().where(_i.id == key)
    row: RowMapping | None = (await connection.execute(query.with_for_update() if lock else query)).mappings().first()
    return row


async def add_image(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep an image whose file is there."""
    await connection.execute(insert(firmware_images).values(**values))


async def change_image(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of an image."""
    await connection.execute(update(firmware_images).where(_i.id == key).values(**values))


async def remove_image(connection: AsyncConnection, key: UUID) -> None:
    """Forget an image, and the links to it."""
    await connection.execute(delete(file_links).where(_l.firmware == key))
    await connection.execute(delete(firmware_images).where(_i.id == key))


async def file(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """One file of a charger."""
    row: RowMapping | None = (await connection.execute(FILES.select().where(_f.id == key))).mappings().first()
    return row


async def add_file(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep what a charger sent."""
    await connection.execute(insert(charger_files).values(**values))


async def remove_file(connection: AsyncConnection, key: UUID) -> None:
    """Forget a file."""
    await connection.execute(delete(charger_files).where(_f.id == key))


async def make_link(connection: AsyncConnection, values: Mapping[str, Any]) -> UUID:
    """The link of a command; a command that is sent again keeps its link."""
    statement = upsert(file_links).values(**values)
    found = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["command"], set_={"expires_at": statement.excluded.expires_at}
        ).returning(_l.id)
    )
    key: UUID = found.scalar_one()
    return key


async def link(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """One link."""
    row: RowMapping | None = (await connection.execute(select(file_links).where(_l.id == key))).mappings().first()
    return row


async def use_link(connection: AsyncConnection, key: UUID, now: datetime) -> bool:
    """Use a link up; False when somebody else did before."""
    done = await connection.execute(update(file_links).where(_l.id == key, _l.used_at.is_(None)).values(used_at=now))
    return done.rowcount == 1


async def forget(connection: AsyncConnection, files_before: datetime, progress_before: datetime, now: datetime) -> int:
    """Remove what is older than is kept; how many files."""
    await connection.execute(delete(file_links).where(_l.expires_at < now))
    await connection.execute(delete(charger_progress).where(_p.at < progress_before))
    done = await connection.execute(delete(charger_files).where(_f.created_at < files_before))
    return done.rowcount


async def known(connection: AsyncConnection) -> frozenset[UUID]:
    """The ids of all files of the organization."""
    rows = await connection.execute(select(_i.id).union_all(select(_f.id)))
    return frozenset(rows.scalars())
