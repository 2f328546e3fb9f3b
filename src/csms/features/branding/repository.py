# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the branding feature; the database holds each query to one organization."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.branding.tables import organization_logos

_l = organization_logos.c
_ABOUT: Final = (_l.media_type, _l.width, _l.height, _l.sha256, _l.updated_at)


async def about_logo(connection: AsyncConnection) -> RowMapping | None:
    """What the logo is, without the picture."""
    row: RowMapping | None = (await connection.execute(select(*_ABOUT))).mappings().first()
    return row


async def logo(connection: AsyncConnection) -> RowMapping | None:
    """The logo and its picture."""
    row: RowMapping | None = (await connection.execute(select(*_ABOUT, _l.content))).mappings().first()
    return row


async def keep_logo(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store the logo in place of another."""
    added = upsert(organization_logos).values(**values)
    changed = {name: added.excluded[name] for name in values if name != "organization_id"}
    await connection.execute(added.on_conflict_do_update(index_elements=["organization_id"], set_=changed))


async def remove_logo(connection: AsyncConnection) -> None:
    """Forget the logo."""
    await connection.execute(delete(organization_logos))
