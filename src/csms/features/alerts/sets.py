# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the worker: alerts in sets, one statement for all that a rule found."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import DateTime, RowMapping, and_, bindparam, case, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.alerts.detection import AT_WORK, COMPARE
from csms.features.alerts.tables import alert_group_marks, alert_group_sums, alert_rules, alerts
from csms.kit.db.driver import driver_connection

_a = alerts.c
_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_STANDS = _a.status != "resolved"
_TOLD: Final = [
    _a[name]
    for name in ("id", "rule", "rule_name", "kind", "severity", "status", "title", "charger_id", "connector_id",
        "count", "group_id", "is_group", "members")
]  # fmt: skip
_AT_WORK: Final = text(AT_WORK)
_ADD: Final = """
INSERT INTO alerts (id, organization_id, rule, rule_name, kind, severity, subject, charger_id, connector_id, title,
    details, began_at, first_at, last_at, notify_at, group_id)
SELECT n.id, $1, $2, $3, $4, $5, n.subject, n.charger, n.connector, n.title, n.details::jsonb, n.began, $6, $6, $7, $8
FROM unnest($9::uuid[], $10::text[], $11::text[], $12::int[], $13::text[], $14::text[], $15::timestamptz[])
    AS n(id, subject, charger, connector, title, details, began)
ON CONFLICT (rule, subject) WHERE status <> 'resolved' DO NOTHING RETURNING id
"""
# What happened once: it is counted where an alert of it stands, and never twice for the same delivery.
_OCCUR: Final = text("""
    INSERT INTO alerts AS a (id, organization_id, rule, rule_name, kind, severity, subject, charger_id, connector_id,
        title, details, began_at, first_at, last_at, notify_at, last_delivery)
    SELECT CAST(:id AS uuid), r.organization_id, r.id, r.name, r.kind, r.severity, CAST(:subject AS text),
        CAST(:charger_id AS text), CAST(:connector_id AS int), CAST(:title AS text), CAST(:details AS jsonb),
        CAST(:at AS timestamptz), :now, :now, CASE WHEN cardinality(r.channels) > 0 THEN :now END,
        CAST(:delivery AS bigint)
    FROM alert_rules r WHERE r.id = CAST(:rule AS uuid) AND r.enabled AND NOT EXISTS (SELECT FROM alerts o
        WHERE o.rule = r.id AND o.subject = CAST(:subject AS text) AND o.last_delivery >= CAST(:delivery AS bigint))
    ON CONFLICT (rule, subject) WHERE status <> 'resolved' DO UPDATE SET count = a.count + 1,
        last_at = excluded.last_at, title = excluded.title, details = excluded.details,
        last_delivery = excluded.last_delivery
    RETURNING a.id, a.rule, a.rule_name, a.kind, a.severity, a.status, a.title, a.charger_id, a.connector_id, a.count,
        a.group_id, a.is_group, a.members
""").bindparams(_NOW)

_KEPT: Final = [column.name for column in alert_group_sums.c if not column.primary_key]
# One statement, one snapshot: what is marked after it is not taken away with it.
FOLD: Final = text(f"""
    WITH fresh AS MATERIALIZED (SELECT * FROM csms_changed_alert_groups()),
    seen AS (DELETE FROM alert_group_marks),
    gone AS (DELETE FROM alert_group_sums WHERE id IN (
        SELECT m.id FROM csms_marked_alert_groups() m EXCEPT SELECT f.id FROM fresh f))
    INSERT INTO alert_group_sums SELECT * FROM fresh ON CONFLICT (organization_id, id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _KEPT)}
""")  # noqa: S608  (columns of the table)


async def look(connection: AsyncConnection, query: str, parameters: Mapping[str, Any]) -> Sequence[RowMapping]:
    """What a condition finds now."""
    statement = text(query).bindparams(_NOW) if ":now" in query else text(query)
    return (await connection.execute(statement, dict(parameters))).mappings().all()


