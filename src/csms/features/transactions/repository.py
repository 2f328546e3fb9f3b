# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the transactions feature under the application's role; the database holds each query to one organization."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Numeric,
    RowMapping,
    String,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.domain.metering import context_name, decode_code, sample_code
from csms.domain.transactions import Register, usable_time
from csms.features.chargers.placed import site_filter
from csms.features.chargers.repository import charger_filter
from csms.features.transactions.detection import ATTENTION, BY_ATTENTION
from csms.features.transactions.tables import meter_values, transactions
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing
from csms.kit.http.spellings import Whole

_t, _m = transactions.c, meter_values.c
_NEWEST: Final = 20
# Of an open transaction the newest register counts; the index gives it without reading the history.
_RUNNING: ColumnElement[Any] = literal_column(
    "(SELECT m.energy_wh - transactions.meter_start FROM meter_values m WHERE transactions.meter_start IS NOT NULL"
    " AND m.transaction = transactions.id"
    " AND m.energy_wh IS NOT NULL AND m.energy_wh >= transactions.meter_start AND m.measured_at IS NOT NULL"
    " ORDER BY m.measured_at DESC LIMIT 1)",
    Numeric(18, 3),
)


def _newest(measurand: str, *locations: str) -> ColumnElement[Any]:
    """Of an open transaction the figure of its newest reading that has it: the total, or the phases together.

    Not all that ever came are looked through for what this charger never tells.
    """
    totals = ", ".join(str(sample_code(measurand, None, location)) for location in locations)
    phases = ", ".join(str(sample_code(measurand, phase, locations[0])) for phase in ("L1", "L2", "L3"))
    newest = literal_column(
        f"(SELECT (SELECT coalesce(max(u.value) FILTER (WHERE u.code IN ({totals})),"  # noqa: S608  (constants)
        f" sum(u.value) FILTER (WHERE u.code IN ({phases}))) FROM unnest(m.codes, m.values) u(code, value)"
        " WHERE u.value <> 'NaN') FROM (SELECT l.codes, l.values, l.measured_at FROM meter_values l"
        " WHERE l.transaction = transactions.id AND l.measured_at IS NOT NULL"
        f" ORDER BY l.measured_at DESC LIMIT {_NEWEST}) m"
        f" WHERE m.codes && '{{{totals}, {phases}}}'::smallint[] ORDER BY m.measured_at DESC LIMIT 1)",
        Numeric(18, 3),
    )
    return case((_t.status == "completed", null()), else_=newest)


ID_TAG: Final = _t.id_tag
TRANSACTIONS: Final = Listing(
    columns={
        "id": _t.id,
        "charger_id": _t.charger_id,
        "charger_name": _t.charger_name,
        "evse_id": _t.evse_id,
        "connector_id": _t.connector_id,
        "transaction_id": _t.transaction_id,
        "reported_ref": _t.reported_ref,
        "charger_ref": _t.charger_ref,
        "id_tag": _t.id_tag,
        "token_type": _t.token_type,
        "authorization": _t.authorization,
        "meter_start": _t.meter_start,
        "meter_stop": _t.meter_stop,
        "energy_wh": case((_t.status == "completed", _t.energy_wh), else_=_RUNNING),
        "power_w": _newest("Power.Active.Import", "Outlet"),
        "soc_percent": _newest("SoC", "EV", "Outlet"),
        "start_timestamp": _t.start_timestamp,
        "stop_timestamp": _t.stop_timestamp,
        "start_received_at": _t.start_received_at,
        "stop_received_at": _t.stop_received_at,
        "status": _t.status,
        "phase": _t.phase,
        "reason": _t.reason,
        "stop_reason": _t.reason,
        "stop_id_tag": _t.stop_id_tag,
        "flags": _t.flags,
        "attention": ATTENTION,
        "closed_at": _t.closed_at,
        "close_reason": _t.close_reason,
        "reservation_id": _t.reservation_id,
        "total_cost": _t.total_cost,
        "created_at": _t.created_at,
        "updated_at": _t.updated_at,
    },
    key=_t.id,
    sorts={
        "created_at": _t.created_at,
        "start_timestamp": _t.start_timestamp,
        "stop_timestamp": _t.stop_timestamp,
        "transaction_id": _t.transaction_id,
    },
    default_sort="-created_at",
    filters={
        "charger_id": charger_filter(_t.charger_id),
        "site_id": site_filter(_t.charger_id),
        "evse_id": Filter(_t.evse_id),
        "connector_id": Filter(_t.connector_id),
        "transaction_id": Filter(_t.transaction_id),
        "charger_ref": Filter(_t.charger_ref),
        "id_tag": Filter(_t.id_tag, spelled="transactions.id_tag"),
        "token_type": Filter(_t.token_type),
        "authorization": Filter(_t.authorization),
        "status": Filter(_t.status, values=("active", "completed", "suspect")),
        "reason": Filter(_t.reason),
        "flags": Filter(_t.flags),
        "attention": BY_ATTENTION,
        "reservation_id": Filter(_t.reservation_id),
        "start_timestamp": Filter(_t.start_timestamp),
        "stop_timestamp": Filter(_t.stop_timestamp),
        "created_at": Filter(_t.created_at),
    },
    search=(_t.charger_id, _t.charger_name, _t.id_tag, Whole(_t.charger_ref)),
    paper=(
        "transaction_id",
        "charger_id",
        "charger_name",
        "connector_id",
        "id_tag",
        "start_timestamp",
        "stop_timestamp",
        "energy_wh",
        "status",
        "reason",
    ),
)


