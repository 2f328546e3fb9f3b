# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""SQL of the alerts feature; the database holds each query to one organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Table,
    Uuid,
    and_,
    any_,
    case,
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.features.accounts.tables import users
from csms.features.alerts.groups import GroupFilter
from csms.features.alerts.rules import SEVERITIES, STATUSES
from csms.features.alerts.tables import alert_events, alert_rules, alert_states, alerts
from csms.features.chargers.placed import site_filter
from csms.features.chargers.tables import chargers
from csms.kit.http.filters import Filter, read_filters
from csms.kit.http.paging import Listing
from csms.kit.http.spellings import settle

_r, _a, _e = alert_rules.c, alerts.c, alert_events.c
_RULE_COLUMNS: Final = (
    "id", "name", "kind", "condition", "scope", "severity", "quiet_hours", "channels", "enabled", "auto_resolve",
    "clear_after_s", "renotify_after_s", "notify_resolved", "group_over", "group_within_s", "created_at", "updated_at",
)  # fmt: skip
_MOST_COUNTED: Final = 1_000
_STANDING: ColumnElement[int] = (
    select(func.count())
    .select_from(
        select(literal_column("1"))
        .select_from(alerts)
        .where(_a.rule == _r.id, _a.status != "resolved")
        .limit(_MOST_COUNTED)
        .correlate(alert_rules)
        .lateral("standing")
    )
    .correlate(alert_rules)
    .scalar_subquery()
)
RULES: Final = Listing(
    columns={**{name: _r[name] for name in _RULE_COLUMNS}, "standing": _STANDING},
    key=_r.id,
    sorts={"name": _r.name, "created_at": _r.created_at},
    default_sort="name",
    filters={
        "name": Filter(_r.name, fold=True),
        "kind": Filter(_r.kind),
        "severity": Filter(_r.severity, values=SEVERITIES),
        "enabled": Filter(_r.enabled),
    },
    search=(_r.name,),
)
_m = alerts.alias("m")
_OPEN_MEMBERS: ColumnElement[Any] = case(
    (
        _a.is_group,
        select(func.count())
        .where(_m.c.group_id == _a.id, _m.c.status != "resolved")
        .correlate(alerts)
        .scalar_subquery(),
    )
)
_ALERT_COLUMNS: Final = (
    "id", "rule", "rule_name", "kind", "severity", "status", "title", "charger_id", "connector_id", "details", "count",
    "is_group", "group_id", "members", "assigned_to", "assigned_name", "began_at", "first_at", "last_at",
    "snoozed_until", "resolved_at", "resolved_by", "notified_at",
)  # fmt: skip
_MEMBER = _a.group_id.is_not(None)
ALERTS: Final = Listing(
    columns={**{name: _a[name] for name in _ALERT_COLUMNS}, "members_open": _OPEN_MEMBERS},
    key=_a.id,
    sorts={"last_at": _a.last_at, "first_at": _a.first_at},
    default_sort="-last_at",
    filters={
        "status": Filter(_a.status, values=STATUSES),
        "severity": Filter(_a.severity, values=SEVERITIES),
        "kind": Filter(_a.kind),
        "rule": Filter(_a.rule),
        "charger_id": Filter(_a.charger_id, spelled="chargers.id"),
        "assigned_to": Filter(_a.assigned_to),
        "group_id": Filter(_a.group_id),
        "group": GroupFilter(_a.title),
        "site_id": site_filter(_a.charger_id),
        "outage": Filter(_a.is_group),
        "member": Filter(_MEMBER),
        "first_at": Filter(_a.first_at),
        "last_at": Filter(_a.last_at),
    },
    search=(_a.title, _a.rule_name, _a.charger_id, _a.assigned_name),
    paper=(
        "severity",
        "status",
        "title",
        "charger_id",
        "connector_id",
        "count",
        "assigned_name",
        "first_at",
        "last_at",
    ),
)
ASSIGNEES: Final = Listing(
    columns={name: users.c[name] for name in ("id", "username", "display_name")},
    key=users.c.id,
    sorts={"username": users.c.username},
    default_sort="username",
    filters={"id": Filter(users.c.id), "username": Filter(users.c.username, fold=True)},
    search=(users.c.username, users.c.display_name),
)
CAN_BE_GIVEN: Final = and_(users.c.is_active, users.c.retired_at.is_(None))
EVENTS: Final = Listing(
    columns={name: _e[name] for name in ("id", "kind", "actor_name", "text", "at")},
    key=_e.id,
    sorts={"at": _e.at},
    default_sort="at",
    filters={"kind": Filter(_e.kind), "actor_name": Filter(_e.actor_name, fold=True), "at": Filter(_e.at)},
    search=(_e.text, _e.actor_name),
)
OF_ALERT: Final = _e.alert
ALERTS_PLAIN: Final = [_a[name] for name in _ALERT_COLUMNS]
_STANDS = _a.status != "resolved"
UNSEEN: Final = _a.status.in_(["open", "snoozed"])
# of states: what happens once does not go on
GOES_ON: Final = and_(_a.absent_since.is_(None), _a.last_delivery.is_(None), _a.is_group.is_(False))
_NOTE: Final = text("""
    INSERT INTO alert_events (organization_id, alert, kind, actor_name, at, text)
    SELECT CAST(:organization AS uuid), k, CAST(:kind AS text), CAST(:actor AS text), CAST(:at AS timestamptz),
        CAST(:words AS text) FROM unnest(CAST(:keys AS uuid[])) k
""")


# -- rules


async def seed(connection: AsyncConnection, organization_id: UUID, now: datetime) -> bool:
    """Whether this is the first time that this organization has to do with alerts."""
    statement = insert_or(alert_states).values(organization_id=organization_id, seeded_at=now).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


