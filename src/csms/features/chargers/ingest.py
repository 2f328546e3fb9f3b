# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the chargers feature under the gateway's role: sets in, sets out, one statement per group."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
import msgspec

from csms.domain.chargers import CLOSED_REPLACED, Ending, Refusal
from csms.domain.messages import BootReported, Received, StatusReported
from csms.kit.db.ingest import PARTITION_MONTH, Unit
from csms.kit.ids import new_id

_OUT_OF_ORDER = frozenset({"unavailable", "faulted"})
Row: TypeAlias = Mapping[str, Any]

_FIND = """
SELECT id, organization_id, security_profile, secret_hash, next_secret_hash, next_security_profile, validation,
       default_protocol, protocols, ping, heartbeat_interval_s, boot_status, registration,
       vendor, model, firmware_version,
       retired_at IS NOT NULL AS retired,
       ARRAY(SELECT r.serial FROM charger_certificates r WHERE r.charger_id = chargers.id AND r.status = 'revoked')
           AS revoked_serials,
       (SELECT l.protocol FROM charger_connections l WHERE l.charger_id = chargers.id) AS last_protocol
FROM chargers WHERE lower(id) = lower($1)
"""
# One that is still open is replaced, or its process died: it ends here, before the row is another's.
_CLAIM = """
WITH open AS (
    SELECT c.*, n.lease_until FROM charger_connections c LEFT JOIN gateway_nodes n ON n.id = c.node_id
    WHERE c.charger_id = $1 AND c.online AND c.connected_at IS NOT NULL
      AND ($7::timestamptz IS NULL OR c.connected_at <= $7) FOR UPDATE OF c
), kept AS (
    INSERT INTO past_connections (id, organization_id, charger_id, epoch, protocol, address, connected_at, ended_at,
        close_reason, closed_by)
    SELECT $8::uuid, o.organization_id, o.charger_id, o.epoch, o.protocol, o.address, o.connected_at,
        CASE WHEN o.lease_until > $6 THEN $6 ELSE greatest(o.connected_at, coalesce(o.lease_until, o.seen_at)) END,
        CASE WHEN o.lease_until > $6 THEN $9::text END, CASE WHEN o.lease_until > $6 THEN 'csms' ELSE 'node' END
    FROM open o RETURNING id
)
INSERT INTO charger_connections AS c
    (charger_id, organization_id, node_id, epoch, online, protocol, address, connected_at, seen_at, connects)
SELECT $1::text, $2::uuid, $3::text, 1, true, $4::text, $5::text, $6, $6, ARRAY[$6::timestamptz]
FROM (SELECT count(*) FROM kept) AS before
ON CONFLICT (charger_id) DO UPDATE SET node_id = excluded.node_id, epoch = c.epoch + 1, online = true,
    protocol = excluded.protocol, address = excluded.address, connected_at = excluded.connected_at,
    seen_at = excluded.seen_at, disconnected_at = NULL, close_code = NULL, close_reason = NULL,
    closed_by = NULL,
    connects = (excluded.connects || c.connects)[1:10]
WHERE $7::timestamptz IS NULL OR c.connected_at <= $7
RETURNING epoch
"""
_RELEASE = """
WITH ended AS (
    UPDATE charger_connections SET online = false, disconnected_at = $3, seen_at = $4, close_code = $5,
        close_reason = $6, closed_by = $7
    WHERE charger_id = $1 AND epoch = $2 RETURNING *
), kept AS (
    INSERT INTO past_connections (id, organization_id, charger_id, epoch, protocol, address, connected_at, ended_at,
        close_code, close_reason, closed_by)
    SELECT $8::uuid, e.organization_id, e.charger_id, e.epoch, e.protocol, e.address, e.connected_at, e.disconnected_at,
        e.close_code, e.close_reason, e.closed_by
    FROM ended e WHERE e.connected_at IS NOT NULL
)
SELECT charger_id FROM ended
"""
# FOR SHARE holds off a claim (it updates the row) until this group is committed, so that no write of an older
# connection follows the first of a newer one.
# No row comes back where all are current, which is nearly always: reading back each costs as much as locking it.
_FENCE = """
WITH current AS MATERIALIZED (
    SELECT c.charger_id, c.epoch FROM charger_connections c
    JOIN unnest($1::text[], $2::bigint[]) AS held(charger_id, epoch) ON c.charger_id = held.charger_id
    WHERE c.epoch = held.epoch
    ORDER BY c.charger_id FOR SHARE OF c
)
SELECT held.charger_id, held.epoch FROM unnest($1::text[], $2::bigint[]) AS held(charger_id, epoch)
WHERE (SELECT count(*) FROM current) < cardinality($1)
    AND NOT EXISTS (SELECT FROM current c WHERE c.charger_id = held.charger_id AND c.epoch = held.epoch)
"""
_BOOT = """
UPDATE chargers c SET vendor = b.vendor, model = b.model, serial_number = b.serial, firmware_version = b.firmware,
    details = c.details || b.details::jsonb, boot_status = c.registration, boot_at = $7, updated_at = $7
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS b(id, vendor, model, serial, firmware, details)
WHERE c.id = b.id
RETURNING c.id, c.registration, c.heartbeat_interval_s
"""
_BOOTS = """
INSERT INTO charger_boots (id, organization_id, charger_id, at, reason, status, firmware_version)
SELECT b.row_id, c.organization_id, c.id, $4, b.reason, c.boot_status, c.firmware_version
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS b(row_id, id, reason) JOIN chargers c ON c.id = b.id
"""
_HARDWARE = """
INSERT INTO charger_hardware (id, organization_id, charger_id, vendor, model, serial_number, firmware_version, seen_at)
SELECT b.row_id, b.org, b.id, b.vendor, b.model, b.serial, b.firmware, $8
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS b(row_id, org, id, vendor, model, serial, firmware)
LEFT JOIN LATERAL (
    SELECT h.vendor, h.model, h.serial_number, h.firmware_version FROM charger_hardware h
    WHERE h.organization_id = b.org AND h.charger_id = b.id ORDER BY h.seen_at DESC LIMIT 1
) AS last ON true
WHERE (last.vendor, last.model, last.serial_number, last.firmware_version)
    IS DISTINCT FROM (b.vendor, b.model, b.serial, b.firmware)
"""
# A status replayed from a queue never overwrites a newer one. Where the stored one came from a clock that was ahead
# (it lay in the future when it was received), the next is believed whatever it says.
_STATUS = """
INSERT INTO connectors AS c (organization_id, charger_id, evse_id, connector_id, status, state, phase, error_code, info,
    vendor_id, vendor_error_code, status_at, last_status_update)
SELECT s.*, $13::timestamptz FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[]) AS s
ON CONFLICT (charger_id, evse_id, connector_id) DO UPDATE SET status = excluded.status, state = excluded.state,
    phase = excluded.phase, error_code = excluded.error_code, info = excluded.info, vendor_id = excluded.vendor_id,
    vendor_error_code = excluded.vendor_error_code, status_at = excluded.status_at,
    last_status_update = excluded.last_status_update
WHERE excluded.status_at IS NULL OR c.status_at IS NULL OR excluded.status_at >= c.status_at
    OR excluded.status_at < '2015-01-01Z' OR c.status_at > c.last_status_update + interval '10 seconds'
RETURNING c.charger_id, c.connector_id
"""
_CHARGER_STATUS = """
UPDATE chargers c SET status = s.status, error_code = s.error_code, status_at = s.status_at, updated_at = $5
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS s(id, status, error_code, status_at)
WHERE c.id = s.id
"""
# A charger that never speaks for itself (connector 0) is as its connectors are.
_ASSUMED_STATUS = """
UPDATE chargers c SET status = s.status, updated_at = $3
FROM unnest($1::text[], $2::text[]) AS s(id, status) WHERE c.id = s.id AND c.status = 'unknown'
"""
_PROGRESS = """
UPDATE chargers c SET details = c.details || jsonb_build_object(p.kind || '_status', p.status), updated_at = $4
FROM unnest($1::text[], $2::text[], $3::text[]) AS p(id, kind, status) WHERE c.id = p.id
"""
# Locked in the order of the fence, and in a statement of its own, so that neither waits for the other in a circle.
_SEEN = """
WITH held AS (
    SELECT c.charger_id, n.at FROM charger_connections c
    JOIN unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS n(id, epoch, at)
      ON c.charger_id = n.id AND c.epoch = n.epoch
    ORDER BY c.charger_id FOR NO KEY UPDATE OF c
)
UPDATE charger_connections c SET seen_at = held.at FROM held WHERE c.charger_id = held.charger_id
RETURNING c.charger_id, c.epoch
"""
# Of a table of its own, whose index would otherwise make each heartbeat write all indices of `chargers`.
_BEATEN = """
INSERT INTO charger_heartbeats AS h (charger_id, organization_id, at)
SELECT c.id, c.organization_id, n.at FROM unnest($1::text[], $2::timestamptz[]) AS n(id, at)
JOIN chargers c ON c.id = n.id ORDER BY c.id
ON CONFLICT (organization_id, charger_id) DO UPDATE SET at = excluded.at
"""
_LEASE = """
INSERT INTO gateway_nodes (id, organization_id, started_at, lease_until)
SELECT $1, organization_id, $2, $3 FROM installation
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
"""
_SECURITY_EVENTS = """
INSERT INTO security_events (id, organization_id, charger_id, kind, detail, address, at)
SELECT n.id, coalesce(n.org, i.organization_id), n.charger, n.kind, n.detail, n.address, n.at
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
    AS n(id, org, charger, kind, detail, address, at), installation i
"""
# From the first since the charger was let in: what was refused before that is over.
_REFUSALS = """
INSERT INTO charger_refusals AS r (organization_id, charger_id, reason, detail, address, count, first_at, last_at)
SELECT n.* FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
    $8::timestamptz[]) AS n(org, charger, reason, detail, address, count, first_at, last_at)
JOIN chargers c ON c.id = n.charger ORDER BY n.charger, n.reason
ON CONFLICT (charger_id, reason) DO UPDATE SET detail = excluded.detail, address = excluded.address,
    (count, first_at) = (SELECT CASE WHEN o.over THEN excluded.count ELSE r.count + excluded.count END,
        CASE WHEN o.over THEN excluded.first_at ELSE r.first_at END
        FROM (SELECT EXISTS (SELECT FROM charger_connections l
            WHERE l.charger_id = r.charger_id AND l.connected_at > r.last_at) AS over) o),
    last_at = excluded.last_at
"""
_PROVISION = """
INSERT INTO chargers (id, organization_id, security_profile, secret_hash, created_at)
SELECT $1, organization_id, $2, $3, $4 FROM installation ON CONFLICT DO NOTHING
"""
_WAITING = """
INSERT INTO pending_chargers AS p (id, organization_id, secret_hash, address, protocol, vendor, model, serial_number,
    firmware_version, first_seen_at, last_seen_at)
SELECT $1, organization_id, $2, $3, $4, $5, $6, $7, $8, $9, $9 FROM installation
ON CONFLICT (lower(id)) DO UPDATE SET secret_hash = coalesce(p.secret_hash, excluded.secret_hash),
    address = excluded.address,
    protocol = excluded.protocol, last_seen_at = excluded.last_seen_at, vendor = coalesce(excluded.vendor, p.vendor),
    model = coalesce(excluded.model, p.model), serial_number = coalesce(excluded.serial_number, p.serial_number),
    firmware_version = coalesce(excluded.firmware_version, p.firmware_version)
"""
_FINDINGS = """
INSERT INTO conformance_findings AS f
    (organization_id, charger_id, action, code, path, detail, count, first_seen_at, last_seen_at)
SELECT n.org, n.id, n.action, n.code, n.path, min(n.detail), count(*), $7, $7
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS n(org, id, action, code, path, detail)
GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, 3, 4, 5
ON CONFLICT (charger_id, action, code, path) DO UPDATE
    SET count = f.count + excluded.count, detail = excluded.detail, last_seen_at = excluded.last_seen_at
"""


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into the column arrays that unnest takes."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


