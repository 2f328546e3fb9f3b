# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the certificates feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.certificates.tables import charger_certificates
from csms.features.chargers.repository import charger_filter
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_c = charger_certificates.c
_newer = charger_certificates.alias()
_LATER: Final = (
    select(_newer.c.id)
    .where(
        _newer.c.organization_id == _c.organization_id,
        _newer.c.charger_id == _c.charger_id,
        _newer.c.kind == _c.kind,
        _newer.c.status == "accepted",
        _newer.c.not_after > _c.not_after,
    )
    .correlate(charger_certificates)
    .exists()
)
_IN_USE: Final = and_(_c.status == "accepted", ~_LATER)
STATUSES: Final = ("requested", "refused", "issued", "accepted", "rejected", "revoked")
CERTIFICATES: Final = Listing(
    columns={
        "id": _c.id,
        "charger_id": _c.charger_id,
        "kind": _c.kind,
        "status": _c.status,
        "in_use": _IN_USE,
        "reason": _c.reason,
        "serial": _c.serial,
        "subject": _c.subject,
        "not_before": _c.not_before,
        "not_after": _c.not_after,
        "chain": _c.chain,
        "command": _c.command,
        "renewal_asked_at": _c.renewal_asked_at,
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
    },
    key=_c.id,
    sorts={"created_at": _c.created_at, "not_after": _c.not_after},
    default_sort="-created_at",
    filters={
        "charger_id": charger_filter(_c.charger_id),
        "kind": Filter(_c.kind),
        "status": Filter(_c.status, values=STATUSES),
        "in_use": Filter(_IN_USE),
        "serial": Filter(_c.serial),
        "not_after": Filter(_c.not_after),
        "created_at": Filter(_c.created_at),
    },
    search=(_c.charger_id, _c.serial, _c.subject),
    paper=("charger_id", "kind", "status", "reason", "serial", "subject", "not_before", "not_after", "created_at"),
)


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One certificate."""
    query = CERTIFICATES.select().where(_c.id == key)
    found = await connection.execute(query.with_for_update() if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def to_sign(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """A request that nobody has signed yet; nobody else signs it until the commit."""
    query = select(_c.charger_id, _c.kind, _c.csr, _c.request_id).where(_c.id == key, _c.status == "requested")
    row: RowMapping | None = (await connection.execute(query.with_for_update())).mappings().first()
    return row


async def change(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a certificate."""
    await connection.execute(update(charger_certificates).where(_c.id == key).values(**values))


async def taken(connection: AsyncConnection, command: UUID, status: str, reason: str | None, now: datetime) -> None:
    """What the charger said to the certificate that a command brought."""
    await connection.execute(
        update(charger_certificates)
        .where(_c.command == command, _c.status == "issued")
        .values(status=status, reason=reason, updated_at=now)
    )


async def expiring(connection: AsyncConnection, before: datetime, asked_before: datetime) -> list[RowMapping]:
    """Certificates in use that end soon, of which no newer one of the kind is there; not asked about lately.

    Another worker that asks at the same moment gets others.
    """
    query = (
        select(_c.id, _c.charger_id, _c.kind)
        .where(_IN_USE, _c.not_after < before)
        .where((_c.renewal_asked_at.is_(None)) | (_c.renewal_asked_at < asked_before))
        .limit(500)
        .with_for_update(of=charger_certificates, skip_locked=True)
    )
    return list((await connection.execute(query)).mappings())


async def horizon(connection: AsyncConnection, now: datetime, days: Sequence[int]) -> RowMapping:
    """How many of those in use end within so many days, and how many are in each other state."""
    ends = {f"within_{count}_days": _c.not_after < now + timedelta(days=count) for count in days}
    columns = [
        func.count().filter(_IN_USE).label("in_use"),
        func.count().filter(_IN_USE, _c.not_after < now).label("expired"),
        *(func.count().filter(_IN_USE, soon, _c.not_after >= now).label(name) for name, soon in ends.items()),
        func.min(_c.not_after).filter(_IN_USE, _c.not_after >= now).label("next_not_after"),
        *(func.count().filter(_c.status == status).label(status) for status in STATUSES if status != "accepted"),
    ]
    return (await connection.execute(select(*columns).select_from(charger_certificates))).mappings().one()


async def to_send(connection: AsyncConnection, key: UUID) -> RowMapping:
    """What brings a signed certificate to its charger."""
    query = select(_c.charger_id, _c.kind, _c.chain, _c.request_id).where(_c.id == key)
    return (await connection.execute(query)).mappings().one()