async def hold(connection: AsyncConnection) -> bool:
    """Look at the organization's rules alone until the end of the transaction; False while another does."""
    query = select(alert_states.c.organization_id).with_for_update(skip_locked=True)
    return (await connection.execute(query)).first() is not None


async def rule(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One rule."""
    query = RULES.select().where(_r.id == key)
    found = await connection.execute(query.with_for_update(of=alert_rules) if lock else query)
    row: RowMapping | None = found.mappings().first()
    return row


async def enabled_rules(connection: AsyncConnection) -> Sequence[RowMapping]:
    """Those that are in force."""
    found = await connection.execute(select(alert_rules).where(_r.enabled).order_by(_r.created_at, _r.id))
    return found.mappings().all()


async def add_rule(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Keep a rule; False where another has its name."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(alert_rules).values(**values))
    except IntegrityError:
        return False
    return True


async def add_rules(connection: AsyncConnection, rules: Sequence[Mapping[str, Any]]) -> frozenset[UUID]:
    """Keep rules of the same columns in one statement; returns the ids of those whose names were not taken."""
    names = ", ".join(rules[0])
    statement = text(
        f"INSERT INTO alert_rules ({names}) SELECT {names}"  # noqa: S608  (columns of the table)
        " FROM jsonb_populate_recordset(NULL::alert_rules, CAST(:rules AS jsonb)) ON CONFLICT DO NOTHING RETURNING id"
    )
    found = await connection.execute(statement, {"rules": msgspec.json.encode(rules).decode()})
    return frozenset(found.scalars())


async def change_rule(connection: AsyncConnection, key: UUID, values: Mapping[str, Any]) -> bool:
    """Set columns of a rule; False where another has its name."""
    try:
        async with connection.begin_nested():
            await connection.execute(update(alert_rules).where(_r.id == key).values(**values))
    except IntegrityError:
        return False
    return True


async def remove_rule(connection: AsyncConnection, key: UUID) -> None:
    """Forget a rule; its alerts stay."""
    await connection.execute(delete(alert_rules).where(_r.id == key))


async def spelled(connection: AsyncConnection, ids: Sequence[str]) -> list[str]:
    """Chargers by their identities in any letter case, as they are spelled here."""
    folded = [each.lower() for each in ids]
    found = await connection.execute(select(chargers.c.id).where(func.lower(chargers.c.id).in_(folded)))
    return sorted(found.scalars())


async def unknown(connection: AsyncConnection, table: Table, ids: Sequence[UUID]) -> list[UUID]:
    """Those of sites, groups or channels that there are not."""
    found = set((await connection.execute(select(table.c.id).where(table.c.id.in_(ids)))).scalars())
    return [each for each in ids if each not in found]


# -- alerts


async def get(connection: AsyncConnection, key: UUID, *, lock: bool = False) -> RowMapping | None:
    """One alert."""
    query = ALERTS.select().where(_a.id == key)
    row: RowMapping | None = (
        (await connection.execute(query.with_for_update(of=alerts) if lock else query)).mappings().first()
    )
    return row


async def concerned(connection: AsyncConnection, pairs: Sequence[tuple[str, str]], most: int) -> list[UUID]:
    """Alerts that a filter names and that are not resolved, at most so many; nobody else changes them meanwhile."""
    limits = await settle(connection, read_filters(ALERTS.filters, pairs, ALERTS.search))
    query = select(_a.id).where(*limits, _a.status.in_(["open", "acknowledged", "snoozed"])).order_by(_a.id)
    return list((await connection.execute(query.limit(most).with_for_update(of=alerts))).scalars())


async def standing(connection: AsyncConnection, keys: Sequence[UUID]) -> list[UUID]:
    """Those of some alerts that are not resolved; nobody else changes them meanwhile."""
    query = select(_a.id).where(_a.id.in_(keys), _STANDS).order_by(_a.id).with_for_update(of=alerts)
    return list((await connection.execute(query)).scalars())


async def note(
    connection: AsyncConnection, organization_id: UUID, keys: Sequence[UUID], kind: str, actor: str, at: datetime,
    words: str | None = None,
) -> None:  # fmt: skip
    """Write into the history of alerts; of none, nothing."""
    if not keys:
        return
    values = {"organization": organization_id, "keys": list(keys), "kind": kind, "actor": actor, "at": at}
    await connection.execute(_NOTE, {**values, "words": words})


async def change(
    connection: AsyncConnection,
    keys: Sequence[UUID],
    *conditions: ColumnElement[bool],
    members: bool = True,
    **values: Any,
) -> Sequence[RowMapping]:
    """Set columns of alerts, and of the members that stand of those that are groups; returns what was changed."""
    named = any_(cast(list(keys), ARRAY(Uuid)))
    ours = or_(_a.id == named, and_(_a.group_id == named, _STANDS)) if members else _a.id == named
    statement = update(alerts).where(ours, *conditions).values(**values).returning(*ALERTS_PLAIN)
    return (await connection.execute(statement)).mappings().all()


async def charger(connection: AsyncConnection, charger_id: str) -> tuple[str | None, frozenset[UUID]]:
    """What people call a charger, and the sites and groups it belongs to."""
    query = select(chargers.c.name, chargers.c.places).where(chargers.c.id == charger_id)
    row = (await connection.execute(query)).first()
    return (None, frozenset()) if row is None else (row[0], frozenset(row[1]))


async def user_name(connection: AsyncConnection, user_id: UUID) -> str | None:
    """Somebody who can be given an alert."""
    found = await connection.execute(select(users.c.username).where(users.c.id == user_id, CAN_BE_GIVEN))
    name: str | None = found.scalar()
    return name