_PROMOTE = """
UPDATE chargers SET
    secret_hash = CASE WHEN $2 THEN coalesce(next_secret_hash, secret_hash) ELSE secret_hash END,
    next_secret_hash = CASE WHEN $2 THEN NULL ELSE next_secret_hash END,
    security_profile = CASE WHEN $3 THEN coalesce(next_security_profile, security_profile) ELSE security_profile END,
    next_security_profile = CASE WHEN $3 THEN NULL ELSE next_security_profile END,
    updated_at = $4
WHERE id = $1
"""


async def promote(connection: asyncpg.Connection, charger_id: str, secret: bool, profile: bool, now: datetime) -> None:
    """The charger came with the password, or by the profile, that it was told: the old one no longer holds."""
    await connection.execute(_PROMOTE, charger_id, secret, profile, now)


async def find(connection: asyncpg.Connection, identity: str) -> Row | None:
    """A charger by its identity in any letter case."""
    row: Row | None = await connection.fetchrow(_FIND, identity)
    return row


async def claim(
    connection: asyncpg.Connection,
    charger_id: str,
    organization: Any,
    node_id: str,
    protocol: str,
    address: str,
    now: datetime,
    unless_since: datetime | None = None,
) -> int | None:
    """Take the connection of a charger; returns its new epoch, or None if another was opened after `unless_since`."""
    epoch: int | None = await connection.fetchval(
        _CLAIM, charger_id, organization, node_id, protocol, address, now, unless_since, new_id(), CLOSED_REPLACED
    )
    return epoch


