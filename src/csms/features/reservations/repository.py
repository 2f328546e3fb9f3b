# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the reservations feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.placed import site_filter
from csms.features.chargers.repository import charger_filter
from csms.features.reservations.tables import reservations
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_r = reservations.c
STATUSES: Final = ("active", "used", "cancelled", "expired", "removed")
RESERVATIONS: Final = Listing(
    columns={
        "id": _r.id,
        "charger_id": _r.charger_id,
        "reservation_id": _r.reservation_id,
        "evse_id": _r.evse_id,
        "connector_type": _r.connector_type,
        "token": _r.id_tag,
        "group": _r.group,
        "status": _r.status,
        "transaction": _r.transaction,
        "expires_at": _r.expires_at,
        "created_at": _r.created_at,
        "updated_at": _r.updated_at,
    },
    key=_r.id,
    sorts={"created_at": _r.created_at, "expires_at": _r.expires_at},
    default_sort="-created_at",
    filters={
        "charger_id": charger_filter(_r.charger_id),
        "site_id": site_filter(_r.charger_id),
        "reservation_id": Filter(_r.reservation_id),
        "evse_id": Filter(_r.evse_id),
        "token": Filter(_r.id_tag, spelled="reservations.id_tag"),
        "group": Filter(_r.group),
        "status": Filter(_r.status, values=STATUSES),
        "transaction": Filter(_r.transaction),
        "expires_at": Filter(_r.expires_at),
        "created_at": Filter(_r.created_at),
    },
    search=(_r.charger_id, _r.id_tag, _r.group),
    paper=("charger_id", "reservation_id", "evse_id", "connector_type", "token", "group", "status", "expires_at"),
)
_OWN: Final = ("evse_id", "connector_type", "id_tag", "group", "expires_at", "created_at")


async def keep(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """A charger accepted: the number is new, is given to another reservation, or was heard of before this.

    What was told since it was asked stands; a reservation of the same number that ended before it is replaced.
    """
    statement = insert(reservations).values(**values)
    told_later = _r.updated_at >= values["created_at"]
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["charger_id", "reservation_id"],
            set_={
                **{name: statement.excluded[name] for name in _OWN},
                "status": case((told_later, _r.status), else_="active"),
                "transaction": case((told_later, _r.transaction), else_=None),
                "updated_at": case((told_later, _r.updated_at), else_=statement.excluded.updated_at),
            },
        )
    )


async def cancel(
    connection: AsyncConnection, charger_id: str, reservation_id: int, asked_at: datetime, now: datetime
) -> None:
    """A charger gave a reservation up; one made anew since then stands."""
    await connection.execute(
        update(reservations)
        .where(
            _r.charger_id == charger_id,
            _r.reservation_id == reservation_id,
            _r.status == "active",
            _r.created_at <= asked_at,
        )
        .values(status="cancelled", updated_at=now)
    )


async def expire(connection: AsyncConnection, now: datetime) -> int:
    """Close those whose time is over; how many."""
    done = await connection.execute(
        update(reservations).where(_r.status == "active", _r.expires_at < now).values(status="expired", updated_at=now)
    )
    return done.rowcount