_BY_NUMBER: Final = TRANSACTIONS.select().where(_t.transaction_id == bindparam("key"))
_BY_ID: Final = TRANSACTIONS.select().where(_t.id == bindparam("key"))


async def get(connection: AsyncConnection, key: UUID | int) -> RowMapping | None:
    """One transaction, by its id or by the number that its charger knows."""
    query = _BY_NUMBER if isinstance(key, int) else _BY_ID
    row: RowMapping | None = (await connection.execute(query, {"key": key})).mappings().first()
    return row


async def of_charger(connection: AsyncConnection, charger_id: str, name: str) -> RowMapping | None:
    """A transaction by the name that its charger gave it, in any letter case."""
    query = TRANSACTIONS.select().where(_t.charger_id == charger_id, func.lower(_t.charger_ref) == name.lower())
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def set_cost(
    connection: AsyncConnection, charger_id: str, number: int | None, name: str | None, cost: Decimal
) -> None:
    """What a transaction costs so far: named by our number, or as the charger names it."""
    own = _t.charger_ref == name if number is None else _t.transaction_id == number
    await connection.execute(update(transactions).where(_t.charger_id == charger_id, own).values(total_cost=cost))


# A charger that was not answered says it again: the same reading twice is one.
_ONCE = (
    select(
        _m.measured_at,
        _m.received_at,
        _m.connector_id,
        _m.context,
        _m.energy_wh,
        _m.codes,
        _m["values"],
        _m.raw,
        _m.flags,
        _m.transaction,
        _m.charger_id,
    )
    .ext(distinct_on(_m.transaction, _m.measured_at, _m.context, _m.codes, _m["values"]))
    .order_by(_m.transaction, _m.measured_at, _m.context, _m.codes, _m["values"], _m.received_at)
)


def readings(transaction: UUID) -> Listing:
    """The readings of one transaction, oldest first."""
    rows = _ONCE.where(_m.transaction == transaction).subquery("readings")
    columns = rows.c
    # a reading whose time could not be understood has none
    key = (
        func.coalesce(cast(columns.measured_at, String), "")
        + "/"
        + cast(columns.context, String)
        + "/"
        + cast(columns["values"], String)
    )
    return Listing(
        columns={
            "timestamp": columns.measured_at,
            "received_at": columns.received_at,
            "connector_id": columns.connector_id,
            "context": columns.context,
            "energy_wh": columns.energy_wh,
            "codes": columns.codes,
            "values": columns["values"],
            "raw": columns.raw,
            "flags": columns.flags,
        },
        key=key,
        sorts={"timestamp": columns.measured_at, "received_at": columns.received_at},
        default_sort="timestamp",
        filters={"timestamp": Filter(columns.measured_at), "received_at": Filter(columns.received_at)},
        source=rows,
    )


# The same for every transaction: for the API document.
READINGS: Final = readings(UUID(int=0))


def reading_item(row: dict[str, Any]) -> dict[str, Any]:
    """A row of arrays as people read it."""
    whole = "codes" in row and "values" in row
    codes, values, raw = row.pop("codes", None), row.pop("values", None), row.pop("raw", None)
    if row.get("context") is not None:
        row["context"] = context_name(row["context"])
    if "flags" in row:
        row["flags"] = row["flags"] or []
    if not whole:
        return row
    samples = []
    for index, (code, value) in enumerate(zip(codes or (), values or (), strict=True)):
        measurand, phase, location, unit = decode_code(code)
        text = raw[index] if raw else None
        named = text if measurand == "Vendor" and text else measurand
        samples.append(
            {
                "measurand": named,
                "phase": phase,
                "location": location,
                "unit": unit,
                "value": value if value.is_finite() else None,
                "raw": text,
            }
        )
    return {**row, "samples": samples}


async def lock(connection: AsyncConnection, key: UUID) -> None:
    """Nobody else changes a transaction until the commit."""
    await connection.execute(select(_t.id).where(_t.id == key).with_for_update())


async def registers(connection: AsyncConnection, transaction: UUID, most: int) -> list[Register]:
    """The newest registers of a transaction; where a charger's clock was not set, by when they came."""
    query = (
        select(_m.measured_at, _m.received_at, _m.energy_wh)
        .where(_m.transaction == transaction, _m.energy_wh.is_not(None))
        .order_by(_m.measured_at.desc().nulls_last(), _m.received_at.desc())
        .limit(most)
    )
    found = (await connection.execute(query)).all()
    return [Register(usable_time(at, received_at), wh) for at, received_at, wh in reversed(found)]


async def close(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Close a record."""
    await connection.execute(update(transactions).where(_t.id == key).values(**values))
