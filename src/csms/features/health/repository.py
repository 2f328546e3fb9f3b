# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What is known of one charger, each fact by one bounded query; the database holds each to one organization.

Tables of other features are read here by name, as the conditions of alerts do. Each query reads at most some dozen rows
of an index; what is counted is counted up to a bound.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import DateTime, RowMapping, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_DAY: Final = timedelta(days=1)
_SHOWN: Final = 10
_COUNTED: Final = 1_000
_MESSAGES: Final = timedelta(days=32)
"""The OCPP log is asked no further back, so that its older partitions stay shut."""


def _query(words: str, *times: str) -> Any:
    return text(words).bindparams(*(bindparam(name, type_=DateTime(timezone=True)) for name in times))


_CHARGER: Final = _query("""
SELECT c.id, c.registration, c.boot_status, c.retired_at, c.security_profile, c.next_security_profile, c.site_id,
    c.places, c.heartbeat_interval_s, c.serial_number, c.created_at,
    l.online, l.connected_at, l.disconnected_at, l.seen_at, l.close_code, l.close_reason, l.closed_by, l.protocol,
    l.address, l.charger_id IS NOT NULL AS connected_once, n.lease_until,
    coalesce(l.online AND n.lease_until > now(), false) AS connected,
    (SELECT h.at FROM charger_heartbeats h WHERE h.organization_id = c.organization_id AND h.charger_id = c.id)
        AS heartbeat_at,
    (SELECT count(*) FROM connectors k WHERE k.charger_id = c.id AND k.connector_id > 0) AS connectors
FROM chargers c LEFT JOIN charger_connections l ON l.charger_id = c.id LEFT JOIN gateway_nodes n ON n.id = l.node_id
WHERE c.id = (SELECT csms_charger_named(:id))
""")
_LISTS: Final = {
    "message": _query(
        """
SELECT at, action FROM ocpp_messages WHERE charger_id = :id AND received_at > :since AND direction = 'in'
ORDER BY at DESC LIMIT 1
""",
        "since",
    ),
    "refusals": _query("SELECT * FROM charger_refusals WHERE charger_id = :id ORDER BY last_at DESC LIMIT :most"),
    "boot": _query(
        "SELECT at, reason, status, firmware_version FROM charger_boots WHERE charger_id = :id ORDER BY at DESC LIMIT 1"
    ),
    "certificate": _query("""
SELECT kind, not_after FROM charger_certificates
WHERE charger_id = :id AND status = 'accepted' AND kind = 'charging_station' AND not_after IS NOT NULL
ORDER BY created_at DESC LIMIT 1
"""),
    "firmware": _query(
        "SELECT status, at FROM charger_progress WHERE charger_id = :id AND kind = 'firmware' ORDER BY at DESC LIMIT 1"
    ),
    "faults": _query("""
SELECT evse_id, connector_id, coalesce(status_at, last_status_update) AS at,
    nullif(error_code, 'NoError') AS error_code, vendor_error_code, info
FROM connectors WHERE charger_id = :id AND state = 'faulted' ORDER BY evse_id, connector_id LIMIT :most
"""),
    "downgraded": _query("""
SELECT at, detail FROM security_events WHERE charger_id = :id AND kind = 'version_downgraded'
ORDER BY at DESC LIMIT 1
"""),
    "findings": _query(
        """
SELECT action, code, count, last_seen_at FROM conformance_findings WHERE charger_id = :id AND last_seen_at > :since
ORDER BY last_seen_at DESC LIMIT :most
""",
        "since",
    ),
    "changes": _query(
        """
SELECT key, at, actor_name FROM configuration_history
WHERE charger_id = :id AND at BETWEEN :since AND :until ORDER BY at DESC LIMIT :most
""",
        "since",
        "until",
    ),
    "commands": _query(
        """
SELECT id, type, status, coalesce(sent_at, created_at) AS at, actor_name FROM commands
WHERE charger_id = :id AND created_at BETWEEN :since AND :until ORDER BY created_at DESC, id DESC LIMIT :most
""",
        "since",
        "until",
    ),
    "alerts": _query("""
SELECT id, kind, severity, title, last_at AS at FROM alerts WHERE charger_id = :id AND status <> 'resolved'
ORDER BY last_at DESC LIMIT :most
"""),
    "waiting": _query("""
SELECT p.id, p.last_seen_at FROM pending_chargers p
WHERE p.serial_number = CAST(:serial AS text) ORDER BY p.last_seen_at DESC LIMIT 1
"""),
}
_ASKED: Final = {name: frozenset(query.compile().params) for name, query in _LISTS.items()}
_COUNTS: Final = {
    "connections": _query(
        """
SELECT count(*) FROM (SELECT 1 FROM past_connections WHERE charger_id = :id AND connected_at > :since LIMIT :most) x
""",
        "since",
    ),
    "boots": _query(
        "SELECT count(*) FROM (SELECT 1 FROM charger_boots WHERE charger_id = :id AND at > :since LIMIT :most) x",
        "since",
    ),
}
_NEIGHBOURS: Final = _query(
    """
SELECT (SELECT s.name FROM sites s WHERE s.id = CAST(:site AS uuid)) AS site, count(*) AS total,
    count(*) FILTER (WHERE NOT x.connected) AS offline,
    count(*) FILTER (WHERE NOT x.connected AND x.gone_at BETWEEN :first AND :last) AS together
FROM (SELECT coalesce(l.online AND n.lease_until > now(), false) AS connected,
        CASE WHEN l.online THEN n.lease_until ELSE l.disconnected_at END AS gone_at
    FROM chargers c JOIN charger_connections l ON l.charger_id = c.id LEFT JOIN gateway_nodes n ON n.id = l.node_id
    WHERE c.site_id = CAST(:site AS uuid) AND c.id <> :id AND c.retired_at IS NULL LIMIT :most) x
""",
    "first",
    "last",
)


async def charger(connection: AsyncConnection, charger_id: str) -> RowMapping | None:
    """The charger with its connection, by its identity in any letter case."""
    return (await connection.execute(_CHARGER, {"id": charger_id})).mappings().first()


async def rows(connection: AsyncConnection, name: str, charger_id: str, **more: Any) -> list[RowMapping]:
    """Some rows of one kind of fact, the newest first."""
    given: Mapping[str, Any] = {"id": charger_id, "most": _SHOWN, **more}
    asked = {key: value for key, value in given.items() if key in _ASKED[name]}
    return list((await connection.execute(_LISTS[name], asked)).mappings())


async def last_message(connection: AsyncConnection, charger_id: str, now: datetime) -> RowMapping | None:
    """The last message that came from it."""
    return next(iter(await rows(connection, "message", charger_id, since=now - _MESSAGES)), None)


async def counted(connection: AsyncConnection, name: str, charger_id: str, now: datetime) -> int:
    """How many there were within 24 hours, up to a thousand."""
    values = {"id": charger_id, "since": now - _DAY, "most": _COUNTED}
    return int((await connection.execute(_COUNTS[name], values)).scalar_one())


async def neighbours(
    connection: AsyncConnection, row: RowMapping, gone_at: datetime | None, within: timedelta
) -> RowMapping:
    """The other chargers of its site, up to a thousand, and those that went when it went."""
    # while it is connected none went with it
    at = gone_at or row["created_at"]
    first, last = (at, at - within) if gone_at is None else (at - within, at + within)
    values = {"site": row["site_id"], "id": row["id"], "first": first, "last": last, "most": _COUNTED}
    return (await connection.execute(_NEIGHBOURS, values)).mappings().one()
