# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""All SQL of the chargers feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    RowMapping,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.chargers.placed import PlacesFilter
from csms.features.chargers.tables import (
    charger_connections,
    charger_hardware,
    charger_heartbeats,
    chargers,
    conformance_findings,
    connectors,
    gateway_nodes,
    pending_chargers,
    security_events,
)
from csms.kit.http.filters import Filter, read_filters
from csms.kit.http.paging import Listing
from csms.kit.http.spellings import Spelled, settle

_c, _l, _n, _b = chargers.c, charger_connections.c, gateway_nodes.c, charger_heartbeats.c
_CONNECTORS: ColumnElement[Any] = literal_column(
    """(SELECT coalesce(jsonb_agg(jsonb_build_object('connector_id', k.connector_id, 'evse_id', k.evse_id,
     'status', k.status, 'state', k.state, 'phase', k.phase, 'error_code', k.error_code, 'info', k.info,
     'vendor_id', k.vendor_id, 'vendor_error_code', k.vendor_error_code,
     'status_at', to_char(k.status_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
     'last_status_update', to_char(k.last_status_update AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
     ) ORDER BY k.evse_id, k.connector_id), '[]')
     FROM connectors k WHERE k.charger_id = chargers.id AND k.connector_id > 0)""",
    JSONB,
)
_GROUPS: ColumnElement[Any] = literal_column(
    """ARRAY(SELECT m.group_id FROM charger_group_members m WHERE m.charger_id = chargers.id ORDER BY 1)""",
    ARRAY(Uuid),
)
_REACHED: ColumnElement[bool] = and_(_l.online, _n.lease_until > func.now())
ONLINE = func.coalesce(_REACHED, False)
RETIRED = _c.retired_at.is_not(None)
_EVER_CONNECTED = _l.connected_at.is_not(None)
_FAULTED: ColumnElement[bool] = or_(
    _c.status == "faulted",
    _c.id.in_(select(connectors.c.charger_id).where(connectors.c.state == "faulted")),
)


def charger_filter(column: ColumnElement[Any]) -> Filter:
    """For lists of what belongs to chargers: by identity, in any letter case."""
    return Filter(column, spelled="chargers.id")


