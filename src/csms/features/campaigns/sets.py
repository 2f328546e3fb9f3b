# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the job that carries campaigns out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.campaigns.rules import BUSY, ENDED
from csms.features.campaigns.tables import firmware_campaign_targets, firmware_campaigns

_c, _t = firmware_campaigns.c, firmware_campaign_targets.c
_REACHED: Final = """
h.boot_status = 'accepted' AND h.registration = 'accepted' AND h.retired_at IS NULL AND EXISTS (
    SELECT FROM charger_connections l JOIN gateway_nodes n ON n.id = l.node_id
    WHERE l.charger_id = h.id AND l.online AND n.lease_until > now())
"""
# Whose turn has come: connected, not charging, not busy with another campaign, within the window.
_READY: Final = f"""
FROM firmware_campaigns c JOIN firmware_campaign_targets t ON t.campaign = c.id JOIN chargers h ON h.id = t.charger_id
WHERE c.status = 'running' AND t.status = 'waiting' AND t.wave <= c.wave
    AND (t.retry_at IS NULL OR t.retry_at <= :now) AND {_REACHED}
    AND (c.maintenance_window IS NULL OR t.time_zone = ANY(c.open_zones))
    AND NOT (c.wait_for_transactions AND EXISTS (
        SELECT FROM transactions x WHERE x.charger_id = t.charger_id AND x.status = 'active'))
    AND NOT EXISTS (SELECT FROM firmware_campaign_targets o
        WHERE o.organization_id = t.organization_id AND o.charger_id = t.charger_id AND o.status = ANY(:busy))
"""  # noqa: S608  (constants)


async def due(connection: AsyncConnection, now: datetime) -> list[UUID]:
    """Campaigns that have to be looked at: their time has come, or somebody whom they wait for is there."""
    query = f"SELECT c.id FROM firmware_campaigns c WHERE c.next_at <= :now UNION SELECT c.id {_READY}"  # noqa: S608
    return list((await connection.execute(text(query), {"now": now, "busy": list(BUSY)})).scalars())


async def ready(connection: AsyncConnection, key: UUID, now: datetime, most: int) -> list[RowMapping]:
    """The next whose turn it is: charger, attempts, and the version that it has."""
    query = f"""SELECT t.charger_id, t.attempts, h.firmware_version {_READY} AND c.id = :key
        ORDER BY t.wave, t.charger_id LIMIT :most"""
    given = {"now": now, "busy": list(BUSY), "key": key, "most": most}
    return list((await connection.execute(text(query), given)).mappings())


async def hold(connection: AsyncConnection, key: UUID) -> RowMapping | None:
    """The campaign; nobody else changes it until the commit."""
    query = select(firmware_campaigns).where(_c.id == key).with_for_update()
    return (await connection.execute(query)).mappings().first()


