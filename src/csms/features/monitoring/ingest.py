# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the monitoring feature under the gateway's role: sets in, sets out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from csms.kit.db.ingest import Unit

_REPORTS = """
INSERT INTO charger_reports (id, organization_id, charger_id, kind, request_id, status, parts, started_at, updated_at)
SELECT n.id, n.org, n.charger, n.kind, n.request, 'collecting', 0, $6, $6
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::int[]) AS n(id, org, charger, kind, request)
ON CONFLICT (charger_id, kind, request_id) DO UPDATE SET updated_at = excluded.updated_at
RETURNING id, charger_id, kind, request_id
"""
_PARTS = """
INSERT INTO charger_report_parts (report, seq_no, organization_id, items, text, at, received_at)
SELECT n.report, n.seq, n.org, n.items, n.text, n.at, $7
FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::jsonb[], $5::text[], $6::timestamptz[])
    AS n(report, seq, org, items, text, at)
ON CONFLICT DO NOTHING
"""
# A numbered report is complete when none of 0..last is missing; the kinds without numbers when the last was there.
_COUNT = """
UPDATE charger_reports r SET
    parts = c.parts,
    last_seq = coalesce(n.last, r.last_seq),
    status = CASE WHEN coalesce(n.last, r.last_seq) IS NOT NULL
        AND (NOT n.numbered OR c.parts > coalesce(n.last, r.last_seq)) THEN 'complete' ELSE r.status END,
    finished_at = CASE WHEN coalesce(n.last, r.last_seq) IS NOT NULL
        AND (NOT n.numbered OR c.parts > coalesce(n.last, r.last_seq)) THEN coalesce(r.finished_at, $4)
        ELSE r.finished_at END
FROM unnest($1::uuid[], $2::int[], $3::bool[]) AS n(id, last, numbered)
CROSS JOIN LATERAL (SELECT count(*) AS parts FROM charger_report_parts p WHERE p.report = n.id) AS c
WHERE r.id = n.id
RETURNING r.id, r.status
"""
_VARIABLES = """
INSERT INTO configurations (organization_id, charger_id, key, value, readonly, details, created_at, updated_at)
SELECT n.org, n.charger, n.key, n.value, n.readonly, n.details, $7, $7
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::jsonb[])
    AS n(org, charger, key, value, readonly, details)
ON CONFLICT (charger_id, key) DO UPDATE SET value = excluded.value, readonly = excluded.readonly,
    details = excluded.details, updated_at = excluded.updated_at
"""
_CHANGED = """
INSERT INTO configuration_history (id, organization_id, charger_id, key, old_value, new_value, actor_name, at)
SELECT gen_random_uuid(), c.organization_id, c.charger_id, c.key, c.value, n.value, 'charger', $4
FROM configurations c
JOIN unnest($1::text[], $2::text[], $3::text[]) AS n(charger, key, value) ON c.charger_id = n.charger AND c.key = n.key
WHERE c.value IS DISTINCT FROM n.value
"""
_EVENTS = """
INSERT INTO device_events (id, organization_id, charger_id, event_id, key, value, trigger, notification, cause,
    tech_code, tech_info, cleared, transaction_ref, monitor_id, severity, at, received_at)
SELECT n.*, $17
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::text[], $11::text[], $12::bool[], $13::text[], $14::bigint[], $15::int[], $16::timestamptz[])
    AS n
ON CONFLICT DO NOTHING
RETURNING id
"""
_NOTICES = """
INSERT INTO charger_notices (id, organization_id, charger_id, kind, evse_id, transaction_ref, data, at, received_at)
SELECT n.*, $9
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::jsonb[],
    $8::timestamptz[]) AS n
"""


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def open_reports(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> dict[tuple[str, str, int], UUID]:
    """Begin reports, or find those that have begun: rows of (id, organization, charger, kind, request)."""
    found = await unit.connection.fetch(_REPORTS, *_columns(rows), unit.now)
    return {(row["charger_id"], row["kind"], row["request_id"]): row["id"] for row in found}


async def add_parts(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep parts: rows of (report, number, organization, items as JSON, text, at)."""
    await unit.connection.execute(_PARTS, *_columns(rows), unit.now)


async def count_parts(unit: Unit, rows: Sequence[tuple[UUID, int | None, bool]]) -> frozenset[UUID]:
    """See which reports are complete: rows of (report, number of the last part if it is this one, numbered)."""
    found = await unit.connection.fetch(_COUNT, *_columns(rows), unit.now)
    return frozenset(row["id"] for row in found if row["status"] == "complete")


async def remember_variables(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep the device model and its changes: rows of (organization, charger, key, value, readonly, details as JSON)."""
    if rows:
        columns = _columns(rows)
        await unit.connection.execute(_CHANGED, columns[1], columns[2], columns[3], unit.now)
        await unit.connection.execute(_VARIABLES, *columns, unit.now)


async def add_events(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> frozenset[UUID]:
    """Keep events; those that were told before stay as they are. Returns the ids of the new ones."""
    found = await unit.connection.fetch(_EVENTS, *_columns(rows), unit.now) if rows else []
    return frozenset(row["id"] for row in found)


async def add_notices(unit: Unit, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep notices: rows of (id, organization, charger, kind, evse, transaction, data as JSON, at)."""
    await unit.connection.execute(_NOTICES, *_columns(rows), unit.now)