JOINED: Final = (
    chargers.outerjoin(charger_connections, _l.charger_id == _c.id)
    .outerjoin(gateway_nodes, _n.id == _l.node_id)
    .outerjoin(charger_heartbeats, and_(_b.organization_id == _c.organization_id, _b.charger_id == _c.id))
)
CHARGERS: Final = Listing(
    columns={
        "id": _c.id,
        "name": _c.name,
        "site_id": _c.site_id,
        "groups": _GROUPS,
        "vendor": _c.vendor,
        "model": _c.model,
        "serial_number": _c.serial_number,
        "firmware_version": _c.firmware_version,
        "status": _c.status,
        "error_code": _c.error_code,
        "status_at": _c.status_at,
        "online": ONLINE,
        "last_heartbeat": _b.at,
        "boot_status": _c.boot_status,
        "boot_at": _c.boot_at,
        "registration": _c.registration,
        "security_profile": _c.security_profile,
        "has_password": _c.secret_hash.is_not(None),
        "validation": _c.validation,
        "default_protocol": _c.default_protocol,
        "protocols": _c.protocols,
        "ping": _c.ping,
        "heartbeat_interval_s": _c.heartbeat_interval_s,
        "details": _c.details,
        "protocol": _l.protocol,
        "address": _l.address,
        "connected_at": _l.connected_at,
        "disconnected_at": _l.disconnected_at,
        "close_code": _l.close_code,
        "close_reason": _l.close_reason,
        "closed_by": _l.closed_by,
        "retired_at": _c.retired_at,
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
        "connectors": _CONNECTORS,
    },
    key=_c.id,
    sorts={
        "id": _c.id,
        "name": _c.name,
        "status": _c.status,
        "last_heartbeat": _b.at,
        "disconnected_at": _l.disconnected_at,
        "created_at": _c.created_at,
    },
    default_sort="id",
    filters={
        "id": charger_filter(_c.id),
        "name": Filter(_c.name, spelled="chargers.name"),
        "site_id": Filter(_c.site_id),
        "places": PlacesFilter(_c.places),
        "vendor": Filter(_c.vendor),
        "model": Filter(_c.model),
        "serial_number": Filter(_c.serial_number),
        "firmware_version": Filter(_c.firmware_version),
        "status": Filter(_c.status),
        "boot_status": Filter(_c.boot_status),
        "registration": Filter(_c.registration),
        "security_profile": Filter(_c.security_profile),
        "error_code": Filter(_c.error_code),
        "validation": Filter(_c.validation),
        "protocol": Filter(_l.protocol),
        "address": Filter(_l.address),
        "online": Filter(ONLINE, truths=(_REACHED, ONLINE.is_(False))),
        "retired": Filter(RETIRED),
        "ever_connected": Filter(_EVER_CONNECTED),
        "faulted": Filter(_FAULTED),
        "created_at": Filter(_c.created_at),
        "last_heartbeat": Filter(_b.at),
    },
    source=JOINED,
    keys_first=True,
    search=(_c.id, _c.name, _c.vendor, _c.model, _c.serial_number),
    paper=(
        "id",
        "name",
        "vendor",
        "model",
        "serial_number",
        "firmware_version",
        "status",
        "online",
        "protocol",
        "last_heartbeat",
    ),
)
_h, _f, _s, _p = charger_hardware.c, conformance_findings.c, security_events.c, pending_chargers.c
HARDWARE: Final = Listing(
    columns={
        "id": _h.id,
        "vendor": _h.vendor,
        "model": _h.model,
        "serial_number": _h.serial_number,
        "firmware_version": _h.firmware_version,
        "seen_at": _h.seen_at,
    },
    key=_h.id,
    sorts={"seen_at": _h.seen_at},
    default_sort="-seen_at",
    filters={
        "vendor": Filter(_h.vendor),
        "model": Filter(_h.model),
        "serial_number": Filter(_h.serial_number),
        "firmware_version": Filter(_h.firmware_version),
        "seen_at": Filter(_h.seen_at),
    },
    search=(_h.vendor, _h.model, _h.serial_number, _h.firmware_version),
)
_FINDING_KEY = _f.action + "/" + _f.code + "/" + _f.path
FINDINGS: Final = Listing(
    columns={
        "action": _f.action,
        "code": _f.code,
        "path": _f.path,
        "detail": _f.detail,
        "count": _f.count,
        "first_seen_at": _f.first_seen_at,
        "last_seen_at": _f.last_seen_at,
    },
    key=_FINDING_KEY,
    sorts={"last_seen_at": _f.last_seen_at, "count": _f.count},
    default_sort="-last_seen_at",
    filters={
        "action": Filter(_f.action),
        "code": Filter(_f.code),
        "count": Filter(_f.count),
        "last_seen_at": Filter(_f.last_seen_at),
    },
    search=(_f.action, _f.code, _f.path, _f.detail),
)
SECURITY_EVENTS: Final = Listing(
    columns={
        "id": _s.id,
        "charger_id": _s.charger_id,
        "kind": _s.kind,
        "detail": _s.detail,
        "address": _s.address,
        "at": _s.at,
    },
    key=_s.id,
    sorts={"at": _s.at},
    default_sort="-at",
    filters={
        "charger_id": Filter(_s.charger_id, spelled="security_events.charger_id"),
        "kind": Filter(_s.kind),
        "address": Filter(_s.address),
        "at": Filter(_s.at),
    },
    search=(_s.charger_id, _s.kind, _s.detail, _s.address),
)
WAITING: Final = Listing(
    columns={
        "id": _p.id,
        "address": _p.address,
        "protocol": _p.protocol,
        "vendor": _p.vendor,
        "model": _p.model,
        "serial_number": _p.serial_number,
        "firmware_version": _p.firmware_version,
        "has_password": _p.secret_hash.is_not(None),
        "first_seen_at": _p.first_seen_at,
        "last_seen_at": _p.last_seen_at,
    },
    key=_p.id,
    sorts={"id": _p.id, "last_seen_at": _p.last_seen_at},
    default_sort="id",
    filters={
        "id": Filter(_p.id, fold=True),
        "vendor": Filter(_p.vendor),
        "model": Filter(_p.model),
        "serial_number": Filter(_p.serial_number),
        "address": Filter(_p.address),
        "last_seen_at": Filter(_p.last_seen_at),
    },
    search=(_p.id, _p.vendor, _p.model, _p.serial_number, _p.address),
)


# By its identity as it is spelled, from any letter case; row-level security would let no index of `lower` find it.
_ONE: Final = CHARGERS.select().where(
    _c.id == select(func.csms_charger_named(bindparam("id", type_=String()), type_=String())).scalar_subquery()
)
_ONE_LOCKED: Final = _ONE.with_for_update(of=chargers)


