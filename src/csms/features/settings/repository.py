# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the settings feature under the application's role."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.tables import settings
from csms.features.settings.tables import settings_history
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_h = settings_history.c
HISTORY: Final = Listing(
    columns={
        "id": _h.id,
        "section": _h.section,
        "before": _h.before,
        "after": _h.after,
        "actor_kind": _h.actor_kind,
        "actor_id": _h.actor_id,
        "actor_name": _h.actor_name,
        "at": _h.at,
    },
    key=_h.id,
    sorts={"at": _h.at},
    default_sort="-at",
    filters={"actor_name": Filter(_h.actor_name, fold=True), "at": Filter(_h.at)},
    search=(_h.actor_name,),
)


def of_one(section: str) -> ColumnElement[bool]:
    """The history of one section."""
    return _h.section == section


async def stored(connection: AsyncConnection) -> dict[str, RowMapping]:
    """What is stored of every section: value and updated_at."""
    rows = await connection.execute(select(settings.c.key, settings.c.value, settings.c.updated_at))
    return {row["key"]: row for row in rows.mappings()}


async def of_section(connection: AsyncConnection, section: str) -> dict[str, Any]:
    """What is stored of one."""
    found = await connection.scalar(select(settings.c.value).where(settings.c.key == section))
    return {} if found is None else dict(found)


async def keep(
    connection: AsyncConnection, organization_id: UUID, section: str, values: Mapping[str, Any], now: datetime
) -> None:
    """Store a section; nothing at all where all is at its default."""
    if not values:
        await connection.execute(delete(settings).where(settings.c.key == section))
        return
    row = {"organization_id": organization_id, "key": section, "value": dict(values), "updated_at": now}
    added = upsert(settings).values(row)
    await connection.execute(
        added.on_conflict_do_update(
            index_elements=["organization_id", "key"],
            set_={"value": added.excluded.value, "updated_at": added.excluded.updated_at},
        )
    )


async def remember(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Add to the history."""
    await connection.execute(insert(settings_history).values(**values))


async def entry(connection: AsyncConnection, section: str, key: UUID) -> RowMapping | None:
    """One entry of a section's history."""
    query = select(settings_history).where(_h.id == key, _h.section == section)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def last_changes(connection: AsyncConnection) -> dict[str, datetime]:
    """When each section was last changed."""
    rows = await connection.execute(select(_h.section, func.max(_h.at)).group_by(_h.section))
    return {row[0]: row[1] for row in rows}


async def has_organization(connection: AsyncConnection, organization_id: UUID) -> bool:
    """Whether there is such an organization in the installation."""
    query = text("SELECT EXISTS (SELECT FROM csms_organizations() AS each WHERE each = :id)")
    return bool(await connection.scalar(query, {"id": organization_id}))