async def at_work(connection: AsyncConnection, rules: Sequence[UUID], facts: Mapping[str, Any]) -> frozenset[UUID]:
    """Of these rules, those that may have something to look at."""
    parameters = {"rules": list(rules), "facts": msgspec.json.encode(facts).decode()}
    return frozenset((await connection.execute(_AT_WORK, parameters)).scalars())


async def compare(connection: AsyncConnection, query: str, parameters: Mapping[str, Any]) -> Sequence[RowMapping]:
    """Bring the alerts of a rule up to what its condition finds; returns what has none yet."""
    return await look(connection, COMPARE.replace("{query}", query), parameters)


async def add(
    connection: AsyncConnection, rule: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], now: datetime,
    notify_at: datetime | None, group_id: UUID | None,
) -> frozenset[UUID]:  # fmt: skip
    """Keep new alerts of a rule; returns the ids of those that were not there."""
    driver = await driver_connection(connection)
    names = ("id", "subject", "charger_id", "connector_id", "title")
    found = await driver.fetch(
        _ADD, rule["organization_id"], rule["id"], rule["name"], rule["kind"], rule["severity"], now, notify_at,
        group_id, *([row[name] for row in rows] for name in names),
        [msgspec.json.encode(row["details"]).decode() for row in rows], [row["began_at"] for row in rows],
    )  # fmt: skip
    return frozenset(row["id"] for row in found)