async def get(connection: AsyncConnection, charger_id: str, *, lock: bool = False) -> RowMapping | None:
    """One charger, by its identity in any letter case; with `lock` nobody else changes it until the commit."""
    found = await connection.execute(_ONE_LOCKED if lock else _ONE, {"id": charger_id})
    row: RowMapping | None = found.mappings().first()
    return row


async def places_of(connection: AsyncConnection, identities: Sequence[str]) -> dict[str, list[UUID]]:
    """The site of each charger, those above it, and its groups; identities may be in any letter case."""
    exact = await _places(connection, _c.id == any_(cast(list(identities), ARRAY(String))))
    others = [each for each in identities if each not in exact]
    if not others:
        return exact
    spelled = await settle(connection, [Spelled(_c.id, "chargers.id", others)])
    return exact | await _places(connection, *spelled)


async def _places(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> dict[str, list[UUID]]:
    found = await connection.execute(select(_c.id, _c.places).where(*conditions))
    return {row[0]: list(row[1]) for row in found}


def pairs_of(named: Mapping[str, str | Sequence[str]]) -> list[tuple[str, str]]:
    """A filter of a body as the pairs of a query string."""
    given = ((name, [value] if isinstance(value, str) else value) for name, value in named.items())
    return [(name, value) for name, values in given for value in values]


async def concerned(connection: AsyncConnection, pairs: Sequence[tuple[str, str]], most: int) -> list[str]:
    """Chargers that a filter names and that are not retired; at most so many. Raises InvalidFilterError."""
    return await _in_order(connection, read_filters(CHARGERS.filters, pairs, CHARGERS.search), most)


async def identified(connection: AsyncConnection, identities: Sequence[str]) -> list[str]:
    """Of these, in any letter case, those that there are and that are not retired, as they are spelled."""
    return await _in_order(connection, [Spelled(CHARGERS.key, "chargers.id", identities)], None)


async def _in_order(
    connection: AsyncConnection, conditions: Sequence[ColumnElement[bool]], most: int | None
) -> list[str]:
    query = CHARGERS.select(["id"]).where(*await settle(connection, conditions), ~RETIRED)
    return list((await connection.execute(query.order_by(CHARGERS.key).limit(most))).scalars())


async def seen_chargers(connection: AsyncConnection) -> list[str]:
    """The identities of all chargers that are seen."""
    return list((await connection.execute(select(_c.id))).scalars())


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Insert a charger; False where the identity is taken, by whomever."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(chargers).values(**values))
    except IntegrityError:
        return False
    return True


async def change(connection: AsyncConnection, charger_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a charger."""
    await connection.execute(update(chargers).where(_c.id == charger_id).values(**values))


async def has_transactions(connection: AsyncConnection, charger_id: str) -> tuple[bool, bool]:
    """Whether the charger has any transaction, and whether one is open."""
    row = (
        await connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM transactions WHERE charger_id = :id),"
                " EXISTS (SELECT FROM transactions WHERE charger_id = :id AND status = 'active')"
            ),
            {"id": charger_id},
        )
    ).one()
    return bool(row[0]), bool(row[1])


async def remove(connection: AsyncConnection, charger_id: str) -> None:
    """Delete a charger and what hangs on it."""
    await connection.execute(delete(chargers).where(_c.id == charger_id))


async def get_waiting(connection: AsyncConnection, identity: str) -> RowMapping | None:
    """A charger that waits, with the secret it brought."""
    p = pending_chargers.c
    found = await connection.execute(
        select(pending_chargers).where(func.lower(p.id) == func.lower(identity)).with_for_update()
    )
    return found.mappings().first()


async def forget_waiting(connection: AsyncConnection, identity: str) -> None:
    """Take a charger off the list."""
    await connection.execute(delete(pending_chargers).where(pending_chargers.c.id == identity))


async def connectors_of(connection: AsyncConnection, charger_id: str) -> list[RowMapping]:
    """The connectors of a charger, in order."""
    k = connectors.c
    found = await connection.execute(
        select(
            k.connector_id,
            k.evse_id,
            k.status,
            k.state,
            k.phase,
            k.error_code,
            k.info,
            k.vendor_id,
            k.vendor_error_code,
            k.status_at,
            k.last_status_update,
            k.created_at,
        )
        .where(k.charger_id == charger_id, k.connector_id > 0)
        .order_by(k.evse_id, k.connector_id)
    )
    return list(found.mappings())


async def raise_profile(connection: AsyncConnection, charger_id: str, profile: int) -> None:
    """The charger was told a higher security profile: it holds once the charger comes by it. Never a lower one."""
    await connection.execute(
        update(chargers).where(_c.id == charger_id, _c.security_profile < profile).values(next_security_profile=profile)
    )
