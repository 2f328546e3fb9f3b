# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the campaigns feature for people and programs; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.campaigns.rules import AGAIN, BUSY, STATUSES
from csms.features.campaigns.tables import firmware_campaign_targets, firmware_campaigns
from csms.features.chargers.repository import charger_filter
from csms.features.chargers.tables import chargers
from csms.kit.db.uow import SEES_A_PART
from csms.kit.http.filters import Filter
from csms.kit.http.paging import Listing

_c, _t = firmware_campaigns.c, firmware_campaign_targets.c
_COUNTS: ColumnElement[Any] = literal_column(
    """(SELECT coalesce(jsonb_object_agg(s.status, s.count), '{}') FROM (SELECT t.status, count(*) AS count
    FROM firmware_campaign_targets t WHERE t.campaign = firmware_campaigns.id GROUP BY 1) s)""",
    JSONB,
)
_BY_WAVE: ColumnElement[Any] = literal_column(
    """(SELECT coalesce(jsonb_agg(jsonb_build_object('wave', w.wave, 'counts', w.counts) ORDER BY w.wave), '[]') FROM (
    SELECT s.wave, jsonb_object_agg(s.status, s.count) AS counts FROM (SELECT t.wave, t.status, count(*) AS count
    FROM firmware_campaign_targets t WHERE t.campaign = firmware_campaigns.id GROUP BY 1, 2) s GROUP BY 1) w)""",
    JSONB,
)
_SEEN: Final = select(func.count()).where(_t.campaign == _c.id).correlate(firmware_campaigns).scalar_subquery()
_FINAL: Final = and_(_c.counts.is_not(None), ~SEES_A_PART)
_ASKED: Final = (
    "name",
    "firmware",
    "location",
    "signature",
    "signing_certificate",
    "version",
    "filter",
    "waves",
    "sizes",
    "maintenance_window",
    "at_once",
    "stop_on_failure_percent",
    "retries",
    "retry_after_s",
    "download_retries",
    "wait_s",
    "timeout_s",
    "wait_for_transactions",
    "install_at",
    "starts_at",
    "ends_at",
    "status",
    "reason",
    "round",
    "wave",
    "wave_over_at",
)
CAMPAIGNS: Final = Listing(
    columns={
        "id": _c.id,
        **{name: _c[name] for name in _ASKED},
        "total": case((and_(_c.total.is_not(None), SEES_A_PART), _SEEN), else_=_c.total),
        "counts": case((_FINAL, _c.counts), else_=_COUNTS),
        "actor_name": _c.actor_name,
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
        "started_at": _c.started_at,
        "finished_at": _c.finished_at,
    },
    key=_c.id,
    sorts={"created_at": _c.created_at, "name": _c.name, "starts_at": _c.starts_at},
    default_sort="-created_at",
    filters={
        "name": Filter(_c.name, fold=True),
        "status": Filter(_c.status, values=("draft", "scheduled", "running", "paused", "stopped", "done")),
        "firmware": Filter(_c.firmware),
        "version": Filter(_c.version),
        "actor_name": Filter(_c.actor_name, fold=True),
        "created_at": Filter(_c.created_at),
        "starts_at": Filter(_c.starts_at),
        "finished_at": Filter(_c.finished_at),
    },
    search=(_c.name, _c.version, _c.actor_name),
    paper=("name", "version", "status", "total", "counts", "actor_name", "created_at", "finished_at"),
)
TARGETS: Final = Listing(
    columns={
        "charger_id": _t.charger_id,
        "wave": _t.wave,
        "status": _t.status,
        "reason": _t.reason,
        "from_version": _t.from_version,
        "version": chargers.c.firmware_version,
        "time_zone": _t.time_zone,
        "attempts": _t.attempts,
        "command": _t.command,
        "progress": _t.progress,
        "progress_at": _t.progress_at,
        "retry_at": _t.retry_at,
        "expires_at": _t.expires_at,
        "finished_at": _t.finished_at,
    },
    key=_t.charger_id,
    sorts={"charger_id": _t.charger_id, "wave": _t.wave, "status": _t.status, "finished_at": _t.finished_at},
    default_sort="charger_id",
    filters={
        "charger_id": charger_filter(_t.charger_id),
        "status": Filter(_t.status, values=STATUSES),
        "wave": Filter(_t.wave),
        "from_version": Filter(_t.from_version),
        "finished_at": Filter(_t.finished_at),
    },
    search=(_t.charger_id, _t.reason, _t.progress),
    source=firmware_campaign_targets.join(
        chargers, and_(chargers.c.organization_id == _t.organization_id, chargers.c.id == _t.charger_id)
    ),
    paper=("charger_id", "wave", "status", "reason", "from_version", "version", "attempts", "finished_at"),
)
OF_CAMPAIGN: Final = _t.campaign