async def change(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a campaign."""
    await connection.execute(update(firmware_campaigns).where(_c.id == key).values(**values))


async def look_soon(connection: AsyncConnection, key: UUID, now: datetime) -> None:
    """It has to be looked at now, unless it never has to be any more."""
    await connection.execute(
        update(firmware_campaigns).where(_c.id == key, _c.next_at.is_not(None)).values(next_at=now)
    )


async def begin_wave(connection: AsyncConnection, key: UUID, wave: int, until: datetime) -> None:
    """The chargers of a wave are waited for from now on, in the time zone of their site.

    A site without one has that of the site above, or of the organization.
    """
    await connection.execute(
        text(
            """
            UPDATE firmware_campaign_targets t SET expires_at = :until, time_zone = coalesce(
                (SELECT z.time_zone FROM chargers h JOIN sites s ON s.id = h.site_id
                    JOIN sites z ON z.id = ANY(s.path) AND z.time_zone IS NOT NULL
                    WHERE h.id = t.charger_id ORDER BY cardinality(z.path) DESC LIMIT 1),
                (SELECT o.time_zone FROM organizations o WHERE o.id = t.organization_id))
            WHERE t.campaign = :key AND t.wave = :wave AND t.status = 'waiting'
            """
        ),
        {"key": key, "wave": wave, "until": until},
    )


async def zones(connection: AsyncConnection, key: UUID, wave: int) -> list[str]:
    """The time zones of those that wait."""
    query = select(_t.time_zone).where(_t.campaign == key, _t.status == "waiting", _t.wave <= wave)
    found = await connection.execute(query.where(_t.time_zone.is_not(None)).distinct().order_by(_t.time_zone))
    return list(found.scalars())


_BUSY_ONES: Final = """
SELECT t.charger_id, t.status, t.attempts, t.reason, t.progress, t.progress_at, k.status AS command,
    k.reason AS command_reason, k.sent_at, p.status AS word, p.info, p.at AS told_at,
    h.firmware_version AS version, h.boot_at
FROM firmware_campaign_targets t
JOIN chargers h ON h.id = t.charger_id
LEFT JOIN commands k ON k.id = t.command
LEFT JOIN LATERAL (
    SELECT p.status, p.info, p.at FROM charger_progress p
    WHERE p.organization_id = t.organization_id AND p.charger_id = t.charger_id AND p.kind = 'firmware'
        AND p.at >= k.sent_at AND p.status <> 'Idle'
        AND (p.request_id IS NULL OR p.request_id = (k.body ->> 'request_id')::int)
    ORDER BY p.at DESC, p.id DESC LIMIT 1) p ON true
WHERE t.campaign = :key AND t.status = ANY(:busy) ORDER BY t.charger_id
"""


async def busy(connection: AsyncConnection, key: UUID) -> list[RowMapping]:
    """Chargers that are at it, with their command and the last that they told since it was sent."""
    return list((await connection.execute(text(_BUSY_ONES), {"key": key, "busy": list(BUSY)})).mappings())


async def write(connection: AsyncConnection, key: UUID, charger_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of one charger's row."""
    await connection.execute(
        update(firmware_campaign_targets).where(_t.campaign == key, _t.charger_id == charger_id).values(**values)
    )


async def expire(connection: AsyncConnection, key: UUID, wave: int, now: datetime, *, over: bool) -> list[str]:
    """Nobody waits any longer for those whose time is up or who were retired; all of them where it is `over`."""
    found = await connection.execute(
        text(
            """
            UPDATE firmware_campaign_targets t SET status = 'expired', finished_at = :now, reason = CASE
                WHEN h.retired_at IS NOT NULL THEN 'the charger was retired'
                WHEN :over THEN 'the campaign ended before its turn came'
                ELSE coalesce(t.reason || '; ', '') || 'its turn did not come in time: it was not connected, charged,'
                    || ' or its window was not open' END
            FROM chargers h
            WHERE t.campaign = :key AND t.status = 'waiting' AND h.id = t.charger_id
                AND (:over OR h.retired_at IS NOT NULL OR t.wave <= :wave AND t.expires_at <= :now)
            RETURNING t.charger_id
            """
        ),
        {"key": key, "wave": wave, "now": now, "over": over},
    )
    return list(found.scalars())


_TALLY: Final = f"""
SELECT count(*) FILTER (WHERE t.status = ANY(:busy)) AS busy,
    count(*) FILTER (WHERE t.status = 'waiting') AS waiting,
    count(*) FILTER (WHERE t.status = 'waiting' AND t.wave <= :wave AND {_REACHED}) AS here,
    count(*) FILTER (WHERE t.status = 'failed' AND t.wave <= :wave) AS failed,
    count(*) FILTER (WHERE t.wave BETWEEN 1 AND :wave) AS begun,
    count(*) FILTER (WHERE t.wave = :wave AND t.status = ANY(:ended)) AS ended,
    count(*) FILTER (WHERE t.wave = :wave AND t.status IN ('installed', 'skipped', 'failed')) AS reached,
    count(*) FILTER (WHERE t.status = ANY(:ended)) AS over,
    min(t.retry_at) FILTER (WHERE t.status = 'waiting' AND t.retry_at > :now) AS retry_at,
    min(t.expires_at) FILTER (WHERE t.status = 'waiting' AND t.wave <= :wave) AS expires_at
FROM firmware_campaign_targets t JOIN chargers h ON h.id = t.charger_id WHERE t.campaign = :key
"""  # noqa: S608  (constants)


async def tally(connection: AsyncConnection, key: UUID, wave: int, now: datetime) -> RowMapping:
    """How many are where, and when the next of them has to be looked at."""
    given = {"key": key, "wave": wave, "now": now, "busy": list(BUSY), "ended": list(ENDED)}
    return (await connection.execute(text(_TALLY), given)).mappings().one()


async def counts(connection: AsyncConnection, key: UUID) -> dict[str, int]:
    """How many are where, by status."""
    query = text("SELECT status, count(*) FROM firmware_campaign_targets WHERE campaign = :key GROUP BY status")
    return {row[0]: row[1] for row in await connection.execute(query, {"key": key})}


async def cancel(connection: AsyncConnection, key: UUID, reason: str, now: datetime) -> None:
    """Whose turn has not come will have none."""
    waiting = update(firmware_campaign_targets).where(_t.campaign == key, _t.status == "waiting")
    await connection.execute(waiting.values(status="cancelled", reason=reason, finished_at=now))


async def take(connection: AsyncConnection, key: UUID, charger_id: str) -> bool:
    """Hold one whose turn it is until the commit; False where it is not any more, or is not seen."""
    query = (
        select(_t.charger_id)
        .join(firmware_campaigns, _c.id == _t.campaign)
        .where(_t.campaign == key, _t.charger_id == charger_id, _t.status == "waiting", _c.status == "running")
    )
    return (await connection.execute(query.with_for_update(of=firmware_campaign_targets))).scalar() is not None


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove what is older than is kept."""
    over = _c.status.in_(("done", "stopped"))
    await connection.execute(firmware_campaigns.delete().where(_c.created_at < before, over, _c.next_at.is_(None)))
