# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the monitoring feature under the application's role; the database holds each query to one organization."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.monitoring.tables import charger_notices, charger_report_parts, charger_reports, device_events
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_r, _p, _e, _n = charger_reports.c, charger_report_parts.c, device_events.c, charger_notices.c
REPORTS: Final = Listing(
    columns={
        "id": _r.id,
        "kind": _r.kind,
        "request_id": _r.request_id,
        "status": _r.status,
        "parts": _r.parts,
        "started_at": _r.started_at,
        "updated_at": _r.updated_at,
        "finished_at": _r.finished_at,
    },
    key=_r.id,
    sorts={"started_at": _r.started_at},
    default_sort="-started_at",
    filters={
        "kind": Filter(_r.kind),
        "request_id": Filter(_r.request_id),
        "status": Filter(_r.status, values=("collecting", "complete", "timed_out")),
        "started_at": Filter(_r.started_at),
        "finished_at": Filter(_r.finished_at),
    },
)
EVENTS: Final = Listing(
    columns={
        "id": _e.id,
        "event_id": _e.event_id,
        "variable": _e.key,
        "value": _e.value,
        "trigger": _e.trigger,
        "notification": _e.notification,
        "severity": _e.severity,
        "cleared": _e.cleared,
        "cause": _e.cause,
        "monitor_id": _e.monitor_id,
        "transaction_ref": _e.transaction_ref,
        "tech_code": _e.tech_code,
        "tech_info": _e.tech_info,
        "at": _e.at,
        "received_at": _e.received_at,
    },
    key=_e.id,
    sorts={"received_at": _e.received_at},
    default_sort="-received_at",
    filters={
        "event_id": Filter(_e.event_id),
        "variable": Filter(_e.key),
        "severity": Filter(_e.severity),
        "trigger": Filter(_e.trigger),
        "cleared": Filter(_e.cleared),
        "monitor_id": Filter(_e.monitor_id),
        "transaction_ref": Filter(_e.transaction_ref),
        "received_at": Filter(_e.received_at),
    },
    search=(_e.key, _e.value, _e.tech_code, _e.tech_info),
    paper=("event_id", "variable", "value", "trigger", "severity", "cleared", "tech_code", "tech_info", "received_at"),
)
NOTICES: Final = Listing(
    columns={
        "id": _n.id,
        "kind": _n.kind,
        "evse_id": _n.evse_id,
        "transaction_ref": _n.transaction_ref,
        "data": _n.data,
        "at": _n.at,
        "received_at": _n.received_at,
    },
    key=_n.id,
    sorts={"received_at": _n.received_at},
    default_sort="-received_at",
    filters={
        "kind": Filter(_n.kind),
        "evse_id": Filter(_n.evse_id),
        "transaction_ref": Filter(_n.transaction_ref),
        "received_at": Filter(_n.received_at),
    },
)
OF_REPORTS: Final = _r.charger_id
OF_EVENTS: Final = _e.charger_id
OF_NOTICES: Final = _n.charger_id


async def get_report(connection: AsyncConnection, charger_id: str, key: UUID) -> RowMapping | None:
    """One report of a charger."""
    query = REPORTS.select().where(_r.id == key, _r.charger_id == charger_id)
    row: RowMapping | None = (await connection.execute(query)).mappings().first()
    return row


async def parts_of(connection: AsyncConnection, key: UUID) -> list[RowMapping]:
    """The parts of a report in order."""
    query = select(_p.seq_no, _p["items"], _p.text).where(_p.report == key).order_by(_p.seq_no)
    return list((await connection.execute(query)).mappings())


async def time_out(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    """Close reports of which nothing came since; how many."""
    values: dict[str, Any] = {"status": "timed_out", "finished_at": now}
    done = await connection.execute(
        update(charger_reports).where(_r.status == "collecting", _r.updated_at < before).values(**values)
    )
    return done.rowcount