# What decides about each charger; the same for a preview and for the beginning.
_SURVEY: Final = """
SELECT h.id AS charger_id, h.vendor, h.model, h.firmware_version, l.protocol,
    coalesce(l.online AND n.lease_until > now(), false) AS online,
    EXISTS (SELECT FROM transactions x WHERE x.charger_id = h.id AND x.status = 'active') AS charging,
    CASE WHEN l.protocol = 'ocpp1.6' THEN (SELECT k.value FROM configurations k
        WHERE k.charger_id = h.id AND k.key = 'SupportedFeatureProfiles') END AS feature_profiles,
    coalesce((SELECT q.status = 'not_supported' FROM commands q
        WHERE q.organization_id = h.organization_id AND q.charger_id = h.id AND q.type = 'update_firmware'
        ORDER BY q.created_at DESC LIMIT 1), false) AS refused
FROM chargers h
LEFT JOIN charger_connections l ON l.charger_id = h.id
LEFT JOIN gateway_nodes n ON n.id = l.node_id
WHERE h.id = ANY(:ids) ORDER BY h.id
"""


async def survey(connection: AsyncConnection, ids: Sequence[str]) -> list[RowMapping]:
    """What is known of chargers, in the order of their identities."""
    return list((await connection.execute(text(_SURVEY), {"ids": list(ids)})).mappings())


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One campaign; with `lock` nobody else changes it until the commit."""
    query = CAMPAIGNS.select().add_columns(_c.ids, _BY_WAVE.label("by_wave")).where(_c.id == key)
    found = await connection.execute(query.with_for_update(of=firmware_campaigns) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep a draft."""
    await connection.execute(insert(firmware_campaigns).values(**values))


async def add_targets(connection: AsyncConnection, common: Mapping[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Whom it is for."""
    for start in range(0, len(rows), 5_000):
        await connection.execute(
            insert(firmware_campaign_targets), [{**common, **row} for row in rows[start : start + 5_000]]
        )


async def change(connection: AsyncConnection, key: UUID, **values: Any) -> None:
    """Set columns."""
    await connection.execute(update(firmware_campaigns).where(_c.id == key).values(**values))


async def remove(connection: AsyncConnection, key: UUID) -> None:
    """Forget a campaign and what became of it."""
    await connection.execute(firmware_campaigns.delete().where(_c.id == key))


async def is_seen_whole(connection: AsyncConnection, key: UUID) -> bool:
    """Whether all of the chargers that it is for are seen."""
    return bool((await connection.execute(select(func.coalesce(_c.total, 0) <= _SEEN).where(_c.id == key))).scalar())


async def count_busy(connection: AsyncConnection, key: UUID) -> int:
    """How many chargers are at it."""
    query = select(func.count()).where(_t.campaign == key, _t.status.in_(BUSY))
    return int((await connection.execute(query)).scalar_one())


async def cancel_waiting(connection: AsyncConnection, key: UUID, reason: str, now: datetime) -> int:
    """Whose turn has not come will have none; how many they are."""
    waiting = update(firmware_campaign_targets).where(_t.campaign == key, _t.status == "waiting")
    done = await connection.execute(waiting.values(status="cancelled", reason=reason, finished_at=now))
    return done.rowcount


async def again(connection: AsyncConnection, key: UUID) -> int:
    """Where it failed, expired or was cancelled they wait again; how many they are."""
    over = update(firmware_campaign_targets).where(_t.campaign == key, _t.status.in_(AGAIN))
    anew = dict.fromkeys(("reason", "command", "progress", "progress_at", "retry_at", "expires_at", "finished_at"))
    return (await connection.execute(over.values(status="waiting", attempts=0, **anew))).rowcount


async def wait_anew(connection: AsyncConnection, key: UUID, waves: int, until: datetime) -> None:
    """How long those of the waves so far are waited for that wait."""
    waiting = update(firmware_campaign_targets).where(_t.campaign == key, _t.status == "waiting", _t.wave <= waves)
    await connection.execute(waiting.values(expires_at=until))