async def release(connection: asyncpg.Connection, charger_id: str, epoch: int, now: datetime, ending: Ending) -> bool:
    """Mark the connection of that epoch as ended; False if it was replaced."""
    facts = (ending.heard_at, ending.code, ending.reason[:200], ending.closed_by.value, new_id())
    return await connection.fetchval(_RELEASE, charger_id, epoch, now, *facts) is not None


async def fence(unit: Unit, owners: Sequence[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    """The (charger, epoch) pairs that are not current: an older connection may share a group with the newer one."""
    rows = await unit.connection.fetch(_FENCE, *columns(owners, 2))
    return frozenset((row["charger_id"], row["epoch"]) for row in rows)


async def boot(unit: Unit, items: Sequence[tuple[Received, BootReported]]) -> dict[str, Row]:
    """Store what chargers are; returns registration and interval by charger id."""
    rows = [
        (
            item.source.charger_id,
            report.vendor,
            report.model,
            report.serial_number,
            report.firmware_version,
            msgspec.json.encode(report.details).decode(),
        )
        for item, report in items
    ]
    found = await unit.connection.fetch(_BOOT, *columns(rows, 6), unit.now)
    booted = [row["id"] for row in found]
    await unit.connection.execute(_BEATEN, booted, [unit.now] * len(booted))
    hardware = [(new_id(), item.source.organization_id, *row[:5]) for (item, _), row in zip(items, rows, strict=True)]
    await unit.connection.execute(_HARDWARE, *columns(hardware, 7), unit.now)
    boots = [(new_id(), item.source.charger_id, report.reason) for item, report in items]
    await unit.connection.execute(_BOOTS, *columns(boots, 3), unit.now)
    return {row["id"]: row for row in found}


async def status(unit: Unit, items: Sequence[tuple[Received, StatusReported]]) -> frozenset[tuple[str, int]]:
    """Store states of connectors and their history; returns the (charger, connector) pairs that changed."""
    rows = sorted(
        (
            (
                item.source.organization_id,
                item.source.charger_id,
                report.evse_id,
                report.connector_id,
                report.status,
                report.state.value,
                report.phase.value if report.phase else None,
                report.error_code,
                report.info,
                report.vendor_id,
                report.vendor_error_code,
                report.at,
            )
            for item, report in items
        ),
        key=lambda row: row[1:4],
    )
    found = await unit.connection.fetch(_STATUS, *columns(rows, 12), unit.now)
    changed = frozenset((row["charger_id"], row["connector_id"]) for row in found)
    whole = [(row[1], row[4], row[7], row[11]) for row in rows if row[3] == 0 and (row[1], 0) in changed]
    if whole:
        await unit.connection.execute(_CHARGER_STATUS, *columns(whole, 4), unit.now)
    assumed = [(row[1], row[4] if row[5] in _OUT_OF_ORDER else "available") for row in rows if row[3] > 0]
    if assumed:
        await unit.connection.execute(_ASSUMED_STATUS, *columns(assumed, 2), unit.now)
    await unit.copy(
        "status_history",
        PARTITION_MONTH,
        (
            "organization_id",
            "charger_id",
            "evse_id",
            "connector_id",
            "status",
            "error_code",
            "info",
            "status_at",
            "received_at",
        ),
        [(row[0], row[1], row[2], row[3], row[4], row[7], row[8], row[11], unit.now) for row in rows],
    )
    return changed


async def progress(unit: Unit, rows: Sequence[tuple[str, str, str]]) -> None:
    """Store how far updates and uploads are: rows of (charger, kind, status)."""
    await unit.connection.execute(_PROGRESS, *columns(rows, 3), unit.now)


async def seen(
    connection: asyncpg.Connection, heartbeats: Sequence[tuple[str, int, datetime]]
) -> frozenset[tuple[str, int]]:
    """When (charger, epoch) were last heard of; returns those that are current."""
    current = await connection.fetch(_SEEN, *columns(heartbeats, 3))
    ids, _, times = columns(heartbeats, 3)
    await connection.execute(_BEATEN, ids, times)
    return frozenset((row["charger_id"], row["epoch"]) for row in current)


async def renew_lease(connection: asyncpg.Connection, node_id: str, now: datetime, until: datetime) -> None:
    """This node is alive until then."""
    await connection.execute(_LEASE, node_id, now, until)


async def security_events(connection: asyncpg.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Keep security events; of the installation's own organization where the charger is unknown."""
    await connection.execute(_SECURITY_EVENTS, *columns([(new_id(), *row) for row in rows], 7))


async def refusals(connection: asyncpg.Connection, found: Sequence[Refusal]) -> None:
    """Count handshakes that were refused."""
    rows = [
        (r.organization_id, r.charger_id, r.reason, r.detail[:200], r.address, r.count, r.first_at, r.last_at)
        for r in found
    ]
    await connection.execute(_REFUSALS, *columns(rows, 8))


async def provision(
    connection: asyncpg.Connection, identity: str, profile: int, secret: bytes | None, now: datetime
) -> None:
    """Provision a charger that nobody provisioned (onboarding `open`)."""
    await connection.execute(_PROVISION, identity, profile, secret, now)


async def put_waiting(connection: asyncpg.Connection, *values: Any) -> None:
    """List a charger for approval."""
    await connection.execute(_WAITING, *values)


async def waiting(connection: asyncpg.Connection, identity: str) -> tuple[bool, int]:
    """Whether the identity is on the list already, and how long the list is."""
    row = await connection.fetchrow(
        "SELECT count(*) AS listed, count(*) FILTER (WHERE lower(id) = lower($1)) AS known FROM pending_chargers",
        identity,
    )
    return (row["known"] > 0, row["listed"]) if row is not None else (False, 0)


async def forget_waiting(connection: asyncpg.Connection, before: datetime) -> None:
    """Take those off the list that were not seen since."""
    await connection.execute("DELETE FROM pending_chargers WHERE last_seen_at < $1", before)


async def findings(unit: Unit, rows: Sequence[tuple[str, Any, str, str, str, str]]) -> None:
    """Count what was forgiven: rows of (charger, organization, action, code, path, detail)."""
    arranged = [(org, charger, action, code, path, detail[:500]) for charger, org, action, code, path, detail in rows]
    await unit.connection.execute(_FINDINGS, *columns(arranged, 6), unit.now)