async def add_group(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep the alert of an outage."""
    await connection.execute(alerts.insert().values(**values))


async def occur(connection: AsyncConnection, values: Mapping[str, Any]) -> RowMapping | None:
    """Something happened: a new alert, or one time more; None where it was counted before."""
    return (await connection.execute(_OCCUR, dict(values))).mappings().first()


async def groups(connection: AsyncConnection, rule: UUID) -> Sequence[RowMapping]:
    """Outages that go on: when their members began, and how many were told of."""
    query = select(_a.id, _a.title, _a.members, _a.told_members, _a.details, _a.began_at).where(
        _a.rule == rule, _a.is_group, _STANDS
    )
    return (await connection.execute(query)).mappings().all()


async def single(
    connection: AsyncConnection, rule: UUID, first: datetime, last: datetime
) -> Sequence[tuple[UUID, datetime]]:
    """Alerts that stand by themselves and began between."""
    query = select(_a.id, _a.began_at).where(
        _a.rule == rule, _STANDS, _a.is_group.is_(False), _a.group_id.is_(None), _a.began_at.between(first, last)
    )
    return [(row[0], row[1]) for row in await connection.execute(query)]


async def join(connection: AsyncConnection, group_id: UUID, keys: Sequence[UUID]) -> None:
    """Alerts become members of a group, which is told of in their stead."""
    await connection.execute(update(alerts).where(_a.id.in_(keys)).values(group_id=group_id, notify_at=None))


async def grow(connection: AsyncConnection, group_id: UUID, values: Mapping[str, Any]) -> RowMapping:
    """A group has more members."""
    statement = update(alerts).where(_a.id == group_id).values(**values).returning(*_TOLD)
    return (await connection.execute(statement)).mappings().one()


_RESOLVED = {"status": "resolved", "resolved_by": "system", "absent_since": None, "snoozed_until": None}


async def resolve(
    connection: AsyncConnection, rule: Mapping[str, Any], by_event: bool, now: datetime
) -> Sequence[RowMapping]:
    """End what has been over for long enough: for things that happen, what has not happened again."""
    before = now - timedelta(seconds=rule["clear_after_s"])
    over = _a.last_at <= before if by_event else _a.absent_since <= before
    return await _end(connection, _a.rule == rule["id"], over, _a.is_group.is_(False), now=now, tell=rule)


async def resolve_groups(connection: AsyncConnection, rule: Mapping[str, Any], now: datetime) -> Sequence[RowMapping]:
    """End outages of which no member stands any more."""
    m = alerts.alias("m")
    none_left = ~select(m.c.id).where(m.c.group_id == _a.id, m.c.status != "resolved").exists()
    return await _end(connection, _a.rule == rule["id"], _a.is_group, none_left, now=now, tell=rule)


async def end_all(connection: AsyncConnection, rule: UUID, now: datetime) -> Sequence[RowMapping]:
    """End all alerts of a rule that is no longer in force."""
    return await _end(connection, _a.rule == rule, now=now, tell=None)


async def _end(
    connection: AsyncConnection, *conditions: Any, now: datetime, tell: Mapping[str, Any] | None
) -> Sequence[RowMapping]:
    values: dict[str, Any] = {**_RESOLVED, "resolved_at": now, "notify_at": None}
    if tell is not None and tell["notify_resolved"] and tell["channels"]:
        # only who was told of the beginning is told of the end, and of a group's members nobody
        values["notify_at"] = case((and_(_a.notified_at.is_not(None), _a.group_id.is_(None)), now))
    statement = update(alerts).where(_STANDS, *conditions).values(**values).returning(*_TOLD)
    return (await connection.execute(statement)).mappings().all()


async def wake(connection: AsyncConnection, now: datetime) -> Sequence[RowMapping]:
    """Open again what was snoozed until now, and tell it once more."""
    statement = update(alerts).where(_a.status == "snoozed", _a.snoozed_until <= now)
    again = case((_a.group_id.is_(None), now))
    found = await connection.execute(
        statement.values(status="open", snoozed_until=None, notify_at=again).returning(*_TOLD)
    )
    return found.mappings().all()


async def due(connection: AsyncConnection, now: datetime, most: int) -> Sequence[UUID]:
    """Alerts of which somebody is to be told."""
    query = select(_a.id).where(_a.notify_at <= now).order_by(_a.notify_at).limit(most)
    return list((await connection.execute(query)).scalars())


async def take(connection: AsyncConnection, key: UUID, now: datetime) -> RowMapping | None:
    """One that is still due, with what its rule says of messages; held until the end of the transaction."""
    r = alert_rules.c
    query = (
        select(alerts, r.quiet_hours, r.channels, r.renotify_after_s)
        .select_from(alerts.outerjoin(alert_rules, r.id == _a.rule))
        .where(_a.id == key, _a.notify_at <= now)
        .with_for_update(of=alerts, skip_locked=True)
    )
    return (await connection.execute(query)).mappings().first()


async def set_notice(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> None:
    """When somebody is to be told next, and was told last."""
    await connection.execute(update(alerts).where(_a.id == key).values(**values))


async def open_by_severity(connection: AsyncConnection) -> Mapping[str, int]:
    """How many stand."""
    found = await connection.execute(select(_a.severity, func.count()).where(_STANDS).group_by(_a.severity))
    return {row[0]: row[1] for row in found}


async def shift(connection: AsyncConnection, by: timedelta, now: datetime) -> None:
    """The wall clock jumped: what was over for a while is over for as long; the same twice changes nothing."""
    if by > timedelta():
        early = _a.absent_since + by <= now
        await connection.execute(update(alerts).where(early).values(absent_since=_a.absent_since + by))
        return
    late = case((_a.absent_since > now, _a.absent_since + by), else_=_a.absent_since)
    # a message that is brought forward into quiet hours is held again
    told = case((_a.notify_at > now, _a.notify_at + by), else_=_a.notify_at)
    waiting = or_(_a.absent_since > now, _a.notify_at > now)
    await connection.execute(update(alerts).where(waiting).values(absent_since=late, notify_at=told))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Remove what was over before; members go with their group."""
    await connection.execute(alerts.delete().where(_a.status == "resolved", _a.resolved_at < before))


async def marked(connection: AsyncConnection) -> bool:
    """Whether groups of alerts have changed since they were put back last."""
    return bool((await connection.execute(select(select(alert_group_marks).exists()))).scalar_one())


async def fold(connection: AsyncConnection) -> None:
    """Put groups that changed back into what is kept of them. One does so at a time: whoever has `repository.hold`."""
    await connection.execute(FOLD)
